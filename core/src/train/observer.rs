//! Looking over the shoulder of whoever decides: what to look at, and what was seen. Looking changes nothing in a run.

use serde::{Deserialize, Serialize};

use super::Decision;
use crate::model::WorldModel;
use crate::planner::{StatePlan, Trace};

/// What to look at in a step, and what was seen. The second half is emptied at the beginning of every step.
#[derive(Clone, Debug, Default)]
pub struct StepObserver {
    /// Record the decision.
    pub record: bool,
    /// Record every iteration of its plan.
    pub trace: bool,
    /// Tells the time in seconds since whenever; none leaves all times 0. Core has no clock of its own.
    pub clock: Option<fn() -> f64>,
    /// The decision, where one was made and recording was asked for.
    pub decision: Option<Decision>,
    /// The plan behind it, where one was made and a record or trace was asked for.
    pub plan: Option<StatePlan>,
    /// Every iteration of that plan, where asked for.
    pub plan_trace: Option<Trace>,
    /// The networks that planned, where a trace was asked for: in training they have learned since. Handles, not copies, but
    /// as long as somebody holds them, an update cannot be made in place; take them and let go.
    pub model: Option<WorldModel>,
    /// Decisions made, one for each environment. The record, plan and trace are those of the first.
    pub decisions: usize,
    /// Where the time went.
    pub times: StepTimes,
}

/// Where the time of one step went, s. Evaluation and bookkeeping are in none of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTimes {
    /// Planning the action.
    pub plan: f64,
    /// Simulating it.
    pub simulate: f64,
    /// Learning: sampling a batch and updating the networks.
    pub update: f64,
    /// Making new experts for stored states; beside training, only what starting and writing them takes.
    pub reanalyze: f64,
}

impl StepObserver {
    /// Forgets what was seen.
    pub(crate) fn begin(&mut self) {
        (self.decision, self.plan, self.plan_trace, self.model) = (None, None, None, None);
        self.times = StepTimes::default();
        self.decisions = 0;
    }

    /// The time, s.
    pub(crate) fn now(&self) -> f64 {
        self.clock.map_or(0.0, |clock| clock())
    }
}
