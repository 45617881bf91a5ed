//! Writing files so that a process killed at any instant leaves either the old or the new state.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::changes::SAVING;
use super::error::{At, RunError};
use crate::train::parts::Sum;
use crate::vfs::{self as fs, File, is_absence};

/// Writes a new file and flushes it to disk.
pub(super) fn write_through(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    stream_through(path, |out| out.write_all(bytes)).map(drop)
}

/// Writes a new file in the pieces that `write` produces, and flushes it to disk.
pub(super) fn stream_through(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Sum, RunError> {
    let mut out = Summed { file: File::create(path).at("create", path)?, sum: Sum::default() };
    write(&mut out).and_then(|()| out.file.sync_all()).at("write", path)?;
    Ok(out.sum)
}

/// A file whose checksum is computed while it is written.
struct Summed {
    file: File,
    sum: Sum,
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.add(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Returns the checksum of a file, read in pieces.
pub(super) fn sum_of(path: &Path) -> io::Result<Sum> {
    let mut file = File::open(path)?;
    let (mut piece, mut sum) = (vec![0; 1 << 16], Sum::default());
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(sum),
            Ok(count) => sum.add(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Replaces a file atomically: readers, even after a crash, find either the old bytes or the new ones.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let temporary = beside(path, SAVING);
    let replaced = write_through(&temporary, bytes).and_then(|()| rename(&temporary, path));
    if replaced.is_err() {
        let _ = cleared(temporary);
    }
    replaced
}

/// Returns the same path with `prefix` before its name.
pub(super) fn beside(path: &Path, prefix: &str) -> PathBuf {
    let mut name = OsString::from(prefix);
    name.push(path.file_name().unwrap_or_default());
    path.with_file_name(name)
}

/// Renames, and flushes the new name to disk.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), RunError> {
    fs::rename(from, to).at("rename", from)?;
    sync_parent(to)
}

/// Flushes the names in the folder of `path` to disk.
pub(super) fn sync_parent(path: &Path) -> Result<(), RunError> {
    // In a relative path, the working folder has an empty name.
    let parent = path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    parent.map_or(Ok(()), sync_folder)
}

/// Flushes the names in a folder to disk. Only Unix allows opening a folder for this.
pub(super) fn sync_folder(path: &Path) -> Result<(), RunError> {
    if cfg!(any(unix, target_family = "wasm")) {
        File::open(path).and_then(|folder| folder.sync_all()).at("sync", path)
    } else {
        Ok(())
    }
}

/// Returns the names in a folder, sorted; empty if the folder does not exist. Names that are not Unicode were not
/// written by Bootstride.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, RunError> {
    let entries = match fs::read_dir(folder) {
        // A folder that cannot be listed is not an empty one.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at("list", folder)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.at("list", folder)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Returns the bytes of a file, or `None` if it does not exist.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, RunError> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).at("read", path),
    }
}

/// Returns a path after removing any file or folder that a crash left there.
pub(super) fn cleared(path: PathBuf) -> Result<PathBuf, RunError> {
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(&path).at("remove", &path)?,
        Ok(_) => fs::remove_file(&path).at("remove", &path)?,
        Err(error) if is_absence(&error) => {}
        Err(error) => return Err(error).at("access", &path),
    }
    Ok(path)
}
