//! A trainer and the folder that keeps what it does: what the command line and the lab both drive.

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

/// A run that is kept in a folder: every event is recorded, every checkpoint that is due is saved.
pub struct RecordedRun {
    /// The machine.
    pub trainer: Trainer,
    folder: RunFolder,
    /// Of the newest checkpoint that was saved since it was opened.
    saved: Option<(usize, PathBuf)>,
}

/// A run that can go on: its trainer stands where its newest whole checkpoint was. Its folder was not changed yet.
pub struct Ready {
    trainer: Trainer,
    prepared: Prepared,
}

impl Ready {
    /// Environment steps of the checkpoint; `None` where there was none and it starts over.
    #[must_use]
    pub fn env_step(&self) -> Option<usize> {
        self.prepared.checkpoint.as_ref().map(|loaded| loaded.env_step)
    }

    /// Damaged checkpoints that are passed over, in words.
    pub fn damaged(&self) -> impl Iterator<Item = String> {
        self.prepared.damaged.iter().map(|one| format!("skipped a damaged checkpoint: {one}"))
    }

    /// Environment steps of a run that has done all that its configuration asks for, or more.
    #[must_use]
    pub fn has_nothing_to_do(&self) -> Option<usize> {
        let (done, asked) = (self.trainer.progress().env_step, self.trainer.config().run.steps);
        let is_beyond = asked < self.prepared.config.run.steps && asked < done;
        (self.trainer.is_finished() || is_beyond).then_some(done)
    }

    /// The events that the run has recorded up to the checkpoint, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn past(&self) -> Result<Vec<Event>, Failure> {
        Ok(self.prepared.past()?)
    }

    /// Takes the run up: only now the folder changes. What of its settings is new and shows in what it learns is recorded.
    ///
    /// # Errors
    /// When the folder cannot be written; it is as it was then.
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
    /// Starts a new run of `task` in `folder`. `preset` is the size that the configuration started from, `label` the device in words, `task` the name of the task or
    /// of the own body.
    ///
    /// # Errors
    /// A usage failure for a folder that is taken; any other failure to begin.
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

    /// The configuration with which the run in `path` is to go on, with these `key=value` settings on top. Leaves the run
    /// alone.
    ///
    /// # Errors
    /// A usage failure for a folder that holds no run, or settings that it cannot go on with.
    pub fn configuration(path: &Path, settings: &[String]) -> Result<Config, Failure> {
        let (config, _) = RunFolder::read(path).usage()?;
        config.changed(settings).usage()
    }

    /// Reads the run in `path` and builds its trainer with this configuration. Leaves the run alone.
    ///
    /// # Errors
    /// A usage failure for a folder that holds no run, no whole checkpoint, or one that does not fit the configuration.
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

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Environment steps and folder of the newest checkpoint that was saved since the run was opened.
    #[must_use]
    pub fn saved(&self) -> Option<&(usize, PathBuf)> {
        self.saved.as_ref()
    }

    /// Makes the trainer's next step, records what happened, and saves a checkpoint that is due.
    ///
    /// # Errors
    /// When training fails, or its records cannot be written.
    pub async fn step(&mut self, watch: &mut StepObserver) -> Result<Vec<Event>, Failure> {
        let events = self.trainer.step_watched(watch).await?;
        // Every event of the step first: a checkpoint counts on the records being complete.
        for event in &events {
            self.folder.record(event)?;
        }
        if events.iter().any(|event| matches!(event, Event::CheckpointDue { .. })) {
            self.save().await?;
        }
        Ok(events)
    }

    /// Records an event that did not come from the trainer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, event: &Event) -> Result<(), Failure> {
        Ok(self.folder.record(event)?)
    }

    /// Writes the trainer's configuration, which may have been changed in the run, into the folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn store_config(&self) -> Result<(), Failure> {
        Ok(self.folder.store_config(self.trainer.config())?)
    }

    /// Saves a checkpoint.
    ///
    /// # Errors
    /// When the device fails, or the checkpoint cannot be written.
    pub async fn save(&mut self) -> Result<&Path, Failure> {
        let env_step = self.trainer.progress().env_step;
        let checkpoint = self.trainer.checkpoint().await?;
        let path = self.folder.save(env_step, checkpoint)?;
        Ok(&self.saved.insert((env_step, path)).1)
    }

    /// What is left after a failure, in words.
    #[must_use]
    pub fn last_good(&self) -> String {
        let path = self.folder.path();
        if !vfs::exists(path) {
            let path = path.display();
            return format!(
                "{path} has been moved or removed while the run was training; its checkpoints are where it is now"
            );
        }
        match self.folder.checkpoints().list() {
            Ok(list) => match list.last() {
                Some((_, path)) => format!("the last checkpoint is kept: {}", path.display()),
                None if self.saved.is_some() => {
                    "its checkpoints have been moved or removed while it was training".into()
                }
                None => "no checkpoint had been saved yet".into(),
            },
            Err(error) => format!("its checkpoints cannot be listed: {error}"),
        }
    }
}

/// What to try after learning itself has failed, as an end of a sentence; `None` after any other failure.
#[must_use]
pub fn advice(failure: &Failure, run: &RecordedRun) -> Option<String> {
    if !diverged(failure) || !vfs::exists(run.path()) {
        return None;
    }
    let (folder, rate) = (quote_path(run.path()), run.trainer.config().training.learning_rate / 3.0);
    let command = format!("bootstride train --resume {folder} --set training.learning_rate={rate:.0e}");
    Some(format!("go on from it with a smaller learning rate: {command}"))
}

/// Whether learning itself failed, with a loss that is no number.
#[must_use]
pub fn diverged(failure: &Failure) -> bool {
    let error = failure.error().and_then(|error| error.downcast_ref::<TrainError>());
    matches!(error, Some(TrainError::Agent(AgentError::NotFinite { .. })))
}

/// The folder of a new run.
#[derive(Clone, Copy, Debug)]
pub enum NewFolder<'a> {
    /// This one.
    Named(&'a Path),
    /// The first of `TASK/ALGORITHM-seedN`, -2, -3, ... below this one that is free.
    Below(&'a Path),
}

/// `TASK/ALGORITHM-seedN` below `root`. `task` is the name of the task or of the own body.
fn default_folder(root: &Path, config: &Config, task: &str) -> PathBuf {
    let name = format!("{}-seed{}", plain_name(&config.algorithm.name), config.run.seed);
    root.join(plain_name(task)).join(name)
}

/// The folder that a new run of `task` below `root` would get now.
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

/// A path, with this number at its end from the second on.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    if number > 1 {
        name.push(format!("-{number}"));
    }
    path.with_file_name(name)
}

/// Creates an empty folder that no other process has: `path`, or with -2, -3, ... where that is taken. Creation tells, so
/// that of several processes at once each gets its own.
///
/// # Errors
/// If a folder cannot be created for another reason than that it is there.
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

/// The command line of this program; what is not Unicode in it comes with replacement characters.
#[must_use]
pub fn command_line() -> Vec<String> {
    env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// A name as that of a folder: the names of algorithms and bodies are free, those of folders are not.
#[must_use]
pub fn plain_name(name: &str) -> String {
    name.replace(|letter: char| !letter.is_alphanumeric() && letter != '-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_folder_is_new_each_time_also_beside_files_and_from_several_threads() {
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
