//! What the lab and its session say to each other. Every message can be sent as bytes, so that the session may live in a
//! thread, in a web worker or in a recording.

use bootstride_core::config::{Config, PlannerConfig};
use bootstride_core::inspect::{AnalysisOptions, Decision, PlanAnalysis};
use bootstride_core::train::Event;
use serde::{Deserialize, Serialize};

/// What the lab asks of the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Starts a new run; one that is going on is saved and closed first.
    Train {
        /// Everything about it.
        config: Box<Config>,
        /// Name of the size preset that the configuration started from, for the run folder's manifest.
        preset: String,
        /// The folder to keep it in; `None` chooses a free one under `runs/`. A browser has none.
        folder: Option<String>,
    },
    /// Takes up a run again where its last checkpoint was.
    Resume {
        /// The run's folder.
        folder: String,
        /// Environment steps in all; `None` keeps the run's own.
        steps: Option<usize>,
    },
    /// Plays a trained agent, without learning.
    Watch {
        /// The agent.
        agent: Agent,
        /// Seed of start states and planning noise.
        seed: u64,
        /// Whether the planner decides, or the bare policy.
        planner: bool,
    },
    /// Goes on, or begins.
    Run,
    /// Stops after the decision at hand.
    Pause,
    /// Makes one decision and pauses.
    Step,
    /// Saves the run and closes it.
    Stop,
    /// Saves a checkpoint now, and says where.
    Save,
    /// Saves what has changed since the last checkpoint, without a word.
    Keep,
    /// Changes the planner from the next decision on.
    SetPlanner(Box<PlannerConfig>),
    /// At most so many decisions per second, so that a user can follow; `None` is full speed.
    SetPace(Option<f32>),
    /// What to tell about decisions next to the record, and how often.
    Subscribe {
        /// What; `None` while no pane shows it.
        options: Option<AnalysisOptions>,
        /// Time between two frames of the lab where it is long, s: nothing is found out more often than it is drawn.
        every_seconds: f32,
    },
    /// Takes a recorded decision apart, with the current networks.
    Inspect {
        /// The decision.
        decision: Box<Decision>,
        /// What to find out.
        options: AnalysisOptions,
    },
    /// Replans a recorded decision under other settings, with the current networks.
    WhatIf {
        /// The decision.
        decision: Box<Decision>,
        /// The settings to try.
        cases: Vec<WhatIfCase>,
    },
}

impl Command {
    /// Whether it opens a run or an agent, which on a GPU means to compile all its shaders.
    #[must_use]
    pub fn opens(&self) -> bool {
        matches!(self, Self::Train { .. } | Self::Resume { .. } | Self::Watch { .. })
    }
}

/// A trained agent, wherever it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Agent {
    /// In a run's folder, a checkpoint's, or an imported agent's.
    Folder(String),
    /// The session's own, as it is now.
    Present,
}

/// Settings to try on a frozen state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIfCase {
    /// What a user calls it.
    pub label: String,
    /// The settings.
    pub planner: PlannerConfig,
}

/// What came of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIfResult {
    /// The case.
    pub case: WhatIfCase,
    /// The plan analyzed, or why the settings make none.
    pub plan: Result<Box<PlanAnalysis>, String>,
    /// Time that the plan took, ms.
    pub plan_ms: f32,
}

/// What the session does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Activity {
    /// Nothing: no run is open.
    #[default]
    Idle,
    /// Opening a run or a device.
    Opening,
    /// Training or playing.
    Running,
    /// Holding still.
    Paused,
    /// All steps of the run are done.
    Finished,
}

/// What a run is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Random actions fill the replay buffer.
    #[default]
    Seed,
    /// The world model learns from the seed phase.
    Pretraining,
    /// Deciding and learning.
    Training,
    /// Playing evaluation episodes.
    Evaluating,
    /// A trained agent plays, nothing is learned.
    Playing,
}

