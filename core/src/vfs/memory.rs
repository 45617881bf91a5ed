//! A tree of files in memory, one per thread, that behaves like the operating system's as far as runs can observe.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::TryLockError;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

thread_local! {
    static TREE: RefCell<Tree> = RefCell::default();
}

/// A file's bytes, shared by the tree and its open handles.
type Bytes = Rc<RefCell<Vec<u8>>>;

#[derive(Default)]
struct Tree {
    /// Files by their plain paths; folders have no bytes. The root always exists.
    nodes: BTreeMap<PathBuf, Option<Bytes>>,
    /// Files that were written, renamed or removed since the changes were last taken.
    changed: BTreeSet<PathBuf>,
}

fn with<T>(work: impl FnOnce(&mut Tree) -> T) -> T {
    TREE.with_borrow_mut(work)
}

/// Returns a path without `.`, `..` and a leading slash, so that every place has one name.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => _ = plain.pop(),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    plain
}

fn error(kind: io::ErrorKind) -> io::Error {
    kind.into()
}

impl Tree {
    fn is_folder(&self, path: &Path) -> bool {
        path.as_os_str().is_empty() || matches!(self.nodes.get(path), Some(None))
    }

    fn file(&self, path: &Path) -> io::Result<&Bytes> {
        match self.nodes.get(path) {
            Some(Some(bytes)) => Ok(bytes),
            None if !self.is_folder(path) => Err(error(io::ErrorKind::NotFound)),
            _ => Err(error(io::ErrorKind::IsADirectory)),
        }
    }

    /// Checks that the parent folder of `path` exists.
    fn needs_parent(&self, path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(parent) if self.is_folder(parent) => Ok(()),
            Some(parent) if self.nodes.contains_key(parent) => Err(error(io::ErrorKind::NotADirectory)),
            _ => Err(error(io::ErrorKind::NotFound)),
        }
    }

    fn add_folders(&mut self, path: &Path) -> io::Result<()> {
        let mut folders: Vec<&Path> = path.ancestors().filter(|path| !path.as_os_str().is_empty()).collect();
        folders.reverse();
        for folder in folders {
            if !self.is_folder(folder) {
                if self.nodes.contains_key(folder) {
                    return Err(error(io::ErrorKind::AlreadyExists));
                }
                self.nodes.insert(folder.into(), None);
            }
        }
        Ok(())
    }

    /// Returns the paths of `path` and everything below it.
    fn below(&self, path: &Path) -> Vec<PathBuf> {
        self.nodes.keys().filter(|one| one.starts_with(path)).cloned().collect()
    }

    /// Removes a node: a file's bytes, or `None` for a folder.
    #[allow(clippy::option_option, reason = "nodes are files or folders, and may be absent")]
    fn take(&mut self, path: &Path) -> Option<Option<Bytes>> {
        let node = self.nodes.remove(path)?;
        if node.is_some() {
            self.changed.insert(path.into());
        }
        Some(node)
    }
}

/// An open file.
#[derive(Debug)]
pub struct File {
    /// `None` for a folder, which can be opened to sync it.
    bytes: Option<Bytes>,
    path: PathBuf,
    at: usize,
    appends: bool,
}

/// Metadata of a path.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    length: Option<u64>,
}

/// An entry of a folder.
#[derive(Clone, Debug)]
pub struct DirEntry {
    path: PathBuf,
}

/// Options for opening a file.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "as the operating system has them")]
pub struct OpenOptions {
    write: bool,
    append: bool,
    create: bool,
    create_new: bool,
    truncate: bool,
}

#[allow(missing_docs, reason = "as std::fs::OpenOptions")]
impl OpenOptions {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn read(&mut self, _: bool) -> &mut Self {
        self
    }

    pub fn write(&mut self, write: bool) -> &mut Self {
        self.write = write;
        self
    }

    pub fn append(&mut self, append: bool) -> &mut Self {
        self.append = append;
        self
    }

    pub fn create(&mut self, create: bool) -> &mut Self {
        self.create = create;
        self
    }

    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.create_new = create_new;
        self
    }

    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.truncate = truncate;
        self
    }

    /// # Errors
    /// Same as the operating system: if the file is missing and not to be created, exists but was to be new, or is a
    /// folder.
    pub fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let path = plain(path.as_ref());
        let writes = self.write || self.append;
        let file = |bytes| File { bytes, path: path.clone(), at: 0, appends: self.append };
        with(|tree| match tree.file(&path).cloned() {
            Ok(_) if self.create_new => Err(error(io::ErrorKind::AlreadyExists)),
            Ok(bytes) => {
                if self.truncate {
                    bytes.borrow_mut().clear();
                    tree.changed.insert(path.clone());
                }
                Ok(file(Some(bytes)))
            }
            Err(found) if found.kind() == io::ErrorKind::IsADirectory && !writes => Ok(file(None)),
            Err(found) if found.kind() == io::ErrorKind::NotFound && (self.create || self.create_new) => {
                tree.needs_parent(&path)?;
                let bytes = Bytes::default();
                tree.nodes.insert(path.clone(), Some(bytes.clone()));
                tree.changed.insert(path.clone());
                Ok(file(Some(bytes)))
            }
            Err(found) => Err(found),
        })
    }
}

