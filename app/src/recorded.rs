//! A trainer and the folder that keeps what it does: what the command line and the lab both drive.

use std::path::{Path, PathBuf};

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
    /// Starts a new run in `out`. `preset` is the size that the configuration started from, `label` the device in words,
    /// `command` how it was asked for.
    ///
    /// # Errors
    /// A usage failure for a folder that is taken; any other failure to begin.
    pub fn create(
        config: &Config,
        preset: &str,
        device: &Device,
        label: &str,
        command: impl IntoIterator<Item = String>,
        out: &Path,
    ) -> Result<Self, Failure> {
        let trainer = Trainer::new(config.clone(), device)?;
        let manifest = Manifest::new(config, preset, label, now(), command);
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

/// `TASK/ALGORITHM-seedN` below `root`, or with -2, -3, ... where that is taken. `task` is the name of the task or of the own
/// body.
#[must_use]
pub fn free_folder(root: &Path, config: &Config, task: &str) -> PathBuf {
    let base = format!("{}-seed{}", plain_name(&config.algorithm.name), config.run.seed);
    let parent = root.join(plain_name(task));
    let mut folder = parent.join(&base);
    let mut number = 2;
    while disk::exists(&folder) {
        folder = parent.join(format!("{base}-{number}"));
        number += 1;
    }
    folder
}

/// A name as that of a folder: the names of algorithms and bodies are free, those of folders are not.
#[must_use]
pub fn plain_name(name: &str) -> String {
    name.replace(|letter: char| !letter.is_alphanumeric() && letter != '-', "_")
}
