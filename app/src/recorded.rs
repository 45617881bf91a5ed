//! A trainer and the folder that keeps what it does: what the command line and the lab both drive.

use std::path::{Path, PathBuf};
use std::{env, io};

use anyhow::Context as _;
use bootstride_core::config::Config;
use bootstride_core::disk;
use bootstride_core::run::{Manifest, Resumed, RunFolder};
use bootstride_core::train::{Event, Trainer, Watch};
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

/// Where a run was taken up.
pub struct TakenUp {
    /// The run.
    pub run: RecordedRun,
    /// Environment steps of the checkpoint; none where there was none and it starts over.
    pub env_step: Option<usize>,
    /// Damaged checkpoints that were passed over, in words.
    pub damaged: Vec<String>,
}

impl RecordedRun {
    /// Starts a new run of `task` in `out`, or else in the first of `runs/TASK/ALGORITHM-seedN`, -2, -3, ... that is free.
    /// `preset` is the size that the configuration started from, `label` the device in words, `task` the name of the task or
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
        out: Option<&Path>,
    ) -> Result<Self, Failure> {
        let trainer = Trainer::new(config.clone(), device)?;
        let manifest = Manifest::new(config, preset, label, now(), command_line());
        let out = match out {
            Some(out) => out.into(),
            None => claim_folder(&default_folder(config, task)).usage()?,
        };
        let folder = RunFolder::create(out, config, &manifest).usage()?.with_clock(now);
        Ok(Self { trainer, folder, saved: None })
    }

    /// The configuration with which the run in `path` is to go on, to `steps` environment steps in all and on `device` where
    /// those are given. Leaves the run alone.
    ///
    /// # Errors
    /// A usage failure for a folder that holds no run, or settings that it cannot go on with.
    pub fn configuration(path: &Path, steps: Option<usize>, device: Option<&str>) -> Result<Config, Failure> {
        let (mut config, _) = RunFolder::read(path).usage()?;
        config.run.steps = steps.unwrap_or(config.run.steps);
        config.run.device = device.map_or(config.run.device, Into::into);
        config.check().usage()?;
        Ok(config)
    }

    /// Takes up the run in `path` where its newest whole checkpoint was, with this configuration.
    ///
    /// # Errors
    /// A usage failure for a folder that holds no run, or no whole checkpoint; any other failure to read it.
    pub fn resume(path: &Path, config: &Config, device: &Device) -> Result<TakenUp, Failure> {
        let Resumed { folder, checkpoint, damaged, .. } = RunFolder::resume(path).usage()?;
        folder.store_config(config)?;
        let trainer = match &checkpoint {
            Some(loaded) => Trainer::resume_with(config.clone(), device, &loaded.parts, &mut loaded.replay()?)
                .with_context(|| format!("cannot resume from {}", loaded.path.display()))
                .usage()?,
            None => Trainer::new(config.clone(), device)?,
        };
        Ok(TakenUp {
            run: Self { trainer, folder: folder.with_clock(now), saved: None },
            env_step: checkpoint.map(|loaded| loaded.env_step),
            damaged: damaged.iter().map(ToString::to_string).collect(),
        })
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
    pub async fn step(&mut self, watch: &mut Watch) -> Result<Vec<Event>, Failure> {
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
        match self.folder.checkpoints().list().ok().and_then(|mut list| list.pop()) {
            Some((_, path)) => format!("the last checkpoint is kept: {}", path.display()),
            None => "no checkpoint had been saved yet".into(),
        }
    }
}

/// `runs/TASK/ALGORITHM-seedN`. `task` is the name of the task or of the own body.
fn default_folder(config: &Config, task: &str) -> PathBuf {
    // The names of an algorithm and of a body are free; that of a folder is not.
    let plain = |name: &str| name.replace(|letter: char| !letter.is_alphanumeric() && letter != '-', "_");
    let name = format!("{}-seed{}", plain(&config.algorithm.name), config.run.seed);
    Path::new("runs").join(plain(task)).join(name)
}

/// Creates an empty folder that no other process has: `path`, or with -2, -3, ... where that is taken. Creation tells, so
/// that of several processes at once each gets its own.
///
/// # Errors
/// If a folder cannot be created for another reason than that it is there.
pub fn claim_folder(path: &Path) -> anyhow::Result<PathBuf> {
    let parent = path.parent().unwrap_or(Path::new(""));
    disk::create_dir_all(parent).with_context(|| format!("could not create {}", parent.display()))?;
    let mut number = 1;
    loop {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let folder = path.with_file_name(name);
        match disk::create_dir(&folder) {
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
