//! The definition of a tour step: text and settings as data.

use bootstride_core::planner::PlannerConfig;

use super::measure::Facts;
use crate::view::Tab;

/// A step of the tour.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The title.
    pub title: &'static str,
    /// A few short paragraphs, with the markup of [`rich`](super::rich::rich).
    pub text: &'static [&'static str],
    /// The reference to the papers.
    pub reference: &'static str,
    /// The actions at the start of the step.
    pub setup: &'static [Action],
    /// The user's task.
    pub task: &'static str,
    /// The condition for completing the task.
    pub done: Condition,
    /// The controls next to the text.
    pub controls: &'static [Control],
    /// The figures next to the text.
    pub exhibits: &'static [Figure],
    /// A hint about what to look at.
    pub look: &'static str,
    /// The description of the result with measured numbers; `None` until they are available.
    pub reveal: fn(&Facts<'_>) -> Option<String>,
    /// The tab that shows more details.
    pub tab: Tab,
}

/// A change to the lab.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Moves the cursor to a recorded decision that was planned.
    Freeze(Moment),
    /// Plans with settings derived from the user's own: on the frozen state and, if the agent only plays and does not
    /// learn from it, from the next decision on.
    Planner(fn(&PlannerConfig) -> PlannerConfig),
    /// Shows this iteration of MPPI, from 0; `None` is the last.
    Iteration(Option<usize>),
    /// Shows these kinds of paths: policy, samples, elites, plan.
    Kinds([bool; 4]),
    /// Lets a playing agent continue at this many decisions per second.
    Play(f32),
}

/// The choice of a recorded decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The one at the cursor, or the newest.
    Present,
    /// The newest.
    Newest,
    /// One with a typical gain from planning.
    Typical,
}

/// The condition for completing a task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Planned with at least this many samples.
    SamplesAtLeast(usize),
    /// Viewed the iterations from the first to the last.
    Scrubbed,
    /// Planned without policy sequences.
    GuidesGone,
    /// Planned at a temperature below this.
    TemperatureBelow(f32),
    /// Moved to an earlier decision.
    Earlier,
    /// Planned with another horizon than at the start.
    OtherHorizon,
    /// Found a decision whose delta-Q is in the top quarter.
    LargeDeltaQ,
    /// Moved to an earlier decision and replanned it.
    Replanned,
}

/// A control in the tour itself; the same can be done with the panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Samples N.
    Samples,
    /// The iteration shown.
    Iteration,
    /// Policy sequences P.
    Guides,
    /// Temperature.
    Temperature,
    /// Horizon H.
    Horizon,
    /// The decision at the cursor.
    Decision,
    /// Replanning of the decision at the cursor.
    Replan,
}

/// A figure of measurements in the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Values of all sequences of an iteration, with the policies' and the elites marked.
    Values,
    /// Values of the last iteration with two settings.
    TwoValues,
    /// Mean and spread of the samples over the iterations.
    Narrowing,
    /// Weights of the elites with two settings.
    Weights,
    /// G for each tried value of a setting.
    Trials(Control),
    /// The expert's and the policy's Gaussians.
    Gaussians,
    /// Predicted rewards and the value at the end.
    Terms,
    /// The plan minus the policy's proposals, term by term.
    Added,
    /// Delta-Q of the recorded decisions.
    DeltaQ,
    /// Ages of the stored experts.
    Ages,
}

impl Condition {
    /// Returns whether settings alone meet the condition; `setup` are those at the start of the step.
    #[must_use]
    pub fn met_by(self, tried: &PlannerConfig, setup: &PlannerConfig) -> bool {
        match self {
            Self::SamplesAtLeast(samples) => tried.samples >= samples,
            Self::GuidesGone => tried.policy_samples == 0,
            Self::TemperatureBelow(bound) => tried.temperature < bound,
            Self::OtherHorizon => tried.horizon != setup.horizon,
            Self::Scrubbed | Self::Earlier | Self::LargeDeltaQ | Self::Replanned => false,
        }
    }
}
