//! A run as a single file that can be saved from a page, shared, and dropped on a lab: a tar archive of its folder.
//!
//! Archives may come from anywhere, so they are checked completely before anything is written, and unpacked to a
//! temporary folder before they are moved into place.

mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use bootstride_core::run::{Checkpoints, RunError, RunFolder};
use bootstride_core::vfs as fs;
use tar::{Builder, Header};

pub use read::{ACCEPTED, WEIGHTS_ALONE, is_archive};

use read::{contents, uncompressed};

/// Maximum total size of the files of an archive, bytes.
pub const LIMIT_BYTES: u64 = 1 << 30;
/// Prefix of the temporary folder for unpacking; a number follows.
const UNPACKING: &str = ".unpacking";

/// An error in packing or unpacking a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The folder or the unpacked files are not a run, or a damaged one.
    Run(RunError),
    /// Files could not be read or written.
    Disk {
        /// The attempted action.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The bytes are not a run archive; the reason is a sentence without its subject.
    Format(String),
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => error.fmt(f),
            Self::Disk { action, path, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            Self::Format(why) => write!(f, "not a run archive: it {why}"),
        }
    }
}

impl std::error::Error for ArchiveError {}

impl From<RunError> for ArchiveError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

fn format(why: impl Into<String>) -> ArchiveError {
    ArchiveError::Format(why.into())
}

/// Adds the path to an error of the operating system.
fn at<T>(result: io::Result<T>, action: &'static str, path: &Path) -> Result<T, ArchiveError> {
    result.map_err(|source| ArchiveError::Disk { action, path: path.into(), source })
}

/// Packs the run in `folder` into an archive: all its files under the folder's name. Equal files give equal bytes.
///
/// # Errors
/// If the folder contains no run or more than [`LIMIT_BYTES`], or cannot be read.
pub fn pack(folder: &Path) -> Result<Vec<u8>, ArchiveError> {
    RunFolder::read(folder)?;
    // The full path, because the folder may be given as `.`.
    let full = at(fs::canonicalize(folder), "find", folder)?;
    let name = full.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    let mut files = BTreeMap::new();
    list(folder, &name, &mut files)?;
    let mut total = 0;
    for path in files.values() {
        total += at(fs::metadata(path), "read", path)?.len();
    }
    if total > LIMIT_BYTES {
        return Err(format(format!(
            "would contain {total} bytes, more than the limit of {LIMIT_BYTES}; export only the agent"
        )));
    }
    let mut builder = Builder::new(Vec::new());
    for (name, path) in &files {
        let bytes = at(fs::read(path), "read", path)?;
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        at(builder.append_data(&mut header, name, bytes.as_slice()), "pack", path)?;
    }
    at(builder.into_inner(), "pack", folder)
}

/// Lists the files under `folder` that belong to a run, by their names in the archive.
fn list(folder: &Path, name: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), ArchiveError> {
    for entry in at(fs::read_dir(folder), "list", folder)? {
        let path = at(entry, "list", folder)?.path();
        // Files with names that are not Unicode do not belong to a run.
        let Some(own) = path.file_name().and_then(|name| name.to_str()) else { continue };
        // Hidden files are being written. The lock belongs to the training process, and damaged files are not exported.
        if own.starts_with('.') || own == "run.lock" || own.ends_with(".saving") || own.contains(".damaged") {
            continue;
        }
        let name = format!("{name}/{own}");
        if fs::is_dir(&path) {
            list(&path, &name, files)?;
        } else {
            files.insert(name, path);
        }
    }
    Ok(())
}

/// Unpacks a run archive, optionally gzip-compressed, into a new folder below `into`, named after the run, with -2, -3,
/// ... if that is taken. Returns the folder.
///
/// # Errors
/// If the bytes are not a complete run archive with at least one intact checkpoint. Nothing is left behind then.
pub fn unpack(bytes: &[u8], into: &Path) -> Result<PathBuf, ArchiveError> {
    let bytes = uncompressed(bytes)?;
    let (name, files) = contents(&bytes)?;
    let unpacking = own_folder(into)?;
    let unpacked = write(&files, &unpacking.join(&name)).and_then(|()| place(&unpacking.join(&name), into, &name));
    at(fs::remove_dir_all(&unpacking), "remove", &unpacking)?;
    unpacked
}

/// Creates a hidden folder below `into` that no other program uses. Folders left behind by killed programs stay.
fn own_folder(into: &Path) -> Result<PathBuf, ArchiveError> {
    at(fs::create_dir_all(into), "create", into)?;
    let mut number = 1;
    loop {
        let folder = into.join(format!("{UNPACKING}-{number}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            created => return at(created, "create", &folder).map(|()| folder),
        }
    }
}

/// Moves a complete run to a free name below `into`.
fn place(whole: &Path, into: &Path, name: &str) -> Result<PathBuf, ArchiveError> {
    loop {
        let folder = free(into, name);
        match fs::rename(whole, &folder) {
            // Another program has taken the name in the meantime.
            Err(_) if fs::exists(&folder) && fs::exists(whole) => {}
            moved => return at(moved, "create", &folder).map(|()| folder),
        }
    }
}

/// Writes the files of a run to `folder` and checks that it opens.
fn write(files: &BTreeMap<String, &[u8]>, folder: &Path) -> Result<(), ArchiveError> {
    for (name, bytes) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        at(fs::create_dir_all(parent), "create", parent)?;
        at(fs::write(&path, bytes), "write", &path)?;
    }
    RunFolder::read(folder)?;
    let checkpoints = Checkpoints::new(folder.join("checkpoints"));
    if !checkpoints.list()?.is_empty() {
        checkpoints.newest()?;
    }
    Ok(())
}

/// Returns a folder below `into` that does not exist yet.
fn free(into: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number| into.join(format!("{name}-{number}")));
    std::iter::once(into.join(name)).chain(numbered).find(|path| !fs::exists(path)).unwrap_or_else(|| into.join(name))
}
