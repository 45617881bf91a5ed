//! Planning with a world model: requests, results, and the planners.
//!
//! The setting `planner.kind` names the planner. [`mppi`] is guided MPPI (TD-MPC2, section 3.2; BMPC, section 4.1). Its
//! back ends share the [`Planner`] trait and their random numbers, so that they agree to float tolerance: `plain` on
//! Burn operations, the readable one, for any device; `cpu` and `gpu`, the fast ones. [`register`] adds a planner of
//! one's own.

mod backend;
mod custom;
pub mod mppi;
mod plan;
mod settings;

pub use crate::compute::cpu::vector_instructions;
pub use backend::PlannerBackend;
pub use custom::{kinds, register};
pub(crate) use mppi::member_pair;
pub use mppi::{CpuMppi, EliteChoice, GpuMppi, GpuUnavailable, Launches, NoiseKey, PlainMppi, PlanNoise, Processor};
pub use plan::{IterationTrace, Plan, PlanMode, PlanShape, StatePlan, Trace};
pub use settings::{EngineChoice, Guide, MPPI, PlannerConfig, Precision};
pub(crate) use settings::{MOST_STATES, PLANNED};

use std::future::Future;

use thiserror::Error;

use crate::compute::gpu::DeviceLimit;
use crate::model::{PolicyKind, WorldModel};
use crate::nn::ReadError;

/// A plan could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlannerError {
    /// Device memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An argument has the wrong size.
    #[error("planning for {states} states: {what} has {found} numbers, expected {expected}")]
    Size {
        /// States in the request.
        states: usize,
        /// The argument.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// The numbers of samples are inconsistent.
    #[error("{samples} samples cannot hold {elites} elites, or {policy_samples} policy sequences plus one sample")]
    Settings {
        /// Sequences per state.
        samples: usize,
        /// Elites among them.
        elites: usize,
        /// Sequences among them proposed by policies.
        policy_samples: usize,
    },
    /// A plan is larger than the device allows.
    #[error(
        "{what} of this plan would need {needed}, more than the device's limit of {limit}: plan for fewer states at \
         once"
    )]
    Device {
        /// What is too large.
        what: &'static str,
        /// Its size.
        needed: u64,
        /// The device's limit.
        limit: u64,
    },
    /// No planner of this kind is built in or registered in this process.
    #[error("no planner is called `{kind}`; known: {known}")]
    Unknown {
        /// The kind.
        kind: String,
        /// All kinds.
        known: String,
    },
    /// A registered planner refuses its settings.
    #[error("the settings planner.custom do not fit the planner `{kind}`: allowed: {allowed}")]
    Custom {
        /// The planner.
        kind: String,
        /// What is allowed.
        allowed: String,
    },
    /// A registered planner failed.
    #[error("the planner `{kind}` failed: {message}")]
    Failed {
        /// The planner.
        kind: &'static str,
        /// Why.
        message: String,
    },
    /// The GPU back end does not support the model or device.
    #[error(transparent)]
    Unavailable(#[from] GpuUnavailable),
}

impl From<DeviceLimit> for PlannerError {
    fn from(DeviceLimit { what, needed, limit }: DeviceLimit) -> Self {
        Self::Device { what, needed, limit }
    }
}

/// What a planner needs in addition to the model.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannerSettings {
    /// Sizes, temperature and bounds. May be changed between plans.
    pub config: PlannerConfig,
    /// Discount per decision (gamma).
    pub discount: f32,
    /// The policies that propose sequences, in order.
    pub guides: Vec<PolicyKind>,
    /// The policy whose action ends a sequence under a Q value.
    pub terminal_policy: PolicyKind,
}

impl PlannerSettings {
    /// Returns the policy that guides the planner: the first if there are two, the terminal policy if there is none.
    #[must_use]
    pub fn guide(&self) -> PolicyKind {
        self.guides.first().copied().unwrap_or(self.terminal_policy)
    }

    /// Returns the sizes of a plan for `states` states with this model.
    #[must_use]
    pub fn shape(&self, states: usize, model: &WorldModel) -> PlanShape {
        PlanShape {
            states,
            samples: self.config.samples,
            policy_samples: self.config.policy_samples * self.guides.len(),
            iterations: self.config.iterations_for(model.action_dim),
            horizon: self.config.horizon,
            action_dim: model.action_dim,
            members: model.value.members(),
        }
    }
}

/// States to plan for.
#[derive(Clone, Debug)]
pub struct PlanRequest<'a> {
    /// Observations, `[states, observation]`, flat.
    pub observations: &'a [f32],
    /// The mean of the previous plan, `[horizon, action]`, flat, for each state; `None` at the first decision of an
    /// episode.
    pub previous_means: &'a [Option<Vec<f32>>],
    /// What the plan is for.
    pub mode: PlanMode,
    /// The random numbers.
    pub noise: NoiseSource<'a>,
    /// Whether to record every iteration.
    pub trace: bool,
}

/// The source of a plan's random numbers.
#[derive(Clone, Debug)]
pub enum NoiseSource<'a> {
    /// Computed from a key.
    Key(NoiseKey),
    /// Given, for comparison with recorded draws.
    Given(&'a PlanNoise),
}

/// Plans with a world model. [`register`] lets a configuration name a planner of one's own.
pub trait Planner {
    /// Plans for all states of `request` at once with `model`, which is outside autodiff.
    ///
    /// # Errors
    /// If sizes do not fit or the device fails.
    fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> impl Future<Output = Result<Plan, PlannerError>>;
}

impl<P: Planner> Planner for &mut P {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        (**self).plan(model, settings, request).await
    }
}
