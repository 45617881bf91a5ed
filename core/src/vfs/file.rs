//! Open files.

use std::fs::TryLockError;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Metadata, check, system};

/// An open file; the counterpart of `std::fs::File`.
#[derive(Debug)]
pub struct File {
    inner: system::File,
    path: PathBuf,
}

/// Options for opening a file; the counterpart of `std::fs::OpenOptions`.
#[derive(Clone, Debug)]
pub struct OpenOptions(system::OpenOptions);

impl Default for OpenOptions {
    fn default() -> Self {
        Self(system::OpenOptions::new())
    }
}

#[allow(missing_docs, reason = "as std::fs::OpenOptions")]
impl OpenOptions {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub fn read(&mut self, read: bool) -> &mut Self {
        self.0.read(read);
        self
    }

    pub fn write(&mut self, write: bool) -> &mut Self {
        self.0.write(write);
        self
    }

    pub fn append(&mut self, append: bool) -> &mut Self {
        self.0.append(append);
        self
    }

    pub fn create(&mut self, create: bool) -> &mut Self {
        self.0.create(create);
        self
    }

    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.0.create_new(create_new);
        self
    }

    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.0.truncate(truncate);
        self
    }

    /// # Errors
    /// Same as the operating system.
    pub fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let path = path.as_ref();
        check("open", path)?;
        Ok(File { inner: self.0.open(path)?, path: path.into() })
    }
}

#[allow(missing_docs, reason = "as std::fs::File")]
impl File {
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// # Errors
    /// Same as the operating system.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        OpenOptions::new().read(true).open(path)
    }

    /// # Errors
    /// Same as the operating system.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    /// # Errors
    /// Same as the operating system.
    pub fn sync_all(&self) -> io::Result<()> {
        check("sync", &self.path)?;
        self.inner.sync_all()
    }

    /// # Errors
    /// Same as the operating system.
    pub fn metadata(&self) -> io::Result<Metadata> {
        check("access", &self.path)?;
        self.inner.metadata()
    }

    /// # Errors
    /// If another process holds it, or the file system has no locks.
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        self.inner.try_lock()
    }
}

impl Read for File {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        check("read", &self.path)?;
        self.inner.read(out)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(error) = check("write", &self.path) {
            // As on a disk that becomes full: a part of it is written.
            self.inner.write_all(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
