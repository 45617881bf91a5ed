//! Files, wherever the program runs: those of the operating system, or in a browser, which has none, a tree in memory.
//!
//! The names are those of `std::fs`, as far as runs need them, so that a run's folder, its checkpoints and its records are
//! the same thing everywhere. What is in memory lasts as long as the thread; a page keeps what it wants to keep by taking
//! the [`memory::changes`] from time to time and putting files back with [`memory::put`].
#![allow(clippy::disallowed_methods, reason = "the one room that opens files; in a browser they are in memory")]

use std::io;
use std::path::Path;

use crate::text;

#[cfg(any(target_family = "wasm", test))]
pub mod memory;

#[cfg(target_family = "wasm")]
pub use memory::{
    File, OpenOptions, canonicalize, create_dir, create_dir_all, metadata, read, read_dir, read_to_string,
    remove_dir_all, remove_file, rename, symlink_metadata, write,
};
#[cfg(not(target_family = "wasm"))]
pub use std::fs::{
    File, OpenOptions, canonicalize, create_dir, create_dir_all, metadata, read, read_dir, read_to_string,
    remove_dir_all, remove_file, rename, symlink_metadata, write,
};

/// The text of a file that people may have written: UTF-8 with or without a byte order mark.
///
/// # Errors
/// If the file cannot be read, or is in another encoding ([`text::TextError`] as [`io::ErrorKind::InvalidData`]).
pub fn read_text(path: impl AsRef<Path>) -> io::Result<String> {
    let bytes = read(path)?;
    let text = text::decode(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(text.to_owned())
}

/// Whether there is a file or a folder.
#[must_use]
pub fn exists(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok()
}

/// Whether there is a folder.
#[must_use]
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|found| found.is_dir())
}

/// Whether there is a file.
#[must_use]
pub fn is_file(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests;
