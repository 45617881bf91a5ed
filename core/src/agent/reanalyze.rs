//! Lazy reanalyze (BMPC, section 4.3): new experts for stored states, from the newest networks.

use crate::math::Purpose;
use crate::model::WorldModel;
use crate::planner::{NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner, PlannerError, PlannerSettings, StatePlan};
use crate::replay::{Batch, Expert, Replay};

/// What one round changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Experts {
    /// States planned anew.
    pub states: usize,
    /// How much the plans add over the policy, on average (BMPC, Eq. 5).
    pub delta_q: f32,
}

/// Plans anew for the H states of the first `sequences` sequences of `batch`, and writes the experts into the batch and
/// into `replay`.
///
/// # Errors
/// When planning fails.
#[allow(clippy::too_many_arguments, reason = "it joins planner, replay and networks, which know nothing of each other")]
pub async fn reanalyze<P: Planner>(
    planner: &mut P,
    model: &WorldModel,
    settings: &PlannerSettings,
    batch: &mut Batch,
    sequences: usize,
    replay: &mut Replay,
    seed: u64,
    round: u32,
) -> Result<Experts, PlannerError> {
    let sequences = sequences.min(batch.size);
    let (o, a) = (model.observation_dim, model.action_dim);
    let mut observations = Vec::with_capacity(batch.horizon * sequences * o);
    for step in 0..batch.horizon {
        observations.extend_from_slice(&batch.observations[step * batch.size * o..][..sequences * o]);
    }
    let states = batch.horizon * sequences;
    let request = PlanRequest {
        observations: &observations,
        previous_means: &vec![None; states],
        mode: PlanMode::Reanalyze,
        noise: NoiseSource::Key(NoiseKey { seed, purpose: Purpose::Reanalyze, decision: round }),
        trace: false,
    };
    let plan = planner.plan(model, settings, &request).await?;
    for (i, StatePlan { expert_mean, expert_std, expert_value, .. }) in plan.states.iter().enumerate() {
        let (step, sequence) = (i / sequences, i % sequences);
        let at = (step * batch.size + sequence) * a;
        batch.expert_means[at..at + a].copy_from_slice(expert_mean);
        batch.expert_stds[at..at + a].copy_from_slice(expert_std);
        let expert = Expert { mean: expert_mean, std: expert_std, value: *expert_value };
        replay.write_expert(batch.starts[sequence] + step as u64, expert);
    }
    #[allow(clippy::cast_precision_loss, reason = "states are few")]
    let delta_q = plan.states.iter().map(|plan| plan.delta_q).sum::<f32>() / states.max(1) as f32;
    Ok(Experts { states, delta_q })
}
