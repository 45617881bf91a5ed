//! Optional instrumentation for a training step. Enabling it never changes the run.

use serde::{Deserialize, Serialize};

use super::Decision;
use crate::model::WorldModel;
use crate::planner::{StatePlan, Trace};

/// What to record in a step, and the records. The records are cleared at the beginning of every step.
#[derive(Clone, Debug, Default)]
pub struct StepObserver {
    /// Record the decision.
    pub record: bool,
    /// Record every iteration of its plan.
    pub trace: bool,
    /// Returns the time in seconds from an arbitrary origin. If `None`, all times stay 0. Core has no clock of its own.
    pub clock: Option<fn() -> f64>,
    /// The decision, if one was made and recording was requested.
    pub decision: Option<Decision>,
    /// Its plan, if one was made and a record or trace was requested.
    pub plan: Option<StatePlan>,
    /// Every iteration of that plan, if requested.
    pub plan_trace: Option<Trace>,
    /// The networks that planned, if a trace was requested: training has updated them since. These are handles, not
    /// copies, but an update cannot be made in place while they are held: drop them soon.
    pub model: Option<WorldModel>,
    /// Decisions made, one for each environment. The record, plan and trace are those of the first.
    pub decisions: usize,
    /// Time spent in each part of the step.
    pub times: StepTimes,
}

/// Time spent in each part of one step, s. Evaluation and bookkeeping are not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTimes {
    /// Planning the action.
    pub plan: f64,
    /// Simulating it.
    pub simulate: f64,
    /// Learning: sampling a batch and updating the networks.
    pub update: f64,
    /// Making new experts for stored states; in the background, only the time to start rounds and write experts.
    pub reanalyze: f64,
}

impl StepObserver {
    /// Clears the records.
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
