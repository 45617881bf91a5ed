//! Checkpoints on disk: written so that each is either complete or absent, and verified when read.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::changes::SAVING;
use super::error::{At, Damaged, RunError};
use super::files::{beside, cleared, names, read_if_there, rename, stream_through, sum_of, sync_folder, write_through};
use crate::train::parts::{CHECKSUMS, Checksums, REPLAY, plain};
use crate::train::{Checkpoint, Damage, Parts};
use crate::vfs::{self as fs, File};

/// The folder `checkpoints` of a run, with a folder `step_000012000` for each checkpoint.
///
/// A checkpoint is written next to its final place, with `checksums.json` (size and CRC-32C of every part) as its last
/// file, flushed to disk and then renamed. What a killed process leaves halfway has a name that begins with a dot, and
/// is repaired by the next save. A damaged checkpoint that a resumed run skipped is kept under a name that ends in
/// `.damaged`, which is not a checkpoint name.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

/// An intact checkpoint. Everything but its replay buffer is read into memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its folder.
    pub path: PathBuf,
    /// Environment steps trained.
    pub env_step: usize,
    /// Its parts, as they were saved; the replay buffer stays on disk, verified.
    pub parts: Parts,
}

impl Loaded {
    /// Returns the replay buffer as it was saved, to be read in pieces; empty if none was saved.
    ///
    /// # Errors
    /// If the file can no longer be opened.
    pub fn replay(&self) -> Result<Box<dyn Read>, RunError> {
        let path = self.path.join(REPLAY);
        match File::open(&path) {
            Ok(file) => Ok(Box::new(BufReader::with_capacity(1 << 16, file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Box::new(io::empty())),
            Err(error) => Err(error).at("open", &path),
        }
    }
}

/// Prefix of a checkpoint that is being replaced by another of the same step.
const REPLACED: &str = ".replaced-";
/// Prefix of a checkpoint that is being removed.
const REMOVING: &str = ".removing-";

impl Checkpoints {
    /// Returns the checkpoints in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Returns the folders of the checkpoints with their environment steps, oldest first, intact or not.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn list(&self) -> Result<Vec<(usize, PathBuf)>, RunError> {
        let mut found = Vec::new();
        for name in names(&self.folder)? {
            // A checkpoint that was being replaced when the process was killed still counts.
            let plain = name.strip_prefix(REPLACED).unwrap_or(&name);
            let Some(step) = plain.strip_prefix("step_").and_then(|digits| digits.parse().ok()) else { continue };
            let place = self.folder.join(plain);
            if plain == name || !fs::try_exists(&place).at("access", &place)? {
                found.push((step, self.folder.join(name)));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Saves a checkpoint and then removes the oldest beyond `keep` (at least one is kept). Returns its folder. Its
    /// parts are written in pieces, so that this needs almost no memory.
    ///
    /// # Errors
    /// If a part has an invalid name or writing fails; the checkpoints saved earlier are then still there.
    pub fn save<'a>(
        &self,
        env_step: usize,
        checkpoint: impl Into<Checkpoint<'a>>,
        keep: usize,
    ) -> Result<PathBuf, RunError> {
        let checkpoint = checkpoint.into();
        checkpoint.names().try_for_each(|name| plain(name).map(drop))?;
        // Without the parent folders: a run that was moved while training must not reappear without its records.
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => created.at("create", &self.folder)?,
        }
        self.tidy()?;

        let path = self.folder.join(format!("step_{env_step:09}"));
        let temporary = beside(&path, SAVING);
        let saved = write(&temporary, env_step, &checkpoint).and_then(|()| {
            if fs::try_exists(&path).at("access", &path)? {
                // A folder cannot be renamed onto another; if interrupted between the two renames, `tidy` restores the
                // old one.
                rename(&path, &beside(&path, REPLACED))?;
            }
            rename(&temporary, &path)
        });
        if saved.is_err() {
            // An incomplete checkpoint would waste space on a full disk.
            let _ = cleared(temporary);
        }
        saved?;
        self.tidy()?;

        let all = self.list()?;
        for (_, old) in &all[..all.len().saturating_sub(keep.max(1))] {
            Self::remove(old)?;
        }
        Ok(path)
    }

    /// Returns a free name under which a damaged checkpoint is kept, one that is not a checkpoint name.
    ///
    /// # Errors
    /// If the folder cannot be accessed.
    pub(super) fn aside(&self, damaged: &Path) -> Result<PathBuf, RunError> {
        let name = damaged.file_name().unwrap_or_default().to_string_lossy();
        let first = format!("{}.damaged", name.strip_prefix(REPLACED).unwrap_or(&name));
        let mut path = self.folder.join(&first);
        let mut number = 2;
        while fs::try_exists(&path).at("access", &path)? {
            path = self.folder.join(format!("{first}-{number}"));
            number += 1;
        }
        Ok(path)
    }

    /// Returns the newest intact checkpoint, and the newer ones that are damaged, newest first.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`] if none is intact. A checkpoint that merely cannot be read, because of a missing
    /// permission or a failing disk, is not damaged: that is an error too.
    pub fn newest(&self) -> Result<(Loaded, Vec<Damaged>), RunError> {
        let mut damaged = Vec::new();
        for (_, path) in self.list()?.into_iter().rev() {
            match Self::load(&path) {
                Ok(loaded) => return Ok((loaded, damaged)),
                Err(RunError::Damaged(one)) => damaged.push(one),
                Err(error) => return Err(error),
            }
        }
        Err(RunError::NoCheckpoint { path: self.folder.clone(), damaged })
    }

    /// Opens the checkpoint in the folder `path`, such as `RUN/checkpoints/step_000012000`.
    ///
    /// # Errors
    /// [`RunError::NotARun`] if there is none, [`RunError::Damaged`] if it is damaged, or if it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Loaded, RunError> {
        let path = path.as_ref();
        if !fs::try_exists(path).at("access", path)? {
            return Err(RunError::NotARun { path: path.into(), missing: CHECKSUMS });
        }
        Self::load(path)
    }

    /// Returns the names of the parts that were saved in the checkpoint in `path`, whether or not they still exist.
    pub(super) fn saved(path: &Path) -> Result<Vec<String>, RunError> {
        let file = path.join(CHECKSUMS);
        let bytes = read_if_there(&file)?.unwrap_or_default();
        let checksums = Checksums::from_json(&bytes).map_err(|message| RunError::File { path: file, message })?;
        Ok(checksums.files.into_keys().collect())
    }

    fn load(path: &Path) -> Result<Loaded, RunError> {
        let damaged =
            |file: &str, damage| RunError::Damaged(Damaged { checkpoint: path.into(), file: file.into(), damage });
        // A missing file, or something else in its place, is damage; a file that cannot be read may be intact.
        let failed = |file: &str, error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => damaged(file, Damage::Missing),
            io::ErrorKind::IsADirectory => damaged(file, Damage::Unreadable(error.to_string())),
            _ => RunError::Io { action: "read", path: path.join(file), source: error },
        };
        let read = |file: &str| fs::read(path.join(file)).map_err(|error| failed(file, error));
        let unreadable = |message| damaged(CHECKSUMS, Damage::Unreadable(message));
        let checksums = Checksums::from_json(&read(CHECKSUMS)?).map_err(unreadable)?;
        let mut parts = Parts::default();
        for (name, sum) in &checksums.files {
            if name == REPLAY {
                let found = sum_of(&path.join(name)).map_err(|error| failed(name, error))?;
                sum.compare(found).map_err(|damage| damaged(name, damage))?;
                continue;
            }
            let bytes = read(name)?;
            sum.verify(&bytes).map_err(|damage| damaged(name, damage))?;
            parts.insert(name.clone(), bytes);
        }
        // A copy may have any name, but if it is named after a step, it must be of that step.
        let named = path.file_name().and_then(|name| name.to_str()?.strip_prefix("step_")?.parse::<usize>().ok());
        if named.is_some_and(|step| step != checksums.env_step) {
            return Err(unreadable(format!("it is of environment step {}", checksums.env_step)));
        }
        Ok(Loaded { path: path.into(), env_step: checksums.env_step, parts })
    }

