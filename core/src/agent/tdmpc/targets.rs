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
///
/// On-policy (BMPC, Eq. 9): the policy's own actions unrolled through the model for N steps from
/// `z_0 = h(s)`, then V':
///
/// `sum over k < N of gamma^k (1 - e_k) R(z_k, a_k), plus gamma^N (1 - e_N) V'(z_N), with e_0 = 0`.
///
/// A termination head predicts where that trajectory ends: `e_{k+1} = max(e_k, [T(z_{k+1}) > 1/2])`. Without the head,
/// it is unknown whether the policy's next state is terminal, since its action may differ from the stored one; the
/// stored transition's end is used instead: `e_1 = e_2 = ... = 1` if it was terminal.
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
                if let Some(ended) = model.ends(z.clone()) {
                    discount = discount.mask_fill(ended, 0.0);
                } else if step == 0 {
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

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};
    use pollster::block_on;

    use super::*;
    use crate::config::Config;
    use crate::math::{Purpose, Stream};
    use crate::model::{ModelSettings, Termination};
    use crate::nn::{Parameters, read};
    use crate::replay::Batch;

    const OBSERVATION: usize = 3;
    const HORIZON: usize = 2;
    const SIZE: usize = 8;

    fn config(termination: Termination) -> Config {
        let mut config = Config::default();
        (config.model.latent_dim, config.model.mlp_dim, config.model.encoder_dim) = (16, 12, 10);
        (config.algorithm.value_horizon, config.algorithm.termination) = (3, termination);
        config
    }

    /// A model with random weights in all layers.
    fn model(config: &Config, seed: u64) -> WorldModel {
        let mut random = Stream::new(seed, Purpose::Other, 0);
        let mut model = WorldModel::new(&ModelSettings::new(config), OBSERVATION, 1, &mut random, &Device::flex());
        model.visit_mut("", &mut |_, tensor| {
            let shape = tensor.dims();
            #[allow(clippy::cast_possible_truncation, reason = "weights are f32")]
            let data: Vec<f32> = (0..shape.iter().product()).map(|_| random.normal() as f32 * 0.5).collect();
            *tensor = Tensor::from_data(TensorData::new(data, shape), &Device::flex());
        });
        model
    }

    fn numbers(tensor: Tensor<2>) -> Vec<f32> {
        block_on(read(vec![tensor.flatten(0, 1)])).unwrap().remove(0)
    }

    /// Targets of a batch in which the last transition of every other sequence is terminal, and the same targets term
    /// by term, with the end of each trajectory from `ends`.
    fn check(config: &Config, seed: u64, ends: impl Fn(&WorldModel, Tensor<2>, usize) -> Vec<bool>) -> usize {
        let model = model(config, seed);
        let rows = HORIZON * SIZE;
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let wave = |count: usize, speed: f32| (0..count).map(|i| (i as f32 * speed).sin()).collect::<Vec<f32>>();
        let batch = Batch {
            size: SIZE,
            length: HORIZON,
            observations: wave((HORIZON + 1) * SIZE * OBSERVATION, 0.7),
            actions: wave(rows, 0.3),
            rewards: wave(rows, 0.9),
            terminated: terminated().collect(),
            extras: Vec::new(),
            starts: vec![0; SIZE],
        };
        let tensors = BatchTensors::new(&batch, OBSERVATION, 1, &Device::flex());
        let settings = LossSettings {
            algorithm: config.algorithm.clone(),
            training: config.training.clone(),
            dropout: 0.0,
            discount: 0.9,
            on_cpu: true,
        };
        let noise = UpdateNoise::draw(1, 0, &batch, &config.algorithm, 0.0, &model);
        let latents = model.encode(tensors.observations.clone());
        let found = numbers(value_targets(&model, &settings, &tensors, &latents, &noise));

        let policy = model.policy(config.algorithm.target_policy);
        let mut z = latents.narrow(0, 0, rows);
        let (mut expected, mut discounts, mut ended) = (vec![0.0; rows], vec![1.0_f32; rows], 0);
        let add = |terms: Tensor<2>, discounts: &[f32], expected: &mut [f32]| {
            expected.iter_mut().zip(numbers(terms)).zip(discounts).for_each(|((sum, x), factor)| *sum += factor * x);
        };
        for step in 0..config.algorithm.value_horizon {
            let drawn = constant(noise.target_action[step * rows..][..rows].to_vec(), [rows, 1], &Device::flex());
            let action = policy.action(z.clone(), drawn, policy.range());
            add(model.reward(z.clone(), action.clone()), &discounts, &mut expected);
            z = model.next(z, action);
            for (discount, end) in discounts.iter_mut().zip(ends(&model, z.clone(), step)) {
                *discount = if end { 0.0 } else { *discount * 0.9 };
            }
            ended = discounts.iter().filter(|discount| **discount == 0.0).count();
        }
        let values = model.values(&model.target_value, &noise.target_members, z, None).mean_dim(0);
        add(values.reshape([rows, 1]), &discounts, &mut expected);
        let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f32::max);
        assert!(off < 1e-5, "{off}: {found:?} instead of {expected:?}");
        ended
    }

    fn terminated() -> impl Iterator<Item = f32> {
        (0..HORIZON * SIZE).map(|row| if row >= SIZE && row % 2 == 1 { 1.0 } else { 0.0 })
    }

    #[test]
    fn an_on_policy_target_ends_where_the_head_first_says_so_and_not_where_the_stored_transition_did() {
        let ended = |seed| {
            check(&config(Termination::Learned), seed, |model, z, _| {
                numbers(model.termination_logits(z).unwrap()).into_iter().map(|logit| logit > 0.0).collect()
            })
        };
        let (ended, all) = ((0..8).map(ended).sum::<usize>(), 8 * HORIZON * SIZE);
        assert!(ended > 0 && ended < all, "{ended} of {all} trajectories end");
    }

    #[test]
    fn without_a_head_an_on_policy_target_ends_after_the_first_step_of_a_terminal_transition() {
        let ended = check(&config(Termination::Bootstrap), 0, |_, _, step| {
            terminated().map(|end| step == 0 && end > 0.5).collect()
        });
        assert_eq!(ended, SIZE / 2);
    }
}
