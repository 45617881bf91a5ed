//! Files, wherever the program runs: those of the operating system or, in a browser, a tree in memory.
//!
//! The names are those of `std::fs`, as far as runs need them, so that a run's folder, its checkpoints and its records
//! are the same everywhere. The in-memory tree lives as long as its thread; a page persists files by taking the
//! `memory::changes` from time to time and restoring files with `memory::put`.
//!
//! Every operation passes through here, so that in development builds any of them can be made to fail ([`fault`]).
#![allow(clippy::disallowed_methods, reason = "the only module that opens files; in a browser they are in memory")]

#[cfg(debug_assertions)]
pub mod fault;
mod file;
#[cfg(any(target_family = "wasm", test))]
pub mod memory;
#[cfg(any(target_family = "wasm", test))]
pub mod unstored;

use std::io;
use std::path::{Path, PathBuf};

use crate::text;

#[cfg(target_family = "wasm")]
use memory as system;
#[cfg(not(target_family = "wasm"))]
use std::fs as system;

pub use self::file::{File, OpenOptions};
pub use self::system::Metadata;

/// In development builds, fails if a planned fault is due; does nothing otherwise.
#[cfg(debug_assertions)]
use fault::check;
#[cfg(not(debug_assertions))]
#[allow(clippy::unnecessary_wraps, clippy::inline_always, reason = "replaces the check of development builds")]
#[inline(always)]
fn check(_: &str, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns the bytes of a file.
///
/// # Errors
/// Same as `std::fs::read`.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    check("read", path.as_ref())?;
    system::read(path)
}

/// Returns the text of a file that a user may have written: UTF-8 with or without a byte order mark.
///
/// # Errors
/// If the file cannot be read, or is in another encoding ([`text::TextError`] as [`io::ErrorKind::InvalidData`]).
pub fn read_text(path: impl AsRef<Path>) -> io::Result<String> {
    let bytes = read(path)?;
    let text = text::decode(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(text.to_owned())
}

/// Returns the text of a file.
///
/// # Errors
/// Same as `std::fs::read_to_string`.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    check("read", path.as_ref())?;
    system::read_to_string(path)
}

/// Writes a file, replacing an existing one.
///
/// # Errors
/// Same as `std::fs::write`.
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    io::Write::write_all(&mut File::create(path)?, bytes.as_ref())
}

/// Creates a folder.
///
/// # Errors
/// Same as `std::fs::create_dir`.
pub fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    check("create folder", path.as_ref())?;
    system::create_dir(path)
}

/// Creates a folder and its parents.
///
/// # Errors
/// Same as `std::fs::create_dir_all`.
pub fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    check("create folder", path.as_ref())?;
    system::create_dir_all(path)
}

/// Returns the metadata of a file or folder.
///
/// # Errors
/// Same as `std::fs::metadata`.
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    check("access", path.as_ref())?;
    system::metadata(path)
}

/// Same as [`metadata`], without following a link.
///
/// # Errors
/// Same as `std::fs::symlink_metadata`.
pub fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    check("access", path.as_ref())?;
    system::symlink_metadata(path)
}

/// Returns the full path.
///
/// # Errors
/// Same as `std::fs::canonicalize`.
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    check("find", path.as_ref())?;
    system::canonicalize(path)
}

/// Returns the entries of a folder.
///
/// # Errors
/// Same as `std::fs::read_dir`.
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<impl Iterator<Item = io::Result<system::DirEntry>>> {
    check("list", path.as_ref())?;
    system::read_dir(path)
}

/// Removes a file.
///
/// # Errors
/// Same as `std::fs::remove_file`.
pub fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    check("remove", path.as_ref())?;
    system::remove_file(path)
}

/// Removes an empty folder.
///
/// # Errors
/// Same as `std::fs::remove_dir`.
pub fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    check("remove", path.as_ref())?;
    system::remove_dir(path)
}

/// Removes a folder and its contents.
///
/// # Errors
/// Same as `std::fs::remove_dir_all`.
pub fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    check("remove", path.as_ref())?;
    system::remove_dir_all(path)
}

/// Renames a file or folder.
///
/// # Errors
/// Same as `std::fs::rename`.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    check("rename", from.as_ref())?;
    system::rename(from, to)
}

/// Returns whether a file or folder exists. One that cannot be accessed counts as absent: before writing or removing
/// anything based on the answer, use [`try_exists`].
#[must_use]
pub fn exists(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok()
}

/// Returns whether a file or folder exists.
///
/// # Errors
/// If that cannot be determined.
pub fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    match symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns whether an error means that nothing exists at a path, rather than that it could not be accessed.
#[must_use]
pub fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Returns whether a folder exists.
#[must_use]
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|found| found.is_dir())
}

/// Returns whether a file exists.
#[must_use]
pub fn is_file(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests;
