//! Checkpoints on disk: written so that each is either whole or not there, and checked when read.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::error::{At, Damaged, RunError};
use super::files::{cleared, names, read_if_there, rename, stream_through, sum_of, sync_folder, write_through};
use crate::disk::{self as fs, File};
use crate::train::parts::{CHECKSUMS, Checksums, REPLAY, plain};
use crate::train::{Checkpoint, Damage, Parts};

/// The folder `checkpoints` of a run, with a folder `step_000012000` for each checkpoint.
///
/// A checkpoint is written beside its final place, with `checksums.json` (size and CRC-32C of every part) as its last
/// file, flushed to the disk and then renamed. What a killed process leaves in the middle of that has a name that
/// begins with a dot, and is put right by the next save.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

/// A whole checkpoint. All but its replay buffer is read into memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its folder.
    pub path: PathBuf,
    /// Environment steps trained.
    pub env_step: usize,
    /// Its parts, each as it was saved; the replay buffer is left on the disk, checked.
    pub parts: Parts,
}

impl Loaded {
    /// The replay buffer as it was saved, to be read piece by piece; nothing where none was saved.
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

/// A checkpoint being written.
const SAVING: &str = ".saving-";
/// A checkpoint that makes way for another of the same step.
const REPLACED: &str = ".replaced-";
/// A checkpoint being removed.
const REMOVING: &str = ".removing-";

impl Checkpoints {
    /// The checkpoints in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folders of the checkpoints with their environment steps, oldest first, whole or not.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn list(&self) -> Result<Vec<(usize, PathBuf)>, RunError> {
        let mut found = Vec::new();
        for name in names(&self.folder)? {
            // One that was making way for another when the process was killed still stands for its step.
            let plain = name.strip_prefix(REPLACED).unwrap_or(&name);
            let stands = plain == name || !fs::exists(self.folder.join(plain));
            if let Some(step) = plain.strip_prefix("step_").and_then(|digits| digits.parse().ok()).filter(|_| stands) {
                found.push((step, self.folder.join(name)));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Saves a checkpoint and then removes the oldest beyond `keep` (at least one is kept). Returns its folder. Its parts are
    /// written piece by piece, so that this takes next to no memory.
    ///
    /// # Errors
    /// If a part has no proper name or the disk refuses; the checkpoints saved before are then still there.
    pub fn save<'a>(
        &self,
        env_step: usize,
        checkpoint: impl Into<Checkpoint<'a>>,
        keep: usize,
    ) -> Result<PathBuf, RunError> {
        let checkpoint = checkpoint.into();
        checkpoint.names().try_for_each(|name| plain(name).map(drop))?;
        fs::create_dir_all(&self.folder).at("create", &self.folder)?;
        self.tidy()?;

        let name = format!("step_{env_step:09}");
        let temporary = self.folder.join(format!("{SAVING}{name}"));
        fs::create_dir(&temporary).at("create", &temporary)?;
        let mut sums = BTreeMap::new();
        for part in checkpoint.names() {
            let sum = stream_through(&temporary.join(part), |out| checkpoint.write(part, out))?;
            sums.insert(part.to_owned(), sum);
        }
        let checksums = Checksums::new(env_step, sums);
        write_through(&temporary.join(CHECKSUMS), checksums.to_json().as_bytes())?;
        sync_folder(&temporary)?;

        let path = self.folder.join(&name);
        if fs::exists(&path) {
            // A folder cannot be renamed onto another; between the two renames, `tidy` knows the way back.
            rename(&path, &self.folder.join(format!("{REPLACED}{name}")))?;
        }
        rename(&temporary, &path)?;
        self.tidy()?;

        let all = self.list()?;
        for (_, old) in &all[..all.len().saturating_sub(keep.max(1))] {
            self.remove(old)?;
        }
        Ok(path)
    }

    /// Removes all checkpoints after `env_step`: the future of a run that is resumed there.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn discard_after(&self, env_step: usize) -> Result<(), RunError> {
        let later = self.list()?.into_iter().filter(|(step, _)| *step > env_step);
        later.into_iter().try_for_each(|(_, path)| self.remove(&path))
    }

