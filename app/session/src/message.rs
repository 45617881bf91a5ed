//! Messages between the lab and its session. Every message can be serialized, so the session may run in a thread, in a
//! web worker or from a recording.

use bootstride_core::config::Config;
use bootstride_core::inspect::{AnalysisOptions, Decision, PlanAnalysis};
use bootstride_core::planner::PlannerConfig;
use bootstride_core::train::Event;
use serde::{Deserialize, Serialize};

/// A command from the lab to the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Starts a new run. An open run is saved and closed first.
    Train {
        /// The complete configuration.
        config: Box<Config>,
        /// Name of the size preset that the configuration started from, for the run folder's manifest.
        preset: String,
        /// The run's folder; `None` chooses a free one under `runs/`. Always `None` in a browser.
        folder: Option<String>,
    },
    /// Resumes a run from its last checkpoint.
    Resume {
        /// The run's folder.
        folder: String,
        /// Total environment steps; `None` keeps the run's own.
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
    /// Starts or continues.
    Run,
    /// Pauses after the current decision.
    Pause,
    /// Makes one decision and pauses.
    Step,
    /// Saves the run and closes it.
    Stop,
    /// Saves a checkpoint now and reports its path.
    Save,
    /// Saves a checkpoint if anything has changed since the last one, without a notice.
    Keep,
    /// Changes the planner from the next decision on.
    SetPlanner(Box<PlannerConfig>),
    /// Maximum decisions per second, so that a user can follow; `None` is full speed.
    SetPace(Option<f32>),
    /// Sets what to report about decisions in addition to the record, and how often.
    Subscribe {
        /// The analyses to make; `None` while no pane shows them.
        options: Option<AnalysisOptions>,
        /// Time between two frames of the lab if it is long, s. Analyses are not made more often than they are drawn.
        every_seconds: f32,
    },
    /// Analyzes a recorded decision with the current networks.
    Inspect {
        /// The decision.
        decision: Box<Decision>,
        /// The analyses to make.
        options: AnalysisOptions,
    },
    /// Replans a recorded decision with other settings and the current networks.
    WhatIf {
        /// The decision.
        decision: Box<Decision>,
        /// The settings to try.
        cases: Vec<WhatIfCase>,
    },
}

impl Command {
    /// Returns whether the command opens a run or an agent, which on a GPU compiles all shaders.
    #[must_use]
    pub fn opens(&self) -> bool {
        matches!(self, Self::Train { .. } | Self::Resume { .. } | Self::Watch { .. })
    }
}

/// The location of a trained agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Agent {
    /// In the folder of a run, a checkpoint or an imported agent.
    Folder(String),
    /// The session's current agent.
    Present,
}

/// Settings to try on a frozen state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIfCase {
    /// The label shown to the user.
    pub label: String,
    /// The settings.
    pub planner: PlannerConfig,
}

/// The outcome of a [`WhatIfCase`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIfResult {
    /// The case.
    pub case: WhatIfCase,
    /// The analysis of the plan, or the reason why these settings do not yield one.
    pub plan: Result<Box<PlanAnalysis>, String>,
    /// Planning time, ms.
    pub plan_ms: f32,
}

/// The activity of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Activity {
    /// No run is open.
    #[default]
    Idle,
    /// Opening a run or a device.
    Opening,
    /// Training or playing.
    Running,
    /// Paused.
    Paused,
    /// All steps of the run are done.
    Finished,
}

/// The stage of a run.
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

/// The status of a session; the newest one replaces earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The current activity.
    pub activity: Activity,
    /// The stage of the run.
    pub stage: Stage,
    /// The run's configuration, with live changes; `None` while no run is open.
    pub config: Option<Box<Config>>,
    /// The run's folder.
    pub folder: Option<String>,
    /// The display name of the device, such as `CPU, AVX-512`.
    pub device: String,
    /// The reason for using this device instead of a faster one, such as `this browser offers no WebGPU`; empty if not
    /// applicable.
    #[serde(default)]
    pub device_reason: String,
    /// Whether the device is a GPU.
    #[serde(default)]
    pub on_gpu: bool,
    /// Environment steps done.
    pub env_step: usize,
    /// Total environment steps.
    pub total: usize,
    /// Updates of the networks.
    pub updates: u64,
    /// Decisions of a running evaluation: done, and total.
    pub evaluated: Option<(usize, usize)>,
    /// Current rates.
    pub rates: Rates,
    /// Ages of the experts in the replay buffer.
    pub experts: ExpertAges,
}

/// Speed of a session, averaged over about the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Decisions per second.
    pub decisions_per_second: f32,
    /// Simulated time over real time.
    pub real_time_factor: f32,
    /// Planning time per decision, ms.
    pub plan_ms: f32,
    /// Simulation time per decision, ms.
    pub simulate_ms: f32,
    /// Update time per decision, ms.
    pub update_ms: f32,
    /// Reanalyze time, averaged over all decisions, ms.
    pub reanalyze_ms: f32,
    /// Time per decision for the lab's requests (analyses, the decoder), ms.
    pub inspect_ms: f32,
}

/// Ages of the experts in the replay buffer, and the share made by reanalyze.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExpertAges {
    /// Fractions of all transitions by the age of their expert, in updates since it was planned: upper bounds, last one
    /// open. Random actions count as never planned and are not in here.
    pub histogram: Vec<(u64, f32)>,
    /// Fraction of transitions whose expert was made by reanalyze.
    pub reanalyzed: f32,
}

/// A report of the session: everything since the previous update.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// The current status.
    pub status: Status,
    /// Set if another run or agent was opened: everything known about the previous one is obsolete.
    pub opened: bool,
    /// Decisions, oldest first. If the lab does not receive updates for long, old ones are missing.
    pub decisions: Vec<Decision>,
    /// Training events except [`Event::Step`], which decisions report in more detail.
    pub events: Vec<Event>,
    /// Analyses of decisions made while the lab subscribes to them.
    pub analyses: Vec<PlanAnalysis>,
    /// Answers to [`Command::Inspect`].
    pub inspected: Vec<PlanAnalysis>,
    /// Answers to [`Command::WhatIf`]: the decision's number, and one outcome per case.
    pub outcomes: Vec<(u32, Vec<WhatIfResult>)>,
    /// Notices for the user.
    pub notices: Vec<Notice>,
}

/// A notice for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The severity.
    pub level: Level,
    /// One sentence: what happened, and what the user can do.
    pub text: String,
}

/// The severity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Success.
    Good,
    /// Information.
    Info,
    /// A failure or a fallback.
    Bad,
}

/// A connection to a session. Neither side ever waits for the other.
pub trait SessionLink {
    /// Sends a command. Commands arrive in order and none is lost.
    fn send(&mut self, command: Command);
    /// Returns what the session has reported since the last call; `None` if nothing.
    fn receive(&mut self) -> Option<Update>;
    /// Returns the reason if the session has crashed or was terminated. Commands are lost until
    /// [`restart`](Self::restart).
    fn failure(&self) -> Option<String> {
        None
    }
    /// Starts a new session in place of one that has ended. Unsaved state is lost; the lab sends its subscriptions
    /// again.
    fn restart(&mut self) {}
}

/// A link without a session, used if one could not be started: reports the reason once and does nothing else.
#[derive(Debug)]
pub struct NoSession(Option<String>);

impl NoSession {
    /// Creates a link without a session, for this reason.
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
