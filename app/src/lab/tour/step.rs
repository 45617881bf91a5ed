//! What a step of the tour is: text and settings as data.

use bootstride_core::config::PlannerConfig;

use super::measure::Facts;
use crate::lab::view::Tab;

/// A step of the tour.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What it is about.
    pub title: &'static str,
    /// A few short paragraphs, with the marks of [`rich`](super::rich::rich).
    pub text: &'static [&'static str],
    /// Where the papers say so.
    pub reference: &'static str,
    /// What is done to the lab when the step begins.
    pub setup: &'static [Action],
    /// What the user is asked to try.
    pub task: &'static str,
    /// When that is done.
    pub done: Condition,
    /// What the user can operate next to the text.
    pub controls: &'static [Control],
    /// What is drawn next to the text.
    pub exhibits: &'static [Figure],
    /// What to look at.
    pub look: &'static str,
    /// What came of it, with the numbers that were measured; `None` until they are there.
    pub reveal: fn(&Facts<'_>) -> Option<String>,
    /// The tab that shows more of it.
    pub tab: Tab,
}

/// Something done to the lab.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// Puts the cursor on a recorded decision that was planned.
    Freeze(Moment),
    /// Plans with these settings, made from the user's own: on the frozen state, and, where the agent only plays and
    /// learns nothing from it, from the next decision on.
    Planner(fn(&PlannerConfig) -> PlannerConfig),
    /// Shows this iteration of MPPI, from 0; `None` is the last.
    Iteration(Option<usize>),
    /// Shows these kinds of path: policy, samples, elites, plan.
    Kinds([bool; 4]),
    /// Lets an agent that plays go on at so many decisions per second.
    Play(f32),
}

/// Which recorded decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The one at the cursor, or the newest.
    Present,
    /// The newest.
    Newest,
    /// One at which planning added as much as in most.
    Typical,
}

/// What the user has to have done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Planned with at least so many samples.
    SamplesAtLeast(usize),
    /// Looked at the iterations from the first to the last.
    Scrubbed,
    /// Planned without policy sequences.
    GuidesGone,
    /// Planned at a temperature below this.
    TemperatureBelow(f32),
    /// Gone to an earlier decision.
    Earlier,
    /// Planned with another horizon than at first.
    OtherHorizon,
    /// Found a decision whose delta-Q is in the top quarter.
    LargeDeltaQ,
    /// Gone to an earlier decision and replanned it.
    Replanned,
}

/// A control in the tour itself; the same can be done with the panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Samples N.
    Samples,
    /// The iteration that is shown.
    Iteration,
    /// Policy sequences P.
    Guides,
    /// Temperature.
    Temperature,
    /// Horizon H.
    Horizon,
    /// The decision at the cursor.
    Decision,
    /// Plan the decision at the cursor anew.
    Replan,
}

/// A picture in the tour, of what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Values of all sequences of an iteration, the policies' and the elites marked.
    Values,
    /// Values of the last iteration under two settings.
    TwoValues,
    /// Mean and spread of the samples over the iterations.
    Narrowing,
    /// Weights of the elites under two settings.
    Weights,
    /// What each value of a setting that was tried is worth.
    Trials(Control),
    /// The expert's and the policy's Gaussians.
    Gaussians,
    /// Predicted rewards and the value at the end.
    Terms,
    /// What the plan has over the policy's proposals, term by term.
    Added,
    /// Delta-Q of the recorded decisions.
    DeltaQ,
    /// How old the stored experts are.
    Ages,
}

impl Condition {
    /// Whether settings alone can meet it: `setup` are those that the step began with.
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
