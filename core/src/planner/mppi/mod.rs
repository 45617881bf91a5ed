//! Guided MPPI (TD-MPC2, section 3.2; BMPC, section 4.1): sampling-based planning in latent space, guided by sequences
//! that network policies propose. One file or folder per back end.

mod backend;
mod cpu;
mod gpu;
mod noise;
mod plain;
mod readback;

pub use backend::MppiBackend;
pub use cpu::CpuMppi;
pub use gpu::{GpuMppi, GpuUnavailable, Launches, Processor};
pub(crate) use noise::member_pair;
pub use noise::{EliteChoice, NoiseKey, PlanNoise};
pub use plain::PlainMppi;

use std::borrow::Cow;

use super::{
    IterationTrace, NoiseSource, Plan, PlanMode, PlanRequest, PlanShape, Planner, PlannerError, PlannerSettings,
    StatePlan, Trace,
};
use crate::model::{ValueLearning, WorldModel};

/// Scores are clamped to this magnitude, so that a diverging model cannot make the weights undefined.
const SCORE_BOUND: f32 = 1e30;

/// The first step of every back end: returns the sizes of the plan, checked against the request.
///
/// # Errors
/// If a size does not fit.
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
    // Settings may have changed since the configuration was checked.
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

/// Returns whether a policy's action ends each sequence.
fn ends_with_action(model: &WorldModel) -> bool {
    model.value_learning == ValueLearning::QOffPolicy
}

/// [`check`], and all random numbers of the plan.
///
/// # Errors
/// If a size does not fit.
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
