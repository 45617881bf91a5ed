//! A run as one file, to be saved from a page, sent to somebody, and dropped on a lab: a tar archive of its folder.
//!
//! What is read may come from anywhere, so it is checked whole before anything is written, and written beside its place
//! before it is put there.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use bootstride_core::disk as fs;
use bootstride_core::run::{Checkpoints, RunError, RunFolder};
use tar::{Archive, Builder, Header};

/// The largest archive that is written or read, bytes of its files together.
pub const LIMIT_BYTES: u64 = 1 << 30;
/// The room of an archive's smallest piece, bytes.
const BLOCK: usize = 512;
/// Where an archive is unpacked until it is whole.
const UNPACKING: &str = ".unpacking";

/// Why a run could not be packed or unpacked.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The folder, or what was unpacked, is no run, or a damaged one.
    Run(RunError),
    /// Files could not be read or written.
    Disk {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The bytes are no archive of a run: why, in a sentence without its subject.
    Format(String),
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => error.fmt(f),
            Self::Disk { action, path, source } => write!(f, "cannot {action} {}: {source}", path.display()),
            Self::Format(why) => write!(f, "not an archive of a run: it {why}"),
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

/// Gives an error of the operating system its path.
fn at<T>(result: io::Result<T>, action: &'static str, path: &Path) -> Result<T, ArchiveError> {
    result.map_err(|source| ArchiveError::Disk { action, path: path.into(), source })
}

/// The run in `folder` as an archive: all its files below the folder's name. The same files give the same bytes.
///
/// # Errors
/// If the folder holds no run or more than [`LIMIT_BYTES`], or cannot be read.
pub fn pack(folder: &Path) -> Result<Vec<u8>, ArchiveError> {
    RunFolder::read(folder)?;
    // By its full path, as it may be given as `.`
    let full = at(fs::canonicalize(folder), "find", folder)?;
    let name = full.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned());
    let mut files = BTreeMap::new();
    list(folder, &name, &mut files)?;
    let mut total = 0;
    for path in files.values() {
        total += at(fs::metadata(path), "read", path)?.len();
    }
    if total > LIMIT_BYTES {
        return Err(format(format!("would hold {total} bytes, and {LIMIT_BYTES} is the most; export the agent alone")));
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

/// The files below `folder` that belong to a run, by their names in the archive.
fn list(folder: &Path, name: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), ArchiveError> {
    for entry in at(fs::read_dir(folder), "list", folder)? {
        let path = at(entry, "list", folder)?.path();
        // Names that are not Unicode are none of a run's.
        let Some(own) = path.file_name().and_then(|name| name.to_str()) else { continue };
        // Hidden: in the middle of being written. The lock belongs to the process that trains, and damage stays at home.
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

/// Unpacks an archive of a run into a new folder below `into`, named after the run, with -2, -3, ... where that is taken.
/// Returns the folder.
///
/// # Errors
/// If the bytes are no whole archive of a run whose newest checkpoint, or one before, is whole. Then nothing is left.
pub fn unpack(bytes: &[u8], into: &Path) -> Result<PathBuf, ArchiveError> {
    let (name, files) = contents(bytes)?;
    let unpacking = into.join(UNPACKING);
    let unpacked = write(&files, &unpacking, &unpacking.join(&name)).and_then(|()| {
        let folder = free(into, &name);
        at(fs::rename(unpacking.join(&name), &folder), "create", &folder)?;
        Ok(folder)
    });
    if fs::exists(&unpacking) {
        at(fs::remove_dir_all(&unpacking), "remove", &unpacking)?;
    }
    unpacked
}

/// The name of the run, and its files by their paths below it.
type Contents<'a> = (String, BTreeMap<String, &'a [u8]>);

/// What is in an archive, as far as it is fit to be written.
fn contents(bytes: &[u8]) -> Result<Contents<'_>, ArchiveError> {
    if let Some(why) = foreign(bytes) {
        return Err(format(why));
    }
    let mut archive = Archive::new(bytes);
    let (mut run, mut files, mut total, mut end) = (None, BTreeMap::new(), 0_u64, 0);
    for entry in archive.entries().map_err(|error| damaged(&error))? {
        let entry = entry.map_err(|error| damaged(&error))?;
        let kind = entry.header().entry_type();
        let within = slice(bytes, entry.raw_file_position(), entry.size());
        let content = within.ok_or_else(|| format("ends in the middle of a file; it was cut off"))?;
        end = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX).saturating_add(content.len());
        // Notes of git, and of whoever packed it.
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let path = entry.path().map_err(|error| damaged(&error))?;
        let name =
            path.to_str().ok_or_else(|| format(format!("has a name that cannot be read: {}", path.display())))?;
        if !kind.is_file() {
            return Err(format(format!("holds {name:?}, which is no plain file")));
        }
        let Some((folder, below)) = place(name)? else { continue };
        if run.get_or_insert_with(|| folder.clone()) != &folder {
            return Err(format(format!("has files in several folders: {} and {folder}", run.unwrap_or_default())));
        }
        total = total.saturating_add(entry.size());
        if total > LIMIT_BYTES {
            return Err(format(format!("holds more than {LIMIT_BYTES} bytes, the most that is read")));
        }
        if files.insert(below, content).is_some() {
            return Err(format(format!("holds {name:?} twice")));
        }
    }
    // Two blocks of zeros tell an end from a cut between two files.
    let end = end.next_multiple_of(BLOCK);
    let marker = bytes.get(end..end.saturating_add(2 * BLOCK));
    if !marker.is_some_and(|marker| marker.iter().all(|byte| *byte == 0)) {
        return Err(format("has no end; it was cut off"));
    }
    let Some(run) = run else { return Err(format("is empty")) };
    for needed in ["manifest.json", "config.toml"] {
        if !files.contains_key(needed) {
            return Err(format(format!("has no {needed} in {run}; pack a run's folder whole")));
        }
    }
    Ok((run, files))
}

/// What the bytes are, if they are known to be something else.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let length = bytes.first_chunk().map(|eight| u64::from_le_bytes(*eight));
    if bytes.starts_with(&[0x1F, 0x8B]) || bytes.starts_with(b"BZh") || bytes.starts_with(&[0xFD, b'7', b'z']) {
        Some("is compressed; unpack it to a plain .tar first")
    } else if bytes.starts_with(b"PK") {
        Some("is a zip file; pack the run's folder as .tar")
    } else if bytes.get(8) == Some(&b'{') && length.is_some_and(|length| length < bytes.len() as u64) {
        Some(WEIGHTS_ALONE)
    } else {
        None
    }
}