    /// Repairs what a killed process left halfway.
    fn tidy(&self) -> Result<(), RunError> {
        for name in names(&self.folder)? {
            let path = self.folder.join(&name);
            match name.strip_prefix(REPLACED).map(|name| self.folder.join(name)) {
                Some(place) if !fs::try_exists(&place).at("access", &place)? => rename(&path, &place)?,
                Some(_) => _ = cleared(path)?,
                None if name.starts_with(SAVING) || name.starts_with(REMOVING) => _ = cleared(path)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Removes a checkpoint under another name, so that a half-removed one does not count as a checkpoint.
    fn remove(path: &Path) -> Result<(), RunError> {
        let away = cleared(beside(path, REMOVING))?;
        rename(path, &away)?;
        cleared(away).map(drop)
    }
}

/// Writes all parts to the new folder `path`, followed by their checksums.
fn write(path: &Path, env_step: usize, checkpoint: &Checkpoint<'_>) -> Result<(), RunError> {
    fs::create_dir(path).at("create", path)?;
    let mut sums = BTreeMap::new();
    for part in checkpoint.names() {
        let sum = stream_through(&path.join(part), |out| checkpoint.write(part, out))?;
        sums.insert(part.to_owned(), sum);
    }
    let checksums = Checksums::new(env_step, sums);
    write_through(&path.join(CHECKSUMS), checksums.to_json().as_bytes())?;
    sync_folder(path)
}