/// How the session is doing; the newest counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// What it does.
    pub activity: Activity,
    /// What the run is at.
    pub stage: Stage,
    /// The run's configuration, with live changes; `None` while none is open.
    pub config: Option<Box<Config>>,
    /// The run's folder.
    pub folder: Option<String>,
    /// The device in words, as `CPU, AVX-512`.
    pub device: String,
    /// Why it is that one and not a faster one, as `this browser offers no WebGPU`; empty if nothing is to be said.
    #[serde(default)]
    pub device_reason: String,
    /// Whether that is a GPU.
    #[serde(default)]
    pub on_gpu: bool,
    /// Environment steps done.
    pub env_step: usize,
    /// Environment steps in all.
    pub total: usize,
    /// Updates of the networks.
    pub updates: u64,
    /// Decisions played of a running evaluation, and how many there will be.
    pub evaluated: Option<(usize, usize)>,
    /// How fast it is.
    pub rates: Rates,
    /// How old the experts in the replay buffer are.
    pub experts: ExpertAges,
}

/// How fast the session is, averaged over the last second or so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Decisions per second.
    pub decisions_per_second: f32,
    /// Simulated time over real time.
    pub real_time_factor: f32,
    /// ms of a decision that planning takes.
    pub plan_ms: f32,
    /// ms that simulation takes.
    pub simulate_ms: f32,
    /// ms that updates take.
    pub update_ms: f32,
    /// ms that reanalyze takes, averaged over all decisions.
    pub reanalyze_ms: f32,
    /// ms that the lab's own wishes (analyses, the decoder) take.
    pub inspect_ms: f32,
}

/// How old the experts in the replay buffer are, and what reanalyze did to them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExpertAges {
    /// Fractions of all transitions by the age of their expert, in updates since it was planned: upper bounds, last one
    /// open. Random actions count as never planned and are not in here.
    pub histogram: Vec<(u64, f32)>,
    /// Fraction of transitions whose expert was made by reanalyze.
    pub reanalyzed: f32,
}

/// What the session tells. Everything since the update before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// How it is doing.
    pub status: Status,
    /// Set when another run or agent was opened: what was known of the one before no longer counts.
    pub opened: bool,
    /// Decisions, oldest first. Where the lab takes `None` for long, old ones are missing.
    pub decisions: Vec<Decision>,
    /// What happened in training, but for [`Event::Step`], which decisions tell better.
    pub events: Vec<Event>,
    /// Decisions analyzed as they were made, where the lab attends.
    pub analyses: Vec<PlanAnalysis>,
    /// Answers to [`Command::Inspect`].
    pub inspected: Vec<PlanAnalysis>,
    /// Answers to [`Command::WhatIf`]: the decision's number, and an outcome per case.
    pub outcomes: Vec<(u32, Vec<WhatIfResult>)>,
    /// What a user should read, good or bad.
    pub notices: Vec<Notice>,
}

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How bad.
    pub level: Level,
    /// In a sentence: what happened, and what can be done.
    pub text: String,
}

/// How bad a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Done as asked.
    Good,
    /// Worth knowing.
    Info,
    /// Something was not done, or done otherwise.
    Bad,
}

/// The way to a session. Neither side ever waits for the other.
pub trait SessionLink {
    /// Sends a command; in order, none is lost.
    fn send(&mut self, command: Command);
    /// What the session told since the last call; `None` if nothing.
    fn receive(&mut self) -> Option<Update>;
    /// Why the session is gone, where it is: it crashed, or was ended from outside. Commands are lost until
    /// [`restart`](Self::restart).
    fn failure(&self) -> Option<String> {
        None
    }
    /// Starts another session in the place of one that is gone. What it had not saved is lost; the lab tells it again what
    /// it wants to know.
    fn restart(&mut self) {}
}

/// No session: where one could not be started, it says why, once, and does nothing.
#[derive(Debug)]
pub struct NoSession(Option<String>);

impl NoSession {
    /// Without a session for this reason.
    #[must_use]
    pub fn because(reason: impl Into<String>) -> Self {
        Self(Some(reason.into()))
    }
}

impl SessionLink for NoSession {
    fn send(&mut self, _command: Command) {}

    fn receive(&mut self) -> Option<Update> {
        let text = format!("The session could not be started: {}", self.0.take()?);
        Some(Update { notices: vec![Notice { level: Level::Bad, text }], ..Update::default() })
    }
}
