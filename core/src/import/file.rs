//! A file of named tensors, in any supported format.
#![allow(clippy::disallowed_methods, reason = "compiled only for native targets, since the reader opens files itself")]

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::Path;

use pytorch_reader::{DType, PytorchReader};
use safetensors::{Dtype, SafeTensors};

use super::error::ImportError;
use crate::vfs;

/// Largest size of a file's tensors relative to the file: some share a storage, and archives can be compressed.
const SHARED_AT_MOST: u64 = 8;

/// A tensor whose bytes are still in the file.
pub(super) struct Stored {
    pub dtype: DType,
    pub shape: Vec<usize>,
    read: Box<dyn Fn() -> io::Result<Vec<u8>>>,
}

/// The tensors of a file by their names in it.
pub(super) struct File<'a> {
    pub path: &'a Path,
    pub length: u64,
    pub tensors: BTreeMap<String, Stored>,
}

impl<'a> File<'a> {
    /// Opens the file at `path`: a PyTorch file, in any of the formats that `torch.save` has had, or safetensors.
    pub fn open(path: &'a Path) -> Result<Self, ImportError> {
        let unreadable = |source| ImportError::Open { path: path.into(), source };
        let found = vfs::metadata(path).map_err(unreadable)?;
        let other = |what| ImportError::NoCheckpoint { path: path.into(), what };
        if found.is_dir() {
            return Err(other("a folder"));
        }
        // Opening a pipe waits for its other end.
        if !found.is_file() {
            return Err(other("not a regular file"));
        }
        let mut start = Vec::new();
        vfs::File::open(path).and_then(|file| file.take(64).read_to_end(&mut start)).map_err(unreadable)?;
        if let Some(what) = no_checkpoint(&start) {
            return Err(other(what));
        }
        let tensors = if is_safetensors(&start) { safetensors(path)? } else { torch(path)? };
        Ok(Self { path, length: found.len(), tensors })
    }

    /// Checks that tensors are not much larger than the file: a view can repeat its storage without limit, so the
    /// storage does not bound what is read.
    pub fn check_claims<'t>(&self, tensors: impl Iterator<Item = &'t Stored>) -> Result<(), ImportError> {
        let bytes = |tensor: &Stored| {
            tensor.shape.iter().fold(tensor.dtype.size() as u64, |size, axis| size.saturating_mul(*axis as u64))
        };
        let claimed = tensors.map(bytes).fold(0, u64::saturating_add);
        if claimed > self.length.saturating_mul(SHARED_AT_MOST) {
            return Err(ImportError::Claims { path: self.path.into(), length: self.length, claimed });
        }
        Ok(())
    }

    /// Returns the bytes of a tensor, in row-major order.
    pub fn read(&self, tensor: &Stored) -> Result<Vec<u8>, ImportError> {
        (tensor.read)().map_err(|source| ImportError::Data { path: self.path.into(), source })
    }
}

/// Recognises files that are often mistaken for a checkpoint, by their first bytes.
fn no_checkpoint(start: &[u8]) -> Option<&'static str> {
    let text = start.trim_ascii_start().to_ascii_lowercase();
    if start.is_empty() {
        Some("an empty file")
    } else if text.starts_with(b"version https://git-lfs") {
        Some("a Git LFS pointer, whose file was not downloaded (run `git lfs pull`)")
    } else if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
        Some("a web page, perhaps from the site that offers the checkpoint")
    } else {
        None
    }
}

/// Returns whether a file begins with the length of a JSON text and the text, as safetensors files do.
fn is_safetensors(start: &[u8]) -> bool {
    let length = start.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    length.is_some_and(|length| length <= 100_000_000) && start.get(8) == Some(&b'{')
}

fn torch(path: &Path) -> Result<BTreeMap<String, Stored>, ImportError> {
    let reader = PytorchReader::new(path).map_err(|source| ImportError::Read { path: path.into(), source })?;
    let stored = |(name, tensor): (String, pytorch_reader::Tensor)| {
        let (_, dtype, shape, read) = tensor.into_parts();
        (name, Stored { dtype, shape, read: Box::new(read) })
    };
    Ok(reader.into_tensors().into_iter().map(stored).collect())
}

fn safetensors(path: &Path) -> Result<BTreeMap<String, Stored>, ImportError> {
    let bytes = vfs::read(path).map_err(|source| ImportError::Open { path: path.into(), source })?;
    let file =
        SafeTensors::deserialize(&bytes).map_err(|source| ImportError::Safetensors { path: path.into(), source })?;
    let known = file.iter().filter_map(|(name, view)| {
        let (dtype, data) = (torch_type(view.dtype())?, view.data().to_vec());
        let read = Box::new(move || Ok(data.clone()));
        Some((name.to_owned(), Stored { dtype, shape: view.shape().to_vec(), read }))
    });
    Ok(known.collect())
}

/// Returns the same element type in PyTorch's terms; `None` for types that weights cannot have.
fn torch_type(dtype: Dtype) -> Option<DType> {
    Some(match dtype {
        Dtype::F64 => DType::F64,
        Dtype::F32 => DType::F32,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I64 => DType::I64,
        Dtype::I32 => DType::I32,
        Dtype::I16 => DType::I16,
        Dtype::I8 => DType::I8,
        Dtype::U64 => DType::U64,
        Dtype::U32 => DType::U32,
        Dtype::U16 => DType::U16,
        Dtype::U8 => DType::U8,
        Dtype::BOOL => DType::Bool,
        _ => return None,
    })
}
