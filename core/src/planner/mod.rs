//! Guided MPPI (TD-MPC2, section 3.2; BMPC, section 4.1): sampling-based planning in latent space, helped by sequences that
//! network policies propose.
//!
//! Engines share the [`Planner`] trait and the noise of [`PlanNoise`], so that they agree to float tolerance.
//! [`PlainMppi`] is the readable one, on any Burn device; [`FusedMppi`] the fast one for the CPU, [`WgslMppi`] the one for a GPU.

mod engine;
mod fused;
mod mppi;
mod noise;
mod outcome;
mod plan;
mod wgsl;

pub use crate::kernel::vector_instructions;
pub use engine::Engine;
pub use fused::FusedMppi;
pub use mppi::PlainMppi;
pub(crate) use noise::member_pair;
pub use noise::{EliteChoice, NoiseKey, PlanNoise};
pub use plan::{IterationTrace, Plan, PlanMode, PlanShape, StatePlan, Trace};
pub use wgsl::{Launches, Processor, WgslMppi, WgslUnavailable};

use std::borrow::Cow;
use std::future::Future;

use thiserror::Error;

use crate::config::{Config, PlannerConfig, PolicyKind, ValueLearning};
use crate::model::WorldModel;
use crate::nn::ReadError;

/// A plan could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlannerError {
    /// Device memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An argument has the wrong size.
    #[error("planning for {states} states: {what} has {found} numbers where {expected} are expected")]
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
    /// The numbers of samples contradict each other.
    #[error(
        "{samples} samples cannot hold {elites} elites and {policy_samples} policy sequences with one sample beside them"
    )]
    Settings {
        /// Sequences per state.
        samples: usize,
        /// Elites among them.
        elites: usize,
        /// Sequences among them that policies propose.
        policy_samples: usize,
    },
    /// A plan is larger than the device allows.
    #[error("{what} of this plan would take {needed}, more than the device's {limit}: plan for fewer states at once")]
    Device {
        /// What is too large.
        what: &'static str,
        /// Its size.
        needed: u64,
        /// The device's limit.
        limit: u64,
    },
    /// The GPU's engine was given a model that it cannot take.
    #[error(transparent)]
    Unavailable(#[from] WgslUnavailable),
}

/// What a planner needs to know beside the model.
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
    /// The settings of `config` for episodes of `decisions` decisions.
    #[must_use]
    pub fn new(config: &Config, decisions: usize) -> Self {
        Self {
            config: config.planner.clone(),
            discount: config.training.discount(decisions),
            guides: config.algorithm.guide.policies().to_vec(),
            terminal_policy: config.algorithm.target_policy,
        }
    }

    /// The sizes of a plan for `states` states with this model.
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
    /// The mean of the plan before, `[horizon, action]`, flat, for each state; none at the first decision of an episode.
    pub previous_means: &'a [Option<Vec<f32>>],
    /// What the plan is for.
    pub mode: PlanMode,
    /// The random numbers.
    pub noise: NoiseSource<'a>,
    /// Whether to record every iteration.
    pub trace: bool,
}

/// Where a plan's random numbers come from.
#[derive(Clone, Debug)]
pub enum NoiseSource<'a> {
    /// Computed from a key.
    Key(NoiseKey),
    /// Given, for parity with recorded draws.
    Given(&'a PlanNoise),
}

/// An engine that plans with a world model.
pub trait Planner {
    /// Plans for all states of `request` at once with `model`, which is outside autodiff.
    ///
    /// # Errors
    /// When sizes do not fit or the device fails.
    fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> impl Future<Output = Result<Plan, PlannerError>>;
}

/// Scores beyond this are taken as this, so that a diverging model cannot make the weights undefined.
const SCORE_BOUND: f32 = 1e30;

/// What every engine does first: the sizes of the plan, checked against the request.
///
/// # Errors
/// When a size does not fit.
fn check(model: &WorldModel, settings: &PlannerSettings, request: &PlanRequest<'_>) -> Result<PlanShape, PlannerError> {
    let shape = settings.shape(request.previous_means.len(), model);
    let states = shape.states;
    let wrong = |what, found, expected| Err(PlannerError::Size { states, what, found, expected });
    if request.observations.len() != states * model.observation_dim {
        return wrong("observations", request.observations.len(), states * model.observation_dim);
    }
    let width = shape.horizon * shape.action_dim;
    if let Some(previous) = request.previous_means.iter().flatten().find(|previous| previous.len() != width) {
        return wrong("a previous mean", previous.len(), width);
    }
    // Settings may have been changed since the configuration was checked.
    let (samples, elites) = (shape.samples, settings.config.elites);
    if samples < elites.max(shape.policy_samples + 1) || elites == 0 {
        return Err(PlannerError::Settings { samples, elites, policy_samples: shape.policy_samples });
    }
    if let NoiseSource::Given(noise) = &request.noise
        && let Some((what, found, expected)) = noise.misfit(&shape, ends_with_action(model))
    {
        return wrong(what, found, expected);
    }
    Ok(shape)
}

/// Whether a policy's action ends each sequence.
fn ends_with_action(model: &WorldModel) -> bool {
    model.value_learning == ValueLearning::QOffPolicy
}

/// [`check`], and all random numbers of the plan.
///
/// # Errors
/// When a size does not fit.
fn prepare<'a>(
    model: &WorldModel,
    settings: &PlannerSettings,
    request: &'a PlanRequest<'_>,
) -> Result<(PlanShape, Cow<'a, PlanNoise>), PlannerError> {
    let shape = check(model, settings, request)?;
    let noise = match &request.noise {
        NoiseSource::Key(key) => Cow::Owned(PlanNoise::draw(*key, &shape, request.mode, ends_with_action(model))),
        NoiseSource::Given(noise) => Cow::Borrowed(*noise),
    };
    Ok((shape, noise))
}
