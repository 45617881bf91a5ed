//! A training session: the trainer steps, the run folder records, the progress shows; Ctrl-C ends it in good order.

use std::env;
use std::path::Path;
use std::time::Instant;

use bootstride_core::config::Config;
use bootstride_core::train::{Evaluation, Event, Phase, Watch};
use pollster::block_on;

use crate::device::{Selection, among_workers, select};
use crate::failure::{Failure, note, print};
use crate::interrupt;
use crate::progress::{Progress, duration, episodes_each, grouped, mean};
use crate::recorded::{RecordedRun, TakenUp};

/// Starts a new run in `out`; `preset` is the size that the configuration started from.
///
/// # Errors
///
/// A usage failure for a folder that is taken; any other failure of training.
pub fn start(config: &Config, preset: &str, device: &Selection, out: &Path) -> Result<(), Failure> {
    interrupt::listen()?;
    let opened = block_on(device.open())?;
    Session::new(RecordedRun::create(config, preset, &opened, &device.choice.label, env::args(), out)?).run()
}

/// Goes on with the run in `path`, to `steps` environment steps in all and on `device` where those are given.
///
/// # Errors
///
/// A usage failure for a folder that holds no run, or no whole checkpoint; any other failure of training.
pub fn resume(path: &Path, steps: Option<usize>, device: Option<&str>) -> Result<(), Failure> {
    // The device first: asking for one that is not there must leave the run alone.
    let config = RecordedRun::configuration(path, steps, device)?;
    let device = block_on(select(&config.run.device))?;
    interrupt::listen()?;
    let opened = block_on(device.open())?;

    let TakenUp { run, env_step, damaged } = RecordedRun::resume(path, &config, &opened)?;
    for one in &damaged {
        note(&format!("warning: passed over {one}"));
    }
    match env_step {
        Some(env_step) => note(&format!("resuming {} after {} steps", path.display(), grouped(env_step))),
        None => note(&format!("{} has no checkpoint yet: starting over", path.display())),
    }
    Session::new(run).run()
}

/// How a session ended.
enum End {
    /// All steps are done.
    Finished,
    /// Ctrl-C.
    Interrupted,
}

struct Session {
    run: RecordedRun,
    progress: Progress,
    evaluation: Option<Evaluation>,
}

impl Session {
    fn new(run: RecordedRun) -> Self {
        let config = run.trainer.config();
        let progress = Progress::new(run.trainer.progress().env_step, config.run.steps, config.task.action_repeat);
        Self { run, progress, evaluation: None }
    }

    fn run(mut self) -> Result<(), Failure> {
        note(&format!("run folder {}", self.run.path().display()));
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
                block_on(self.run.save())?;
                return Ok(End::Interrupted);
            }
            let events = match block_on(self.run.step(&mut Watch::default())) {
                Ok(events) => events,
                Err(error) => {
                    self.progress.finish();
                    note(&self.run.last_good());
                    return Err(error);
                }
            };
            let progress = self.run.trainer.progress();
            self.progress.events(&progress, &events);
            // A run that had finished when it was taken up again has nothing more to tell.
            let mut finished = events.is_empty() && progress.phase == Phase::Finished;
            for event in events {
                match event {
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

    fn summary(&self, seconds: f64) -> String {
        let folder = self.run.path().display();
        let steps = grouped(self.run.trainer.progress().env_step);
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
        let steps = self.run.saved().map_or(0, |(step, _)| *step);
        let folder = self.run.path().display();
        format!(
            "stopped after {} environment steps, checkpoint saved\ngo on with: bootstride train --resume {folder}\n",
            grouped(steps)
        )
    }
}