/// What a person is told who brings weights without their configuration.
pub const WEIGHTS_ALONE: &str = "is a safetensors file, and weights alone are no agent: task and sizes are in the run's \
                                 config.toml; take the run's folder, or an archive (.tar) of it";

fn damaged(error: &io::Error) -> ArchiveError {
    format(format!("is damaged, or no tar file: {error}"))
}

/// So many bytes from there, if there are as many.
fn slice(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let (start, length) = (usize::try_from(start).ok()?, usize::try_from(length).ok()?);
    bytes.get(start..start.checked_add(length)?)
}

/// The folder at the top and the path below it, of a name that leads nowhere else; none for a hidden file, which is none of a
/// run's.
fn place(name: &str) -> Result<Option<(String, String)>, ArchiveError> {
    let parts: Vec<&str> = name.split('/').filter(|part| *part != ".").collect();
    let is_wild = |part: &&str| {
        let letter = |letter: char| letter == '\\' || letter == ':' || letter.is_control();
        part.is_empty() || *part == ".." || part.contains(letter)
    };
    if parts.iter().any(is_wild) {
        return Err(format(format!("holds {name:?}, a name that could lead elsewhere")));
    }
    if parts.iter().any(|part| part.starts_with('.')) {
        return Ok(None);
    }
    match parts.as_slice() {
        [folder, below @ ..] if !below.is_empty() => Ok(Some(((*folder).to_owned(), below.join("/")))),
        _ => Err(format(format!("holds {name:?} in no folder; pack the run's folder itself, not what is in it"))),
    }
}

/// Writes the files of a run to `folder` inside `unpacking`, and looks whether it opens.
fn write(files: &BTreeMap<String, &[u8]>, unpacking: &Path, folder: &Path) -> Result<(), ArchiveError> {
    if fs::exists(unpacking) {
        at(fs::remove_dir_all(unpacking), "remove", unpacking)?;
    }
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

/// A folder below `into` that is not there yet.
fn free(into: &Path, name: &str) -> PathBuf {
    let numbered = (2..).map(|number| into.join(format!("{name}-{number}")));
    std::iter::once(into.join(name)).chain(numbered).find(|path| !fs::exists(path)).unwrap_or_else(|| into.join(name))
}
