//! Value targets, always outside autodiff.

use burn::tensor::Tensor;

use super::batch::{BatchTensors, constant};
use super::losses::LossSettings;
use super::noise::UpdateNoise;
use crate::agent::TargetReduction;
use crate::model::{ValueLearning, WorldModel};

/// Returns the TD targets for the H transitions of each sequence, `[H B, 1]`, from the latents of all real
/// observations, `[(H + 1) B, latent]`. `model` is outside autodiff.
///
/// Off-policy (TD-MPC2, Eq. 4): r + gamma Q'(h(s'), p(h(s'))), without the second term after a terminal state.
/// On-policy (BMPC, Eq. 9): the policy's own actions unrolled through the model for N steps from h(s), then V'. There
/// the policy may act differently from the stored action, so whether its next state is terminal is unknown; the stored
/// transition's ending is used instead.
pub(super) fn value_targets(
    model: &WorldModel,
    settings: &LossSettings,
    batch: &BatchTensors<'_>,
    latents: &Tensor<2>,
    noise: &UpdateNoise,
) -> Tensor<2> {
    let (rows, actions) = (batch.rows(), batch.action_dim());
    let policy = model.policy(settings.algorithm.target_policy);
    let goes_on = batch.goes_on.clone();
    let action = |z: Tensor<2>, step: usize| {
        let noise = noise.target_action[step * rows * actions..(step + 1) * rows * actions].to_vec();
        policy.action(z, constant(noise, [rows, actions], &batch.device()), policy.range())
    };
    let target_value = |z, action| target_value(model, settings.algorithm.target_reduction, z, action, noise);
    match settings.algorithm.value_learning {
        ValueLearning::QOffPolicy => {
            let next = latents.clone().narrow(0, batch.size, rows);
            let action = action(next.clone(), 0);
            batch.rewards.clone() + goes_on * target_value(next, Some(action)) * settings.discount
        }
        ValueLearning::VOnPolicy => {
            let mut z = latents.clone().narrow(0, 0, rows);
            let mut target = Tensor::zeros([rows, 1], &z.device());
            let mut discount = goes_on.clone().ones_like();
            for step in 0..settings.algorithm.value_horizon {
                let action = action(z.clone(), step);
                target = target + model.reward(z.clone(), action.clone()) * discount.clone();
                z = model.next(z, action);
                discount = discount * settings.discount;
                if step == 0 {
                    discount = discount * goes_on.clone();
                }
            }
            target + discount * target_value(z, None)
        }
    }
}

/// Returns the value of the drawn target members as one number per row, `[rows, 1]`.
fn target_value(
    model: &WorldModel,
    reduction: TargetReduction,
    z: Tensor<2>,
    action: Option<Tensor<2>>,
    noise: &UpdateNoise,
) -> Tensor<2> {
    let rows = z.dims()[0];
    let values = model.values(&model.target_value, &noise.target_members, z, action);
    let reduced = match reduction {
        TargetReduction::Min => values.min_dim(0),
        TargetReduction::Mean => values.mean_dim(0),
    };
    reduced.reshape([rows, 1])
}
