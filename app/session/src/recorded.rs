//! A trainer together with its run folder, as used by the command line and the lab.

use std::path::{Path, PathBuf};
use std::{env, io};

use anyhow::Context as _;
use bootstride_core::agent::AgentError;
use bootstride_core::config::Config;
use bootstride_core::run::{Manifest, Prepared, RunFolder};
use bootstride_core::shell::quote_path;
use bootstride_core::train::{Event, StepObserver, TrainError, Trainer};
use bootstride_core::vfs;
use burn::tensor::Device;

use crate::clock::now;
use crate::failure::{Failure, UsageError as _};

/// The name of the folder of all runs.
pub const ROOT: &str = "runs";

/// A run recorded in a folder: every event is recorded and every due checkpoint is saved.
pub struct RecordedRun {
    /// The trainer.
    pub trainer: Trainer,
    folder: RunFolder,
    /// Environment steps and path of the newest checkpoint saved since the run was opened.
    saved: Option<(usize, PathBuf)>,
}

/// A run that is ready to resume: its trainer has the state of the newest intact checkpoint. Its folder is still
/// unchanged.
pub struct Ready {
    trainer: Trainer,
    prepared: Prepared,
}

impl Ready {
    /// Returns the environment steps of the checkpoint; `None` if there was none and the run starts over.
    #[must_use]
    pub fn env_step(&self) -> Option<usize> {
        self.prepared.checkpoint.as_ref().map(|loaded| loaded.env_step)
    }

    /// Returns a message for each damaged checkpoint that was skipped.
    pub fn damaged(&self) -> impl Iterator<Item = String> {
        self.prepared.damaged.iter().map(|one| format!("skipped a damaged checkpoint: {one}"))
    }

    /// Returns the environment steps done if the run has already reached the configured total, otherwise `None`.
    #[must_use]
    pub fn has_nothing_to_do(&self) -> Option<usize> {
        let (done, asked) = (self.trainer.progress().env_step, self.trainer.config().run.steps);
        let is_beyond = asked < self.prepared.config.run.steps && asked < done;
        (self.trainer.is_finished() || is_beyond).then_some(done)
    }

    /// Returns the events recorded up to the checkpoint, oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn past(&self) -> Result<Vec<Event>, Failure> {
        Ok(self.prepared.past()?)
    }

    /// Resumes the run; the folder is changed only now. Records changed settings that affect learning.
    ///
    /// # Errors
    /// If the folder cannot be written; it is then unchanged.
    pub fn take_up(self) -> Result<RecordedRun, Failure> {
        let Self { trainer, prepared } = self;
        let differences = prepared.config.differences(trainer.config()).into_iter();
        let changed = differences.filter(|(key, ..)| !key.starts_with("run."));
        let changed: Vec<String> = changed.map(|(key, old, new)| format!("{key} {old} to {new}")).collect();
        let folder = prepared.take_up(trainer.config())?.with_clock(now);
        let mut run = RecordedRun { trainer, folder, saved: None };
        if !changed.is_empty() {
            let env_step = run.trainer.progress().env_step;
            let message = format!("settings changed by hand at step {env_step}: {}", changed.join(", "));
            run.record(&Event::Warning { message })?;
        }
        Ok(run)
    }
}

impl RecordedRun {
    /// Starts a new run in `folder`. `preset` is the size preset of the configuration, `label` the name of the device,
    /// `task` the name of the task or of the custom body.
    ///
    /// # Errors
    /// Returns a usage failure for a folder that already exists, and any other failure to start.
    pub fn create(
        config: &Config,
        preset: &str,
        device: &Device,
        label: &str,
        task: &str,
        folder: NewFolder<'_>,
    ) -> Result<Self, Failure> {
        let trainer = Trainer::new(config.clone(), device)?;
        let manifest = Manifest::new(config, preset, label, now(), command_line());
        let path = match folder {
            NewFolder::Named(path) => path.into(),
            NewFolder::Below(root) => claim_folder(&default_folder(root, config, task)).usage()?,
        };
        let folder = RunFolder::create(path, config, &manifest).usage()?.with_clock(now);
        Ok(Self { trainer, folder, saved: None })
    }

    /// Returns the configuration for resuming the run in `path` with these `key=value` settings. Does not change the
    /// run.
    ///
    /// # Errors
    /// Returns a usage failure for a folder without a run, or for settings with which it cannot be resumed.
    pub fn configuration(path: &Path, settings: &[String]) -> Result<Config, Failure> {
        let (config, _) = RunFolder::read(path).usage()?;
        config.changed(settings).usage()
    }

    /// Reads the run in `path` and builds its trainer with this configuration. Does not change the run.
    ///
    /// # Errors
    /// Returns a usage failure for a folder without a run, or a checkpoint that is damaged or does not fit the
    /// configuration.
    pub fn prepare(path: &Path, config: &Config, device: &Device) -> Result<Ready, Failure> {
        let prepared = RunFolder::prepare(path).usage()?;
        let trainer = match &prepared.checkpoint {
            Some(loaded) => Trainer::resume_with(config.clone(), device, &loaded.parts, &mut loaded.replay()?)
                .with_context(|| format!("cannot resume from {}", loaded.path.display()))
                .usage()?,
            None => Trainer::new(config.clone(), device)?,
        };
        Ok(Ready { trainer, prepared })
    }

    /// Returns the run folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the environment steps and the folder of the newest checkpoint saved since the run was opened.
    #[must_use]
    pub fn saved(&self) -> Option<&(usize, PathBuf)> {
        self.saved.as_ref()
    }