    /// The newest whole checkpoint, and those newer ones that are damaged, newest first.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`] if none is whole.
    pub fn newest(&self) -> Result<(Loaded, Vec<Damaged>), RunError> {
        let mut damaged = Vec::new();
        for (_, path) in self.list()?.into_iter().rev() {
            match Self::load(&path) {
                Ok(loaded) => return Ok((loaded, damaged)),
                Err(one) => damaged.push(one),
            }
        }
        Err(RunError::NoCheckpoint { path: self.folder.clone(), damaged })
    }

    /// The checkpoint in the folder `path`, such as `RUN/checkpoints/step_000012000`.
    ///
    /// # Errors
    /// [`RunError::NotARun`] if there is none, [`RunError::Damaged`] if it is not whole.
    pub fn open(path: impl AsRef<Path>) -> Result<Loaded, RunError> {
        let path = path.as_ref();
        if !fs::is_dir(path) {
            return Err(RunError::NotARun { path: path.into(), missing: CHECKSUMS });
        }
        Self::load(path).map_err(RunError::Damaged)
    }

    /// The names of the parts that were saved in the checkpoint in `path`, whether or not they are still there.
    pub(super) fn saved(path: &Path) -> Result<Vec<String>, RunError> {
        let file = path.join(CHECKSUMS);
        let bytes = read_if_there(&file)?.unwrap_or_default();
        let checksums = Checksums::from_json(&bytes).map_err(|message| RunError::File { path: file, message })?;
        Ok(checksums.files.into_keys().collect())
    }

    fn load(path: &Path) -> Result<Loaded, Damaged> {
        let damaged = |file: &str, damage| Damaged { checkpoint: path.into(), file: file.into(), damage };
        let read = |file: &str| match read_if_there(&path.join(file)) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(damaged(file, Damage::Missing)),
            Err(error) => Err(damaged(file, Damage::Unreadable(error.to_string()))),
        };
        let unreadable = |message| damaged(CHECKSUMS, Damage::Unreadable(message));
        let checksums = Checksums::from_json(&read(CHECKSUMS)?).map_err(unreadable)?;
        let mut parts = Parts::default();
        for (name, sum) in &checksums.files {
            if name == REPLAY {
                let found = sum_of(&path.join(name)).map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => damaged(name, Damage::Missing),
                    _ => damaged(name, Damage::Unreadable(error.to_string())),
                })?;
                sum.compare(found).map_err(|damage| damaged(name, damage))?;
                continue;
            }
            let bytes = read(name)?;
            sum.verify(&bytes).map_err(|damage| damaged(name, damage))?;
            parts.insert(name.clone(), bytes);
        }
        // A copy may have any name; one that is named after a step is of that step.
        let named = path.file_name().and_then(|name| name.to_str()?.strip_prefix("step_")?.parse::<usize>().ok());
        if named.is_some_and(|step| step != checksums.env_step) {
            return Err(unreadable(format!("it is of environment step {}", checksums.env_step)));
        }
        Ok(Loaded { path: path.into(), env_step: checksums.env_step, parts })
    }

    /// Puts right what a killed process left in the middle.
    pub(super) fn tidy(&self) -> Result<(), RunError> {
        for name in names(&self.folder)? {
            let path = self.folder.join(&name);
            match name.strip_prefix(REPLACED).map(|name| self.folder.join(name)) {
                Some(place) if !fs::exists(&place) => rename(&path, &place)?,
                Some(_) => _ = cleared(path)?,
                None if name.starts_with(SAVING) || name.starts_with(REMOVING) => _ = cleared(path)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Removes a checkpoint under another name, so that no half of it is taken for one.
    fn remove(&self, path: &Path) -> Result<(), RunError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let away = cleared(self.folder.join(format!("{REMOVING}{name}")))?;
        rename(path, &away)?;
        cleared(away).map(drop)
    }
}
