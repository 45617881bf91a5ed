//! The folder of a page: hashed names, compressed versions next to the files, and no leftovers from earlier builds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::compress::{Kind, compress};
use super::html::MARK;
use super::{Built, Effort, Placed};

/// Number of hex digits of a hash in a name.
const DIGITS: usize = 16;
/// Time for which compressed files are cached for later builds.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// Returns a hash of `bytes` as hex digits: 64-bit FNV-1a, which distinguishes versions of a file but is not secure.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

/// Returns whether the file name contains a hash of the content, so that the content under this name never changes.
pub(crate) fn is_hashed(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let hash = |stem: &str| stem.rsplit_once('-').map(|(_, hash)| hash.to_owned());
    file.split_once('.').and_then(|(stem, _)| hash(stem)).is_some_and(|hash| {
        hash.len() == DIGITS && hash.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// A page's folder while it is being written.
pub(super) struct Folder {
    root: PathBuf,
    effort: Effort,
    /// Cache of compressed files by the hash of their content: compressing the module takes half a minute.
    cache: PathBuf,
    files: Vec<Placed>,
}

impl Folder {
    /// Creates the folder, or opens one from an earlier build.
    ///
    /// # Errors
    /// If it contains another page.
    pub(super) fn open(root: &Path, effort: Effort, cache: PathBuf) -> Result<Self> {
        let index = root.join("index.html");
        if index.exists() {
            let page = super::read(&index)?;
            ensure!(
                String::from_utf8_lossy(&page).contains(MARK),
                "{} belongs to another page; choose a folder without a page",
                index.display()
            );
        }
        for folder in [root, &cache] {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self { root: root.to_owned(), effort, cache, files: Vec::new() })
    }

    /// Returns the names of all files so far, one per line.
    pub(super) fn names(&self) -> String {
        self.files.iter().flat_map(|file| [file.name.as_str(), "\n"]).collect()
    }

    /// Adds a file with a hash of its content in the name, and returns the full name.
    pub(super) fn add_hashed(&mut self, name: &str, bytes: &[u8]) -> Result<String> {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let name = format!("{stem}-{}.{extension}", digest(bytes));
        self.add(&name, bytes)?;
        Ok(name)
    }

    /// Adds a file, with compressed versions next to it.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        write(&path, bytes)?;
        let mut placed = Placed { name: name.to_owned(), bytes: length(bytes), brotli: None };
        // Images are already compressed.
        if path.extension().is_none_or(|kind| kind != "webp") {
            for kind in [Kind::Brotli, Kind::Gzip] {
                let small = self.compressed(bytes, kind)?;
                write(&self.root.join(format!("{name}.{}", kind.extension())), &small)?;
                if kind == Kind::Brotli {
                    placed.brotli = Some(length(&small));
                }
            }
        }
        self.files.push(placed);
        Ok(())
    }

    fn compressed(&self, bytes: &[u8], kind: Kind) -> Result<Vec<u8>> {
        let name = format!("{}-{:?}.{}", digest(bytes), self.effort, kind.extension()).to_lowercase();
        let kept = self.cache.join(name);
        if let Ok(small) = fs::read(&kept) {
            return Ok(small);
        }
        let small = compress(bytes, kind, self.effort)?;
        write(&kept, &small)?;
        Ok(small)
    }

    /// Removes leftovers of earlier builds, in the folder and in the cache.
    pub(super) fn finish(self) -> Result<Built> {
        let mut ours = BTreeSet::new();
        for Placed { name, .. } in &self.files {
            ours.extend([name.clone(), format!("{name}.br"), format!("{name}.gz")]);
        }
        for folder in ["", "agents/"] {
            let path = self.root.join(folder);
            for name in if path.is_dir() { super::names(&path)? } else { Vec::new() } {
                let name = format!("{folder}{name}");
                if is_hashed(&name) && !ours.contains(&name) {
                    remove(&self.root.join(name))?;
                }
            }
        }
        for name in super::names(&self.cache)? {
            let path = self.cache.join(name);
            let age = path.metadata().and_then(|about| about.modified()).ok().and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > KEPT) {
                // Another build may have removed it first.
                let _gone = fs::remove_file(path);
            }
        }
        Ok(Built { folder: self.root, files: self.files })
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Writes a temporary file and renames it, so that no reader sees a partial file.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_whole_hash_are_hashed() {
        for name in ["a-0123456789abcdef.js", "agents/a-b-0123456789abcdef.tar", "a-0123456789abcdef.wasm.br"] {
            assert!(is_hashed(name), "{name}");
        }
        for name in ["index.html", "a-0123456789abcde.js", "a-0123456789abcdeg.js", "0123456789abcdef.js", "a-b/c.js"] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn digests_are_those_of_fnv_1a() {
        assert_eq!(digest(b""), "cbf29ce484222325");
        assert_eq!(digest(b"foobar"), "85944171f73967e8");
    }
}
