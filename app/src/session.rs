//! A training session: the trainer steps, the run folder records, the progress shows; Ctrl-C ends it in good order.

use std::env;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use anyhow::Context as _;
use bootstride_core::config::Config;
use bootstride_core::run::{Manifest, Resumed, RunFolder};
use bootstride_core::train::{Evaluation, Event, Phase, Trainer};
use pollster::block_on;

use crate::device::{Selection, among_workers, select};
use crate::failure::{Failure, UsageError as _, note, print};
use crate::interrupt;
use crate::progress::{Progress, duration, episodes_each, grouped, mean};

/// Starts a new run in `out`; `preset` is the size that the configuration started from.
///
/// # Errors
///
/// A usage failure for a folder that is taken; any other failure of training.
pub fn start(config: &Config, preset: &str, device: &Selection, out: &Path) -> Result<(), Failure> {
    interrupt::listen()?;
    let opened = device.open()?;
    let trainer = Trainer::new(config.clone(), &opened)?;
    let manifest = Manifest::new(config, preset, &device.choice.label, SystemTime::now(), env::args());
    let folder = RunFolder::create(out, config, &manifest).usage()?;
    Session::new(trainer, folder, config).run()
}

/// Goes on with the run in `path`, to `steps` environment steps in all and on `device` where those are given.
///
/// # Errors
///
/// A usage failure for a folder that holds no run, or no whole checkpoint; any other failure of training.
pub fn resume(path: &Path, steps: Option<usize>, device: Option<&str>) -> Result<(), Failure> {
    // The device first: asking for one that is not there must leave the run alone.
    let (mut config, _) = RunFolder::read(path).usage()?;
    config.run.steps = steps.unwrap_or(config.run.steps);
    config.run.device = device.map_or(config.run.device, Into::into);
    config.check().usage()?;
    let device = select(&config.run.device)?;
    interrupt::listen()?;
    let opened = device.open()?;

    let Resumed { folder, checkpoint, damaged, .. } = RunFolder::resume(path).usage()?;
    for one in &damaged {
        note(&format!("warning: passed over {one}"));
    }
    folder.store_config(&config)?;
    let trainer = if let Some(loaded) = &checkpoint {
        note(&format!("resuming {} after {} steps", path.display(), grouped(loaded.env_step)));
        Trainer::resume_with(config.clone(), &opened, &loaded.parts, &mut loaded.replay()?)
            .with_context(|| format!("cannot resume from {}", loaded.path.display()))
            .usage()?
    } else {
        note(&format!("{} has no checkpoint yet: starting over", path.display()));
        Trainer::new(config.clone(), &opened)?
    };
    Session::new(trainer, folder, &config).run()
}

/// How a session ended.
enum End {
    /// All steps are done.
    Finished,
    /// Ctrl-C.
    Interrupted,
}

struct Session {
    trainer: Trainer,
    folder: RunFolder,
    progress: Progress,
    /// Of the newest checkpoint that this session saved.
    saved: Option<(usize, PathBuf)>,
    evaluation: Option<Evaluation>,
}

impl Session {
    fn new(trainer: Trainer, folder: RunFolder, config: &Config) -> Self {
        let progress = Progress::new(trainer.progress().env_step, config.run.steps, config.task.action_repeat);
        Self { trainer, folder, progress, saved: None, evaluation: None }
    }

    fn run(mut self) -> Result<(), Failure> {
        note(&format!("run folder {}", self.folder.path().display()));
        let begin = Instant::now();
        let end = among_workers(|| self.train());
        self.progress.finish();
        match end? {
            End::Finished => print(&self.summary(begin.elapsed().as_secs_f64())),
            End::Interrupted => print(&self.farewell()),
        }
    }

    fn train(&mut self) -> Result<End, Failure> {
        loop {
            if interrupt::asked() {
                self.save()?;
                return Ok(End::Interrupted);
            }
            let events = match block_on(self.trainer.step()) {
                Ok(events) => events,
                Err(error) => {
                    self.progress.finish();
                    note(&self.last_good());
                    return Err(error.into());
                }
            };
            // Every event of the step first: a checkpoint counts on the records being complete.
            for event in &events {
                self.folder.record(event)?;
            }
            self.progress.events(&self.trainer.progress(), &events);
            // A run that had finished when it was taken up again has nothing more to tell.
            let mut finished = events.is_empty() && self.trainer.progress().phase == Phase::Finished;
            for event in events {
                match event {
                    Event::CheckpointDue { .. } => self.save()?,
                    Event::Evaluation(evaluation) => self.evaluation = Some(evaluation),
                    Event::Finished { .. } => finished = true,
                    _ => {}
                }
            }
            if finished {
                return Ok(End::Finished);
            }
        }
    }

    /// Saves a checkpoint, unless there is one of this very step already.
    fn save(&mut self) -> Result<(), Failure> {
        let env_step = self.trainer.progress().env_step;
        let checkpoint = block_on(self.trainer.checkpoint())?;
        let path = self.folder.save(env_step, checkpoint)?;
        self.saved = Some((env_step, path));
        Ok(())
    }

    fn last_good(&self) -> String {
        match self.folder.checkpoints().list().ok().and_then(|mut list| list.pop()) {
            Some((_, path)) => format!("the last checkpoint is kept: {}", path.display()),
            None => "no checkpoint had been saved yet".into(),
        }
    }

    fn summary(&self, seconds: f64) -> String {
        let folder = self.folder.path().display();
        let steps = grouped(self.trainer.progress().env_step);
        let mut lines = vec![format!("done: {steps} environment steps, this session took {}", duration(seconds))];
        if let Some(Evaluation { planner, network, .. }) = &self.evaluation {
            let (planner_mean, network_mean) = (mean(planner), mean(network));
            lines.push(format!(
                "mean return: planner {planner_mean:.1}, policy {network_mean:.1} ({})",
                episodes_each(planner.len())
            ));
        }
        lines.push(format!("run folder:  {folder}"));
        lines.push(format!("evaluate it: bootstride eval {folder}"));
        lines.join("\n") + "\n"
    }

    fn farewell(&self) -> String {
        let steps = self.saved.as_ref().map_or(0, |(step, _)| *step);
        let folder = self.folder.path().display();
        format!(
            "stopped after {} environment steps, checkpoint saved\ngo on with: bootstride train --resume {folder}\n",
            grouped(steps)
        )
    }
}
