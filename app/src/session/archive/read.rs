//! Reading archives: detects the packer's format and finds the run's files.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};

use bootstride_core::run::Manifest;
use bootstride_core::text::decode;
use flate2::read::MultiGzDecoder;
use tar::Archive;

use super::{ArchiveError, LIMIT_BYTES, format};
use crate::recorded::plain_name;

/// Size of an archive block, bytes.
const BLOCK: usize = 512;
/// Magic bytes of gzip.
const GZIP: &[u8] = &[0x1F, 0x8B];
/// Maximum expansion of compressed archives: weights shrink by a tenth, records of small runs tenfold.
const MOST_RATIO: u64 = 100;
/// Unpacked size that is always allowed, bytes.
const SMALL_BYTES: u64 = 1 << 26;
/// The two files at the top of every run.
const MANIFEST: &str = "manifest.json";
const CONFIG: &str = "config.toml";
/// Maximum number of runs listed in an error.
const NAMED: usize = 4;

/// The name of the run, and its files by their relative paths.
pub(super) type Contents<'a> = (String, BTreeMap<String, &'a [u8]>);

/// Returns the validated run in an archive: the one folder with a run's manifest and configuration, whatever else the
/// archive contains.
pub(super) fn contents(bytes: &[u8]) -> Result<Contents<'_>, ArchiveError> {
    let files = files(bytes)?;
    let folder = run_in(&files)?;
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
    let below = files.iter().filter_map(|(path, content)| Some((below(path, &folder)?, *content)));
    let run: BTreeMap<String, &[u8]> =
        below.filter(|(path, _)| !hidden(path)).map(|(path, content)| (path.to_owned(), content)).collect();
    let own = folder.rsplit('/').next().unwrap_or_default().trim_start_matches('.');
    // An archive without a top folder takes its name from the manifest.
    let name =
        if own.is_empty() { run.get(MANIFEST).and_then(|manifest| named(manifest)) } else { Some(own.to_owned()) };
    Ok((name.unwrap_or_else(|| "run".to_owned()), run))
}

/// Returns all regular files of an archive, by their paths.
fn files(bytes: &[u8]) -> Result<BTreeMap<String, &[u8]>, ArchiveError> {
    if let Some(why) = foreign(bytes) {
        return Err(format(why));
    }
    let mut archive = Archive::new(bytes);
    let (mut files, mut total, mut end) = (BTreeMap::new(), 0_u64, 0);
    for entry in archive.entries().map_err(|error| damaged(&error))? {
        let entry = entry.map_err(|error| damaged(&error))?;
        let kind = entry.header().entry_type();
        let within = slice(bytes, entry.raw_file_position(), entry.size());
        let content = within.ok_or_else(|| format("is truncated: it ends in the middle of a file"))?;
        end = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX).saturating_add(content.len());
        // Global headers of git and other packers.
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let path = entry.path().map_err(|error| damaged(&error))?;
        let name =
            path.to_str().ok_or_else(|| format(format!("contains a name that cannot be read: {}", path.display())))?;
        if !kind.is_file() {
            return Err(format(format!("contains {name:?}, which is not a regular file")));
        }
        let Some(path) = place(name)? else { continue };
        total = total.saturating_add(entry.size());
        if total > LIMIT_BYTES {
            return Err(format(format!("contains more than {LIMIT_BYTES} bytes, the limit")));
        }
        if files.insert(path, content).is_some() {
            return Err(format(format!("contains {name:?} twice")));
        }
    }
    // Two blocks of zeros distinguish the end from a truncation between two files.
    let end = end.next_multiple_of(BLOCK);
    let marker = bytes.get(end..end.saturating_add(2 * BLOCK));
    if !marker.is_some_and(|marker| marker.iter().all(|byte| *byte == 0)) {
        return Err(format("is truncated: it has no end marker"));
    }
    Ok(files)
}

/// Returns the folder of the only run among these files; empty if they are in no folder.
fn run_in(files: &BTreeMap<String, &[u8]>) -> Result<String, ArchiveError> {
    let folder_of = |path: &str, name: &str| match path.strip_suffix(name)? {
        "" => Some(String::new()),
        folder => folder.strip_suffix('/').map(str::to_owned),
    };
    let with = |name| files.keys().filter_map(move |path| folder_of(path, name)).collect::<BTreeSet<_>>();
    let (manifests, configurations) = (with(MANIFEST), with(CONFIG));
    let mut runs: Vec<&String> = manifests.intersection(&configurations).collect();
    // Nested runs, such as an agent exported into a run, belong to the outer one.
    let outer = runs.clone();
    runs.retain(|run| !outer.iter().any(|other| other != run && below(run, other).is_some()));
    match runs.as_slice() {
        [run] => Ok((*run).clone()),
        [] if files.is_empty() => Err(format("is empty")),
        [] => {
            let half = manifests.iter().map(|folder| (folder, CONFIG));
            let half = half.chain(configurations.iter().map(|folder| (folder, MANIFEST))).next();
            let lack = half.map_or_else(
                || format!("has no {MANIFEST} and {CONFIG}"),
                |(folder, lacking)| format!("has no {lacking} in {}", shown(folder)),
            );
            Err(format(format!("{lack}; pack a complete run folder")))
        }
        several => {
            let names: Vec<_> = several.iter().take(NAMED).map(|run| shown(run)).collect();
            let more = if several.len() > NAMED { ", and more" } else { "" };
            Err(format(format!("contains several runs: {}{more}; pack only one of them", names.join(", "))))
        }
    }
}