#[allow(missing_docs, reason = "as std::fs::File")]
impl File {
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// # Errors
    /// If the file does not exist.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        OpenOptions::new().read(true).open(path)
    }

    /// # Errors
    /// If its folder does not exist.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    fn contents(&self) -> io::Result<&Bytes> {
        self.bytes.as_ref().ok_or_else(|| error(io::ErrorKind::IsADirectory))
    }

    /// # Errors
    /// None: memory needs no sync.
    pub fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }

    /// # Errors
    /// If it is a folder, or the length exceeds memory.
    pub fn set_len(&self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(|_| error(io::ErrorKind::OutOfMemory))?;
        self.contents()?.borrow_mut().resize(length, 0);
        with(|tree| tree.changed.insert(self.path.clone()));
        Ok(())
    }

    /// # Errors
    /// None.
    pub fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata { length: self.bytes.as_ref().map(|bytes| bytes.borrow().len() as u64) })
    }

    /// # Errors
    /// None: there is no other process.
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        Ok(())
    }
}

impl Read for File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.contents()?.borrow();
        let rest = bytes.get(self.at..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        drop(bytes);
        self.at += count;
        Ok(count)
    }
}

impl Write for File {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let mut bytes = self.contents()?.borrow_mut();
        let at = if self.appends { bytes.len() } else { self.at };
        let end = at + from.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[at..end].copy_from_slice(from);
        drop(bytes);
        self.at = end;
        with(|tree| {
            if tree.nodes.contains_key(&self.path) {
                tree.changed.insert(self.path.clone());
            }
        });
        Ok(from.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = self.contents()?.borrow().len() as u64;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => length.checked_add_signed(by),
            SeekFrom::Current(by) => (self.at as u64).checked_add_signed(by),
        };
        let at = at.ok_or_else(|| error(io::ErrorKind::InvalidInput))?;
        self.at = usize::try_from(at).map_err(|_| error(io::ErrorKind::InvalidInput))?;
        Ok(at)
    }
}

#[allow(missing_docs, clippy::len_without_is_empty, reason = "as std::fs::Metadata")]
impl Metadata {
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.length.is_none()
    }

    #[must_use]
    pub fn is_file(&self) -> bool {
        self.length.is_some()
    }

    #[must_use]
    pub fn len(&self) -> u64 {
        self.length.unwrap_or_default()
    }
}

#[allow(missing_docs, reason = "as std::fs::DirEntry")]
impl DirEntry {
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    #[must_use]
    pub fn file_name(&self) -> std::ffi::OsString {
        self.path.file_name().unwrap_or_default().to_owned()
    }
}

/// # Errors
/// If the file does not exist.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    with(|tree| tree.file(&plain(path.as_ref())).map(|bytes| bytes.borrow().clone()))
}

/// # Errors
/// If the file does not exist, or is not text.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|_| error(io::ErrorKind::InvalidData))
}

/// # Errors
/// If its folder does not exist.
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    File::create(path)?.write_all(bytes.as_ref())
}

/// # Errors
/// If something exists there already, or its folder does not.
pub fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let path = plain(path.as_ref());
    with(|tree| {
        if tree.is_folder(&path) || tree.nodes.contains_key(&path) {
            return Err(error(io::ErrorKind::AlreadyExists));
        }
        tree.needs_parent(&path)?;
        tree.nodes.insert(path, None);
        Ok(())
    })
}

/// # Errors
/// If a file is in the way.
pub fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    with(|tree| tree.add_folders(&plain(path.as_ref())))
}

/// # Errors
/// If nothing exists there.
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = plain(path.as_ref());
    with(|tree| match tree.file(&path) {
        Ok(bytes) => Ok(Metadata { length: Some(bytes.borrow().len() as u64) }),
        Err(found) if found.kind() == io::ErrorKind::IsADirectory => Ok(Metadata { length: None }),
        Err(found) => Err(found),
    })
}

/// # Errors
/// If nothing exists there.
pub fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    metadata(path)
}

/// Returns the plain path of an existing file or folder.
///
/// # Errors
/// If nothing exists there.
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    metadata(&path).map(|_| plain(path.as_ref()))
}

