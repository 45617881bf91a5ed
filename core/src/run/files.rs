//! Writing files so that a process killed at any instant leaves either the old or the new state.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::{At, RunError};

/// Writes a new file through to the disk.
pub(super) fn write_through(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let mut file = File::create(path).at("create", path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).at("write", path)
}

/// Replaces a file: readers, and whoever comes after a crash, find the old bytes or the new ones.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".saving");
    let temporary = path.with_file_name(name);
    write_through(&temporary, bytes)?;
    rename(&temporary, path)
}

/// Renames, and makes the new name last.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), RunError> {
    fs::rename(from, to).at("rename", from)?;
    to.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder last. Only Unix lets a folder be opened for that.
pub(super) fn sync_folder(path: &Path) -> Result<(), RunError> {
    if cfg!(unix) { File::open(path).and_then(|folder| folder.sync_all()).at("sync", path) } else { Ok(()) }
}

/// The names in a folder, sorted; none if it does not exist. Names that are not Unicode are none of ours.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, RunError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).at("list", folder)? {
        names.extend(entry.at("list", folder)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// The bytes of a file, or none if it does not exist.
pub(super) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, RunError> {
    match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some).at("read", path),
    }
}

/// A path without the file or folder that a crash left there, if any.
pub(super) fn cleared(path: PathBuf) -> Result<PathBuf, RunError> {
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(&path).at("remove", &path)?,
        Ok(_) => fs::remove_file(&path).at("remove", &path)?,
        Err(_) => {}
    }
    Ok(path)
}
