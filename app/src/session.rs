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
use crate::recorded::{RecordedRun, advice};

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

/// Goes on with the run in `path`, with these `key=value` settings on top of its own.
///
/// # Errors
///
/// A usage failure for a folder that holds no run, no whole checkpoint or settings that cannot change; any other failure of
/// training.
pub fn resume(path: &Path, settings: &[String]) -> Result<(), Failure> {
    // The device first: asking for one that is not there must leave the run alone.
    let config = RecordedRun::configuration(path, settings)?;
    let device = block_on(select(&config.run.device))?;
    interrupt::listen()?;
    let opened = block_on(device.open())?;

    let ready = RecordedRun::prepare(path, &config, &opened)?;
    ready.damaged().for_each(|one| note(&format!("warning: {one}")));
    if let Some(done) = ready.has_nothing_to_do() {
        return print(&nothing_to_do(path, done, config.run.steps));
    }
    let place = path.display();
    match ready.env_step() {
        Some(env_step) => note(&format!("resuming {place} after {} steps", grouped(env_step))),
        None => note(&format!("{place} has no checkpoint yet: starting over")),
    }
    Session::new(ready.take_up()?).run()
}

fn nothing_to_do(path: &Path, done: usize, asked: usize) -> String {
    let (place, steps) = (path.display(), grouped(done));
    let why = if asked < done {
        format!("nothing to do: {place} has {steps} environment steps, and {} in all are asked for", grouped(asked))
    } else {
        format!("nothing to do, the run is done: {steps} environment steps")
    };
    format!("{why}; nothing was changed\ntrain it for longer: bootstride train --resume {place} --steps N\n")
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
            End::Interrupted => {
                // A terminal that has closed takes no farewell.
                let _ = print(&self.farewell());
                interrupt::ended()
            }
        }
    }

    fn train(&mut self) -> Result<End, Failure> {
        loop {
            if interrupt::asked() {
                return match block_on(self.run.save()) {
                    Ok(_) => Ok(End::Interrupted),
                    Err(error) => Err(self.failed(error)),
                };
            }
            let events = match block_on(self.run.step(&mut Watch::default())) {
                Ok(events) => events,
                Err(error) => return Err(self.failed(error)),
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

    /// Says what is left after a failure, and how to go on.
    fn failed(&self, failure: Failure) -> Failure {
        self.progress.finish();
        note(&self.run.last_good());
        if let Some(advice) = advice(&failure, &self.run) {
            note(&advice);
        }
        failure
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