fn shown(folder: &str) -> &str {
    if folder.is_empty() { "its top" } else { folder }
}

/// Returns the path relative to `folder`, if it is inside.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// Returns the name of a run from its manifest, in the form of new runs: `cartpole-swingup-bmpc-seed1`.
fn named(manifest: &[u8]) -> Option<String> {
    let manifest: Manifest = serde_json::from_str(decode(manifest).ok()?).ok()?;
    Some(plain_name(&format!("{}-{}-seed{}", manifest.task, manifest.algorithm, manifest.seed)))
}

/// Returns the archive, decompressed if necessary.
pub(super) fn uncompressed(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ArchiveError> {
    if !bytes.starts_with(GZIP) {
        return Ok(bytes.into());
    }
    // A few kilobytes can expand to a gigabyte of zeros.
    let length = bytes.len() as u64;
    let limit = length.saturating_mul(MOST_RATIO).clamp(SMALL_BYTES, LIMIT_BYTES + LIMIT_BYTES / 16);
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut plain);
    match read {
        Ok(read) if read as u64 > limit => {
            Err(format(format!("unpacks to more than {limit} bytes, too much for a run of its size")))
        }
        Ok(_) => Ok(plain.into()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(format("is compressed and truncated")),
        Err(error) => Err(format(format!("is compressed and cannot be unpacked: {error}"))),
    }
}

/// The accepted formats, for error messages.
pub const ACCEPTED: &str = "pack the run's folder as .tar, .tar.gz or .tgz";

/// Returns whether a file that starts with these bytes may be an archive, including formats that
/// [`unpack`](super::unpack) rejects.
#[must_use]
pub fn is_archive(head: &[u8]) -> bool {
    let magic = head.get(257..262).is_some_and(|magic| magic == b"ustar");
    let starts = |magic: &[u8]| head.starts_with(magic);
    magic || starts(GZIP) || PACKERS.iter().any(|(magic, _)| starts(magic))
}

/// Magic bytes and names of unsupported formats.
const PACKERS: [(&[u8], &str); 6] = [
    (b"PK", "a zip file"),
    (b"BZh", "compressed with bzip2"),
    (&[0xFD, b'7', b'z', b'X', b'Z'], "compressed with xz"),
    (&[0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd"),
    (&[b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C], "a 7z file"),
    (b"Rar!", "a rar file"),
];

/// Returns the reason if the bytes are a known unsupported format.
fn foreign(bytes: &[u8]) -> Option<String> {
    let length = bytes.first_chunk().map(|eight| u64::from_le_bytes(*eight));
    if let Some((_, what)) = PACKERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some(format!("is {what}; {ACCEPTED}"))
    } else if bytes.get(8) == Some(&b'{') && length.is_some_and(|length| length < bytes.len() as u64) {
        Some(WEIGHTS_ALONE.to_owned())
    } else {
        None
    }
}

/// The error for weights without a configuration.
pub const WEIGHTS_ALONE: &str = "is a safetensors file, and weights alone are not an agent: task and sizes are in the \
                                 run's config.toml; use the run's folder, or an archive (.tar) of it";

fn damaged(error: &io::Error) -> ArchiveError {
    format(format!("is damaged or not a tar file: {error}"))
}

/// Returns `length` bytes from `start`, if there are that many.
fn slice(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let (start, length) = (usize::try_from(start).ok()?, usize::try_from(length).ok()?);
    bytes.get(start..start.checked_add(length)?)
}

/// Returns the path of a name, if it is safe; `None` for files added by macOS.
fn place(name: &str) -> Result<Option<String>, ArchiveError> {
    let parts: Vec<&str> = name.split('/').filter(|part| *part != ".").collect();
    let is_wild = |part: &&str| {
        let letter = |letter: char| letter == '\\' || letter == ':' || letter.is_control();
        part.is_empty() || *part == ".." || part.contains(letter)
    };
    if parts.iter().any(is_wild) {
        return Err(format(format!("contains {name:?}, an unsafe path")));
    }
    let is_added = parts.iter().any(|part| part.starts_with("._") || *part == "__MACOSX");
    Ok((!is_added && !parts.is_empty()).then(|| parts.join("/")))
}