    /// Runs the trainer's next step, records its events, and saves a checkpoint if one is due.
    ///
    /// # Errors
    /// If training fails or its records cannot be written.
    pub async fn step(&mut self, watch: &mut StepObserver) -> Result<Vec<Event>, Failure> {
        let events = self.trainer.step_watched(watch).await?;
        // All events of the step first: a checkpoint relies on complete records.
        for event in &events {
            self.folder.record(event)?;
        }
        if events.iter().any(|event| matches!(event, Event::CheckpointDue { .. })) {
            self.save().await?;
        }
        Ok(events)
    }

    /// Records an event from outside the trainer.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn record(&mut self, event: &Event) -> Result<(), Failure> {
        Ok(self.folder.record(event)?)
    }

    /// Writes the trainer's configuration, which may have changed during the run, into the folder.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn store_config(&self) -> Result<(), Failure> {
        Ok(self.folder.store_config(self.trainer.config())?)
    }

    /// Saves a checkpoint.
    ///
    /// # Errors
    /// If the device fails or the checkpoint cannot be written.
    pub async fn save(&mut self) -> Result<&Path, Failure> {
        let env_step = self.trainer.progress().env_step;
        let checkpoint = self.trainer.checkpoint().await?;
        let path = self.folder.save(env_step, checkpoint)?;
        Ok(&self.saved.insert((env_step, path)).1)
    }

    /// Describes which checkpoints are left after a failure.
    #[must_use]
    pub fn last_good(&self) -> String {
        let path = self.folder.path();
        if !vfs::exists(path) {
            let path = path.display();
            return format!(
                "{path} was moved or removed during training; if it was moved, its checkpoints are in the new place"
            );
        }
        match self.folder.checkpoints().list() {
            Ok(list) => match list.last() {
                Some((_, path)) => format!("the last checkpoint is kept: {}", path.display()),
                None if self.saved.is_some() => "its checkpoints were moved or removed during training".into(),
                None => "no checkpoint has been saved yet".into(),
            },
            Err(error) => format!("its checkpoints cannot be listed: {error}"),
        }
    }
}

/// Returns what to try if training diverged, as a clause; `None` after any other failure.
#[must_use]
pub fn advice(failure: &Failure, run: &RecordedRun) -> Option<String> {
    if !diverged(failure) || !vfs::exists(run.path()) {
        return None;
    }
    let (folder, rate) = (quote_path(run.path()), run.trainer.config().training.learning_rate / 3.0);
    let command = format!("bootstride train --resume {folder} --set training.learning_rate={rate:.0e}");
    Some(format!("resume from it with a smaller learning rate: {command}"))
}

/// Returns whether training diverged, that is, failed with a loss that is not finite.
#[must_use]
pub fn diverged(failure: &Failure) -> bool {
    let error = failure.error().and_then(|error| error.downcast_ref::<TrainError>());
    matches!(error, Some(TrainError::Agent(AgentError::NotFinite { .. })))
}

/// The folder of a new run.
#[derive(Clone, Copy, Debug)]
pub enum NewFolder<'a> {
    /// This folder.
    Named(&'a Path),
    /// The first unused one of `TASK/ALGORITHM-seedN`, `...-2`, `...-3` below this folder.
    Below(&'a Path),
}

/// Returns `TASK/ALGORITHM-seedN` below `root`. `task` is the name of the task or of the custom body.
fn default_folder(root: &Path, config: &Config, task: &str) -> PathBuf {
    let name = format!("{}-seed{}", plain_name(&config.algorithm.name), config.run.seed);
    root.join(plain_name(task)).join(name)
}

/// Returns the folder that a new run of `task` below `root` would currently get.
#[must_use]
pub fn free_folder(root: &Path, config: &Config, task: &str) -> PathBuf {
    let first = default_folder(root, config, task);
    let mut number = 1;
    let mut folder = first.clone();
    while vfs::exists(&folder) {
        number += 1;
        folder = numbered(&first, number);
    }
    folder
}

/// Returns the path, with `-number` appended if the number is greater than 1.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    if number > 1 {
        name.push(format!("-{number}"));
    }
    path.with_file_name(name)
}

/// Creates a new empty folder: `path`, or `path-2`, `path-3`, ... if that exists. Creation is atomic, so concurrent
/// processes get different folders.
///
/// # Errors
/// If a folder cannot be created for any reason other than that it exists.
pub fn claim_folder(path: &Path) -> anyhow::Result<PathBuf> {
    let parent = path.parent().unwrap_or(Path::new(""));
    vfs::create_dir_all(parent).with_context(|| format!("could not create {}", parent.display()))?;
    let mut number = 1;
    loop {
        let folder = numbered(path, number);
        match vfs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error).with_context(|| format!("could not create {}", folder.display())),
        }
    }
}

/// Returns the command line of this program; invalid Unicode is replaced by replacement characters.
#[must_use]
pub fn command_line() -> Vec<String> {
    env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// Returns a name that is safe for a folder; names of algorithms and bodies can contain any characters.
#[must_use]
pub fn plain_name(name: &str) -> String {
    name.replace(|letter: char| !letter.is_alphanumeric() && letter != '-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_folder_is_new_each_time_even_next_to_files_and_from_several_threads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/walker/bmpc-seed1");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "a file").unwrap();
        let claims: Vec<PathBuf> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8).map(|_| scope.spawn(|| claim_folder(&path).unwrap())).collect();
            started.into_iter().map(|claim| claim.join().unwrap()).collect()
        });
        let mut names: Vec<_> = claims.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        names.sort_unstable();
        let expected: Vec<_> = (2..10).map(|number| format!("bmpc-seed1-{number}")).collect();
        assert_eq!(names, expected);
    }
}