/// # Errors
/// If the folder does not exist.
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    let path = plain(path.as_ref());
    with(|tree| {
        if !tree.is_folder(&path) {
            let kind = tree.nodes.get(&path).map_or(io::ErrorKind::NotFound, |_| io::ErrorKind::NotADirectory);
            return Err(error(kind));
        }
        let inside = tree.nodes.keys().filter(|one| one.parent() == Some(&path));
        Ok(inside.map(|path| Ok(DirEntry { path: path.clone() })).collect::<Vec<_>>().into_iter())
    })
}

/// # Errors
/// If the file does not exist.
pub fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    let path = plain(path.as_ref());
    with(|tree| {
        tree.file(&path)?;
        tree.take(&path);
        Ok(())
    })
}

/// # Errors
/// If the folder does not exist, or is not empty.
pub fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let inside = read_dir(path.as_ref())?.count();
    if inside > 0 { Err(error(io::ErrorKind::DirectoryNotEmpty)) } else { remove_dir_all(path) }
}

/// # Errors
/// If the folder does not exist.
pub fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    let path = plain(path.as_ref());
    with(|tree| {
        if !tree.is_folder(&path) {
            let kind = tree.nodes.get(&path).map_or(io::ErrorKind::NotFound, |_| io::ErrorKind::NotADirectory);
            return Err(error(kind));
        }
        for one in tree.below(&path) {
            tree.take(&one);
        }
        Ok(())
    })
}

/// Renames: a file replaces a file; a folder needs a free name.
///
/// # Errors
/// If nothing exists there, something is in the way, or the target's folder does not exist.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (plain(from.as_ref()), plain(to.as_ref()));
    with(|tree| {
        let is_file = tree.file(&from).map(|_| true);
        let is_file = is_file.or_else(|found| if tree.is_folder(&from) { Ok(false) } else { Err(found) })?;
        tree.needs_parent(&to)?;
        if from == to {
            return Ok(());
        }
        match (is_file, tree.nodes.get(&to)) {
            (true, Some(None)) => return Err(error(io::ErrorKind::IsADirectory)),
            (false, Some(Some(_))) => return Err(error(io::ErrorKind::NotADirectory)),
            (false, Some(None)) if tree.below(&to).len() > 1 => return Err(error(io::ErrorKind::DirectoryNotEmpty)),
            (false, _) if to.starts_with(&from) => return Err(error(io::ErrorKind::InvalidInput)),
            _ => {}
        }
        for one in tree.below(&from) {
            let Some(node) = tree.take(&one) else { continue };
            let place = one.strip_prefix(&from).map_or_else(|_| to.clone(), |rest| plain(&to.join(rest)));
            if node.is_some() {
                tree.changed.insert(place.clone());
            }
            tree.nodes.insert(place, node);
        }
        Ok(())
    })
}

/// A changed file: its current bytes, or `None` if it is gone.
pub type Change = (PathBuf, Option<Vec<u8>>);

/// Returns the files that changed since the last call, in the order of their paths. Those whose names begin with a dot,
/// which are still being written, are left out.
#[must_use]
pub fn changes() -> Vec<Change> {
    let changed = with(|tree| std::mem::take(&mut tree.changed));
    as_they_are(changed.into_iter().filter(|path| !is_hidden(path)))
}

/// Returns these files with their current bytes, or `None` for those that are gone.
pub(super) fn as_they_are(paths: impl IntoIterator<Item = PathBuf>) -> Vec<Change> {
    with(|tree| {
        let bytes = |path: &PathBuf| tree.file(path).ok().map(|bytes| bytes.borrow().clone());
        paths.into_iter().map(|path| (path.clone(), bytes(&path))).collect()
    })
}

fn is_hidden(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
}

/// Writes a file, creating the folders above it, or removes it. It does not count as a change.
///
/// # Errors
/// If a folder is in its place, or a file is in the place of a folder.
pub fn put((path, bytes): Change) -> io::Result<()> {
    let path = plain(&path);
    with(|tree| {
        let Some(bytes) = bytes else {
            tree.nodes.remove(&path);
            return Ok(());
        };
        if tree.is_folder(&path) {
            return Err(error(io::ErrorKind::IsADirectory));
        }
        path.parent().map_or(Ok(()), |parent| tree.add_folders(parent))?;
        tree.nodes.insert(path, Some(Rc::new(RefCell::new(bytes))));
        Ok(())
    })
}

/// Returns all files, as changes for a receiver that has none.
#[must_use]
pub fn all() -> Vec<Change> {
    with(|tree| {
        let files = tree.nodes.iter().filter_map(|(path, node)| Some((path, node.as_ref()?)));
        files.map(|(path, bytes)| (path.clone(), Some(bytes.borrow().clone()))).collect()
    })
}
