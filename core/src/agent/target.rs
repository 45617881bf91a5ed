//! Value targets, always outside autodiff.

use burn::tensor::Tensor;

use super::{Agent, UpdateNoise};
use crate::config::{TargetReduction, ValueLearning};
use crate::model::WorldModel;
use crate::replay::Batch;

impl Agent {
    /// TD targets for the H transitions of each sequence, `[H B, 1]`, from the latents of all real observations,
    /// `[(H + 1) B, latent]`.
    ///
    /// Off-policy (TD-MPC2, Eq. 4): r + gamma Q'(h(s'), p(h(s'))), without the second term after a terminal state.
    /// On-policy (BMPC, Eq. 9): the policy's own actions unrolled through the model for N steps from h(s), then V'. There
    /// the policy may act differently from the stored action, so whether its next state is terminal is not known; the
    /// stored transition's ending stands in for it.
    pub(super) fn value_targets(
        &self,
        model: &WorldModel,
        latents: &Tensor<2>,
        batch: &Batch,
        noise: &UpdateNoise,
    ) -> Tensor<2> {
        let (rows, actions) = (batch.horizon * batch.size, model.action_dim);
        let policy = model.policy(self.algorithm.target_policy);
        let goes_on = self.constant(batch.terminated.iter().map(|end| 1.0 - end).collect(), [rows, 1]);
        let action = |z: Tensor<2>, step: usize| {
            let noise = noise.target_action[step * rows * actions..(step + 1) * rows * actions].to_vec();
            policy.action(z, self.constant(noise, [rows, actions]), policy.range())
        };
        match self.algorithm.value_learning {
            ValueLearning::QOffPolicy => {
                let next = latents.clone().narrow(0, batch.size, rows);
                let action = action(next.clone(), 0);
                let rewards = self.constant(batch.rewards.clone(), [rows, 1]);
                rewards + goes_on * self.target_value(model, next, Some(action), noise) * self.discount
            }
            ValueLearning::VOnPolicy => {
                let mut z = latents.clone().narrow(0, 0, rows);
                let mut target = Tensor::zeros([rows, 1], &z.device());
                let mut discount = goes_on.clone().ones_like();
                for step in 0..self.algorithm.value_horizon {
                    let action = action(z.clone(), step);
                    target = target + model.reward(z.clone(), action.clone()) * discount.clone();
                    z = model.next(z, action);
                    discount = discount * self.discount;
                    if step == 0 {
                        discount = discount * goes_on.clone();
                    }
                }
                target + discount * self.target_value(model, z, None, noise)
            }
        }
    }

    /// The drawn target members' value as one number per row, `[rows, 1]`.
    fn target_value(
        &self,
        model: &WorldModel,
        z: Tensor<2>,
        action: Option<Tensor<2>>,
        noise: &UpdateNoise,
    ) -> Tensor<2> {
        let rows = z.dims()[0];
        let values = model.values(&model.target_value, &noise.target_members, z, action);
        let reduced = match self.algorithm.target_reduction {
            TargetReduction::Min => values.min_dim(0),
            TargetReduction::Mean => values.mean_dim(0),
        };
        reduced.reshape([rows, 1])
    }
}
