//! The session: handles commands and advances step by step.

use std::path::{Path, PathBuf};

use bootstride_core::train::{Event, StepObserver};

use super::open::{Open, Source, in_words};
use super::rates::RateMeter;
use super::subscription::Subscription;
use crate::failure::Failure;
use crate::message::{Activity, Agent, Command, ExpertAges, Level, Notice, Status, Update};
use crate::recorded::{NewFolder, ROOT};

/// Seconds between updates of the expert ages: counting scans the whole replay buffer.
const AGES_EVERY_SECONDS: f64 = 2.0;
/// Bounds of the age classes, in updates.
const AGE_BOUNDS: [u64; 5] = [500, 1_000, 2_000, 5_000, 10_000];
/// Seconds between checkpoints of a run on a GPU, in addition to the configured ones: a lost device loses no more than
/// that.
const GPU_SAVE_SECONDS: f64 = 120.0;

/// When to call [`Session::advance`] again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Work {
    /// Only after a command.
    #[default]
    None,
    /// As soon as possible.
    Now,
    /// After this many seconds.
    After(f64),
}

/// Trains or plays, one step per call, and answers queries.
pub struct Session {
    clock: fn() -> f64,
    /// The folder for new runs without a folder of their own.
    root: PathBuf,
    pub(super) open: Option<Open>,
    pub(super) activity: Activity,
    /// Whether a single decision was requested.
    single: bool,
    pace: Option<f32>,
    due: f64,
    attention: Subscription,
    meter: RateMeter,
    ages: (f64, ExpertAges),
    saved_at: f64,
    /// Seconds between additional checkpoints of any run.
    save_seconds: Option<f64>,
    outbox: Update,
    pub(super) changed: bool,
    #[cfg(test)]
    pub(super) lose_device: bool,
}

impl Session {
    /// Creates a session with nothing open. `clock` returns seconds since an arbitrary origin.
    #[must_use]
    pub fn new(clock: fn() -> f64) -> Self {
        Self {
            clock,
            root: ROOT.into(),
            open: None,
            activity: Activity::Idle,
            single: false,
            pace: None,
            due: 0.0,
            attention: Subscription::default(),
            meter: RateMeter::default(),
            ages: (f64::NEG_INFINITY, ExpertAges::default()),
            saved_at: 0.0,
            save_seconds: None,
            outbox: Update::default(),
            changed: true,
            #[cfg(test)]
            lose_device: false,
        }
    }

