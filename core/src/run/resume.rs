//! Resuming a run: first everything is read, and the folder changes only once it is certain that training can continue.

use std::path::{Path, PathBuf};

use super::changes::{Changes, tidy};
use super::checkpoints::{Checkpoints, Loaded};
use super::error::{Damaged, RunError};
use super::folder::{CHECKPOINTS, CONFIG, POSITION, Position, RunFolder, lock};
use super::manifest::Manifest;
use crate::config::Config;
use crate::train::Event;

/// A run that was read in order to be resumed, and not changed. While this lives, no other process can write to the
/// run.
///
/// Once a trainer has been built from it, which proves that the checkpoint fits the configuration and the device, call
/// [`take_up`](Self::take_up).
#[derive(Debug)]
pub struct Prepared {
    folder: RunFolder,
    changes: Changes,
    /// Its configuration.
    pub config: Config,
    /// Its manifest.
    pub manifest: Manifest,
    /// The newest intact checkpoint; `None` if the run was stopped before its first.
    pub checkpoint: Option<Loaded>,
    /// Newer checkpoints that are damaged and are skipped, newest first.
    pub damaged: Vec<Damaged>,
}

impl RunFolder {
    /// Reads a run in order to resume it from its newest intact checkpoint. Changes nothing.
    ///
    /// # Errors
    /// If the folder holds no run, is in use, has checkpoints of which none is intact or one cannot be read, has lost
    /// its checkpoints, or holds an agent for playing only.
    pub fn prepare(path: impl Into<PathBuf>) -> Result<Prepared, RunError> {
        let path = path.into();
        // A folder that is not a run's is not locked.
        Self::read(&path)?;
        Self::can_resume(&path)?;
        let lock = lock(&path)?;
        let (config, manifest) = Self::read(&path)?;
        let checkpoints = Checkpoints::new(path.join(CHECKPOINTS));
        let (checkpoint, damaged) = if checkpoints.list()?.is_empty() {
            Self::has_lost_no_checkpoints(&path, &config)?;
            (None, Vec::new())
        } else {
            let (loaded, damaged) = checkpoints.newest()?;
            (Some(loaded), damaged)
        };
        let position = match &checkpoint {
            Some(loaded) => serde_json::from_slice(loaded.parts.get(POSITION)?)
                .map_err(|error| RunError::File { path: loaded.path.join(POSITION), message: error.to_string() })?,
            None => Position::default(),
        };
        let mut changes = Changes::default();
        for Damaged { checkpoint, .. } in &damaged {
            changes.rename(checkpoint.clone(), checkpoints.aside(checkpoint)?);
        }
        let folder = Self::at(path, lock, &config, position, &mut changes)?;
        Ok(Prepared { folder, changes, config, manifest, checkpoint, damaged })
    }

    /// A run without checkpoints starts over, and so do its records. That is correct only if it had not reached its
    /// first checkpoint.
    fn has_lost_no_checkpoints(path: &Path, config: &Config) -> Result<(), RunError> {
        let every = config.run.checkpoint_every;
        let env_step = Self::past(path)?.iter().filter_map(Event::env_step).max().unwrap_or_default();
        // The step at which a checkpoint is due is recorded before the checkpoint is saved.
        if every > 0 && env_step >= every + config.task.action_repeat {
            return Err(RunError::LostCheckpoints { path: path.join(CHECKPOINTS), env_step });
        }
        Ok(())
    }
}

impl Prepared {
    /// Returns the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the events that the run recorded up to the checkpoint, oldest first.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn past(&self) -> Result<Vec<Event>, RunError> {
        RunFolder::past_until(self.folder.path(), self.folder.event_rows())
    }

    /// Resumes the run with this configuration: records after the checkpoint are removed, so that the files end up as
    /// those of an uninterrupted run, damaged checkpoints are set aside, and a configuration that differs is stored.
    ///
    /// # Errors
    /// If writing fails; then the folder is unchanged.
    pub fn take_up(self, config: &Config) -> Result<RunFolder, RunError> {
        let Self { mut folder, mut changes, .. } = self;
        // An equivalent file, with different formatting and comments, is kept.
        if *config != self.config {
            let path = folder.path().join(CONFIG);
            let text = config.to_toml().map_err(|source| RunError::Config { path: path.clone(), source })?;
            changes.write(&path, text.into_bytes())?;
        }
        changes.make()?;
        folder.keep(config.run.keep_checkpoints);
        tidy(folder.path());
        Ok(folder)
    }
}
