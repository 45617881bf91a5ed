//! A training session: steps the trainer, records the run, shows progress, and stops with a checkpoint on Ctrl-C.

use std::path::Path;
use std::time::Instant;

use bootstride_core::config::Config;
use bootstride_core::shell::quote_path;
use bootstride_core::task::{TaskInfo, configured_task};
use bootstride_core::train::{Evaluation, Event, Phase, StepObserver};
use bootstride_session::device::{Chosen, Selection, among_workers, select};
use bootstride_session::failure::{Failure, UsageError as _, note, print, print_report};
use bootstride_session::hardware::{memory, threads};
use bootstride_session::interrupt;
use bootstride_session::recorded::{NewFolder, RecordedRun, advice};
use pollster::block_on;

use crate::cost::Cost;
use crate::progress::{Progress, duration, episodes_each, grouped, mean, settled};

/// Starts a new run in `folder`; `preset` is the size preset of the configuration.
///
/// # Errors
///
/// Returns a usage failure for a folder that already exists or a configuration that does not fit into memory, and any
/// other failure of training.
pub fn start(config: &Config, preset: &str, device: &Selection, folder: NewFolder<'_>) -> Result<(), Failure> {
    let task = fitting(config, device)?;
    interrupt::listen()?;
    let opened = block_on(device.open())?;
    TrainingRun::new(RecordedRun::create(config, preset, &opened, &device.choice.label, task.name, folder)?).run()
}

/// Resumes the run in `path`, with these `key=value` settings overriding its own.
///
/// # Errors
///
/// Returns a usage failure for a folder without a run, a run without an intact checkpoint or settings that cannot
/// change, and any other failure of training.
pub fn resume(path: &Path, settings: &[String]) -> Result<(), Failure> {
    // The device first: a request for one that does not exist must not change the run.
    let config = RecordedRun::configuration(path, settings)?;
    let device = block_on(select(&config.run.device))?;
    fitting(&config, &device)?;
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
    TrainingRun::new(ready.take_up()?).run()
}

fn nothing_to_do(path: &Path, done: usize, asked: usize) -> String {
    let (place, quoted, steps) = (path.display(), quote_path(path), grouped(done));
    let why = if asked < done {
        format!(
            "nothing to do: {place} already has {steps} environment steps, and the requested total is {}",
            grouped(asked)
        )
    } else {
        format!("nothing to do: the run is complete after {steps} environment steps")
    };
    format!("{why}; nothing was changed\nto train it for longer: bootstride train --resume {quoted} --steps N\n")
}

/// Returns the task if training it fits into memory. Warns if a step of training may take very long.
#[allow(clippy::cast_precision_loss, reason = "a rough time")]
fn fitting(config: &Config, device: &Selection) -> Result<TaskInfo, Failure> {
    let task = configured_task(&config.task).usage()?;
    let on_gpu = device.choice.chosen != Chosen::Cpu;
    memory::check(config, &task, on_gpu).usage()?;
    let seconds = Cost::new(config, &task).longest_step() / (RATE * threads() as f64);
    if !on_gpu && seconds > LONG {
        note(&format!(
            "warning: with these settings a step of training may take {} on this computer, and Ctrl-C takes effect \
             only between steps; a second Ctrl-C stops immediately, without a checkpoint",
            duration(seconds)
        ));
    }
    Ok(task)
}

/// Approximate floating-point operations per second of one thread.
const RATE: f64 = 5e10;
/// Length of a decision above which to warn, s.
const LONG: f64 = 60.0;

/// How a session ended.
enum End {
    /// All steps are done.
    Finished,
    /// Stopped by a signal.
    Interrupted,
}

struct TrainingRun {
    run: RecordedRun,
    progress: Progress,
    evaluation: Option<Evaluation>,
}

impl TrainingRun {
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
            End::Finished => self.report(&self.summary(begin.elapsed().as_secs_f64())),
            End::Interrupted => {
                // If the terminal has closed, the message cannot be printed.
                let _ = self.report(&self.farewell());
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
            let events = match block_on(self.run.step(&mut StepObserver::default())) {
                Ok(events) => events,
                Err(error) => return Err(self.failed(error)),
            };
            let progress = self.run.trainer.progress();
            self.progress.events(&progress, &events);
            // A run that had already finished when it was resumed emits no further events.
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

    /// Reports what is left after a failure and how to continue.
    fn failed(&self, failure: Failure) -> Failure {
        self.progress.finish();
        note(&self.run.last_good());
        if let Some(advice) = advice(&failure, &self.run) {
            note(&advice);
        }
        failure
    }

    fn report(&self, text: &str) -> Result<(), Failure> {
        print_report(text, &format!("the run is saved in {}", self.run.path().display()))
    }

    fn summary(&self, seconds: f64) -> String {
        let folder = self.run.path().display();
        let steps = grouped(self.run.trainer.progress().env_step);
        let mut lines = vec![format!("done: {steps} environment steps, this session took {}", duration(seconds))];
        if let Some(Evaluation { planner, network, .. }) = &self.evaluation {
            let (planner_mean, network_mean) = (mean(planner), mean(network));
            lines.push(format!(
                "mean return: planner {:.1}, policy {:.1} ({})",
                settled(planner_mean, 1),
                settled(network_mean, 1),
                episodes_each(planner.len())
            ));
        }
        lines.push(format!("run folder:  {folder}"));
        lines.push(format!("evaluate it: bootstride eval {}", quote_path(self.run.path())));
        lines.join("\n") + "\n"
    }

    fn farewell(&self) -> String {
        let steps = self.run.saved().map_or(0, |(step, _)| *step);
        let folder = quote_path(self.run.path());
        format!(
            "stopped after {} environment steps, checkpoint saved\nresume with: bootstride train --resume {folder}\n",
            grouped(steps)
        )
    }
}