    /// Sets the folder for new runs that are given none; by default `runs` in the working folder.
    #[must_use]
    pub fn with_root(self, root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), ..self }
    }

    /// Makes the session save a run in training at this interval, in seconds, in addition to the configured
    /// checkpoints, so that a process that may be terminated at any time loses no more than that.
    #[must_use]
    pub fn saving_every(self, seconds: f64) -> Self {
        Self { save_seconds: Some(seconds), ..self }
    }

    /// Returns everything to report since the last call; `None` if nothing has changed.
    pub fn take_update(&mut self) -> Option<Update> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut update = std::mem::take(&mut self.outbox);
        update.status = self.status();
        Some(update)
    }

    fn status(&mut self) -> Status {
        let now = (self.clock)();
        let rates = self.meter.rates(now);
        let Some(open) = &self.open else { return Status { activity: self.activity.clone(), ..Status::default() } };
        let (env_step, total) = open.env_steps();
        if let Source::Run(run) = &open.source
            && now - self.ages.0 >= AGES_EVERY_SECONDS
        {
            let ages = run.trainer.replay().expert_ages(open.updates(), &AGE_BOUNDS);
            self.ages = (now, ExpertAges { histogram: ages.histogram, reanalyzed: ages.reanalyzed });
        }
        Status {
            activity: self.activity.clone(),
            stage: open.stage(),
            config: Some(Box::new(open.config().clone())),
            folder: Some(open.folder.clone()),
            device: open.label.clone(),
            device_reason: open.reason.clone(),
            on_gpu: open.on_gpu,
            env_step,
            total,
            updates: open.updates(),
            evaluated: match &open.source {
                Source::Run(run) => run.trainer.progress().evaluated,
                Source::Player(_) => None,
            },
            rates,
            experts: self.ages.1.clone(),
        }
    }

    pub(super) fn tell(&mut self, level: Level, text: impl Into<String>) {
        self.outbox.notices.push(Notice { level, text: text.into() });
    }

    /// Prepares for a command, and returns whether to report that first: opening takes a while on a GPU.
    pub fn announce(&mut self, command: &Command) -> bool {
        if command.opens() {
            (self.activity, self.changed) = (Activity::Opening, true);
        }
        command.opens()
    }

    /// Executes a command. Errors are reported in a notice.
    pub async fn handle(&mut self, command: Command) {
        self.changed = true;
        if let Err(failure) = self.carry_out(command).await {
            self.tell(Level::Bad, in_words(&failure));
        }
        if self.activity == Activity::Opening {
            // There is nothing to open.
            self.activity = Activity::Idle;
        }
    }

    async fn carry_out(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Train { config, preset, folder } => {
                self.close().await;
                let root = self.root.clone();
                let folder =
                    folder.as_deref().map_or(NewFolder::Below(&root), |name| NewFolder::Named(Path::new(name)));
                self.opening(async |notices| Open::start(&config, &preset, folder, notices).await).await?;
            }
            Command::Resume { folder, steps } => {
                self.close().await;
                let settings: Vec<String> = steps.map(|steps| format!("run.steps={steps}")).into_iter().collect();
                self.opening(async |notices| Open::resume(&folder, &settings, notices).await).await?;
            }
            Command::Watch { agent, seed, planner } => {
                let folder = match agent {
                    Agent::Folder(folder) => folder,
                    Agent::Present => {
                        let folder = self.open.as_ref().map(|open| open.folder.clone());
                        folder.ok_or_else(|| anyhow::anyhow!("no agent is open: start a run or open one"))?
                    }
                };
                self.close().await;
                self.opening(async |notices| Open::agent(&folder, seed, planner, notices).await).await?;
            }
            Command::Run => self.run(false),
            Command::Step => self.run(true),
            Command::Pause => {
                if self.activity == Activity::Running {
                    self.activity = Activity::Paused;
                    self.meter.restart();
                }
            }
            Command::Stop => self.close().await,
            Command::Save => self.save(true).await?,
            Command::Keep => self.save(false).await?,
            Command::SetPlanner(planner) => {
                if let Some(open) = &mut self.open {
                    open.set_planner(*planner)?;
                }
            }
            Command::SetPace(pace) => self.pace = pace.filter(|pace| *pace > 0.0),
            Command::Subscribe { options, every_seconds } => self.attention.attend(options, every_seconds),
            Command::Inspect { decision, options } => {
                if let Some(open) = &mut self.open {
                    let analysis = Subscription::inspect(open, &decision, options).await?;
                    self.outbox.inspected.push(analysis);
                }
            }
            Command::WhatIf { decision, cases } => {
                if let Some(open) = &mut self.open {
                    let outcomes = Subscription::what_if(open, &decision, cases, self.clock).await?;
                    self.outbox.outcomes.push((decision.number, outcomes));
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, single: bool) {
        if self.open.is_none() {
            self.tell(Level::Info, "There is nothing to run yet: start a run or open one.");
        } else if self.activity != Activity::Finished {
            (self.activity, self.single) = (Activity::Running, single);
            self.due = (self.clock)();
            self.meter.restart();
        }
    }

    /// Opens a run or agent, paused.
    pub(super) async fn opening(
        &mut self,
        open: impl AsyncFnOnce(&mut Vec<Notice>) -> Result<Open, Failure>,
    ) -> Result<(), Failure> {
        let mut notices = Vec::new();
        let opened = open(&mut notices).await;
        self.outbox.notices.append(&mut notices);
        let mut opened = opened?;
        let notices = std::mem::take(&mut self.outbox.notices);
        let events = std::mem::take(&mut opened.past);
        self.outbox = Update { opened: true, events, notices, ..Update::default() };
        self.open = Some(opened);
        self.activity = Activity::Paused;
        self.single = false;
        self.attention.restart();
        self.meter = RateMeter::default();
        self.ages = (f64::NEG_INFINITY, ExpertAges::default());
        self.saved_at = (self.clock)();
        Ok(())
    }

    /// Saves and closes the open run or agent.
    pub async fn close(&mut self) {
        self.changed = true;
        if let Err(failure) = self.save(false).await {
            self.tell(Level::Bad, format!("The run could not be saved: {}", in_words(&failure)));
        }
        self.open = None;
        self.activity = Activity::Idle;
        self.single = false;
    }

    /// Saves a checkpoint of a run unless there is one of this step. With `asked`, its path is always reported.
    async fn save(&mut self, asked: bool) -> Result<(), Failure> {
        self.saved_at = (self.clock)();
        let Some(Open { source: Source::Run(run), .. }) = &mut self.open else {
            if asked {
                self.tell(Level::Info, "There is no run to save.");
            }
            return Ok(());
        };
        let env_step = run.trainer.progress().env_step;
        let there = run.saved().is_some_and(|(step, _)| *step == env_step);
        if !there && (asked || env_step > 0) {
            run.save().await?;
        }
        if asked && let Some((env_step, path)) = run.saved() {
            let text = format!("Saved {} after {env_step} steps.", path.display());
            self.tell(Level::Good, text);
        }
        Ok(())
    }

    /// Performs the next unit of work, and returns when there is more.
    pub async fn advance(&mut self) -> Work {
        if self.activity != Activity::Running {
            return Work::None;
        }
        let now = (self.clock)();
        if self.pace.is_some() && now < self.due {
            return Work::After(self.due - now);
        }
        self.changed = true;
        match self.step(now).await {
            Ok(()) if self.activity == Activity::Running => Work::Now,
            Ok(()) => Work::None,
            Err(failure) => {
                self.lost(&failure).await;
                Work::Now
            }
        }
    }

    async fn step(&mut self, now: f64) -> Result<(), Failure> {
        #[cfg(test)]
        if std::mem::take(&mut self.lose_device) {
            return Err(anyhow::anyhow!("the device was lost").into());
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let mut watch = StepObserver { record: true, clock: Some(self.clock), ..StepObserver::default() };
        let leisure = self.single || self.pace.is_some();
        watch.trace = self.attention.wants_trace(now, leisure);
        let events = open.step(&mut watch).await?;
        let seconds =
            open.spare.world().control_timestep() * f64::from(u32::try_from(open.spare.action_repeat()).unwrap_or(1));
        let decided = watch.decision.is_some();
        let count = u32::try_from(watch.decisions).unwrap_or(u32::MAX);
        self.meter.count(&watch.times, watch.decisions, f64::from(count) * seconds);

        let begin = (self.clock)();
        let analysis = self.attention.observe(open, &watch, self.clock, leisure).await?;
        self.meter.count_inspect((self.clock)() - begin);
        self.outbox.analyses.extend(analysis);
        self.outbox.decisions.extend(watch.decision.take());
        for event in &events {
            match event {
                Event::Finished { env_step } => {
                    self.activity = Activity::Finished;
                    let text = format!("Done: {env_step} environment steps. The run is saved in {}.", open.folder);
                    self.outbox.notices.push(Notice { level: Level::Good, text });
                }
                Event::Warning { message } => {
                    self.outbox.notices.push(Notice { level: Level::Info, text: message.clone() });
                }
                _ => {}
            }
        }
        // A run that was already finished when it was resumed does not report its end again.
        if let Source::Run(run) = &open.source
            && run.trainer.is_finished()
            && self.activity == Activity::Running
        {
            self.activity = Activity::Finished;
            let (done, _) = open.env_steps();
            let text = format!("Nothing to do: {} has done its {done} environment steps.", open.folder);
            self.outbox.notices.push(Notice { level: Level::Info, text });
        }
        self.outbox.events.extend(events.into_iter().filter(|event| !matches!(event, Event::Step { .. })));
        let save_seconds = self.save_seconds.or(open.on_gpu.then_some(GPU_SAVE_SECONDS));
        let save = save_seconds.is_some_and(|seconds| now - self.saved_at >= seconds);
        if decided {
            if std::mem::take(&mut self.single) && self.activity == Activity::Running {
                self.activity = Activity::Paused;
            }
            if let Some(pace) = self.pace {
                // Without catching up: after a stall the pace stays the same.
                self.due = (self.due + 1.0 / f64::from(pace)).max(now);
            }
        }
        if save {
            self.save(false).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bootstride_core::config::Layers;
    use pollster::block_on;

    use super::*;
    use crate::seconds;

    /// Returns a session that has trained for ten decisions, saved after five of them, as if on a GPU.
    fn on_gpu(folder: &std::path::Path) -> Session {
        let settings = ["task.name=pendulum-swingup", "run.device=cpu", "run.steps=100", "run.evaluate_every=0"];
        let layers = Layers::new().size_preset("tiny").unwrap();
        let config = settings.iter().fold(layers, |layers, setting| layers.set(setting).unwrap()).resolve().unwrap();
        let mut engine = Session::new(seconds);
        let folder = Some(folder.join("run").display().to_string());
        block_on(engine.handle(Command::Train { config: Box::new(config), preset: "tiny".into(), folder }));
        block_on(engine.handle(Command::Run));
        for decision in 0..10 {
            if decision == 5 {
                block_on(engine.handle(Command::Save));
            }
            assert_eq!(block_on(engine.advance()), Work::Now);
        }
        let _ = engine.take_update();
        engine.open.as_mut().unwrap().on_gpu = true;
        engine
    }

    fn notices(engine: &mut Session) -> String {
        let update = engine.take_update().unwrap();
        update.notices.iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn opening_is_told_before_it_is_done() {
        let mut engine = Session::new(seconds);
        let missing = |agent| Command::Watch { agent, seed: 1, planner: true };
        for agent in [Agent::Present, Agent::Folder("/nowhere".into())] {
            let command = missing(agent);
            assert!(engine.announce(&command));
            assert_eq!(engine.take_update().unwrap().status.activity, Activity::Opening);
            block_on(engine.handle(command));
            assert_eq!(engine.take_update().unwrap().status.activity, Activity::Idle);
        }
        assert!(!engine.announce(&Command::Run));
        assert_eq!(engine.activity, Activity::Idle);
    }

    #[test]
    fn a_run_whose_gpu_is_lost_goes_on_with_the_cpu_from_the_last_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let mut engine = on_gpu(dir.path());
        engine.lose_device = true;
        assert_eq!(block_on(engine.advance()), Work::Now);
        assert_eq!((engine.status().env_step, engine.activity.clone()), (10, Activity::Running));
        let told = notices(&mut engine);
        assert!(told.contains("was lost (the device was lost). Continuing on the CPU"), "{told}");
        block_on(engine.advance());
        assert_eq!(engine.status().env_step, 12);
    }

    #[test]
    fn a_driver_that_panics_is_a_lost_device_too() {
        let dir = tempfile::tempdir().unwrap();
        let mut engine = on_gpu(dir.path());
        block_on(engine.failed("device lost"));
        assert_eq!((engine.status().env_step, engine.activity.clone()), (10, Activity::Running));
    }

    #[test]
    fn a_run_that_fails_on_the_cpu_stops_and_says_what_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let mut engine = on_gpu(dir.path());
        engine.open.as_mut().unwrap().on_gpu = false;
        engine.lose_device = true;
        block_on(engine.advance());
        assert_eq!(engine.activity, Activity::Idle);
        let told = notices(&mut engine);
        assert!(told.contains("The run stopped") && told.contains("the last checkpoint is kept"), "{told}");
    }
}
