//! The random numbers of one update.

use crate::agent::AlgorithmConfig;
use crate::math::random::{key, normals_f32, philox4x32};
use crate::math::{Purpose, Stream};
use crate::model::{PolicyKind, ValueLearning, WorldModel};
use crate::planner::member_pair;
use crate::replay::Batch;

/// For the loss of one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyNoise {
    /// Standard normal, `[T, B, action]`, with T = H for an imitation policy and H + 1 for a max-Q policy.
    pub action: Vec<f32>,
    /// The value members that score a max-Q policy.
    pub members: Vec<usize>,
    /// Whether hidden units of those members are kept; see [`UpdateNoise::dropout`].
    pub dropout: Option<Vec<f32>>,
}

/// All random numbers of one update.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateNoise {
    /// For the actions of value targets, `[N, H, B, action]`; N is 1 off-policy.
    pub target_action: Vec<f32>,
    /// The target members that form value targets.
    pub target_members: Vec<usize>,
    /// Multipliers, 0 or 1 / (1 - rate), of the value ensemble's first layer: `[members, H B, mlp_dim]`; none without
    /// dropout.
    pub dropout: Option<Vec<f32>>,
    /// One per learned policy, in the model's order.
    pub policies: Vec<PolicyNoise>,
}

impl UpdateNoise {
    /// The numbers of update number `update` of the run with this seed.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "runs have fewer than 2^32 updates, batches fewer than 2^32 numbers"
    )]
    pub fn draw(
        seed: u64,
        update: u64,
        batch: &Batch,
        algorithm: &AlgorithmConfig,
        dropout: f32,
        model: &WorldModel,
    ) -> Self {
        let (members, hidden) = (model.value.members(), model.value.layers[0].weight.dims()[2]);
        // Each array has a tag of its own in the counter; a number's place in its array is the rest.
        let words = |tag: u32, block: usize| {
            philox4x32([update as u32, ((Purpose::Update as u32) << 24) | tag, block as u32, 0], key(seed))
        };
        let normals = |tag, count: usize| {
            let mut out: Vec<f32> = (0..count.div_ceil(4)).flat_map(|block| normals_f32(words(tag, block))).collect();
            out.truncate(count);
            out
        };
        let mask = |tag, count: usize| {
            (dropout > 0.0).then(|| {
                // 16 bits decide about one unit.
                #[allow(clippy::cast_sign_loss, reason = "a rate is positive")]
                let threshold = (dropout * 65_536.0) as u32;
                let kept = 1.0 / (1.0 - dropout);
                let unit = |bits: u32| if bits < threshold { 0.0 } else { kept };
                let mut out: Vec<f32> = (0..count.div_ceil(8))
                    .flat_map(|block| words(tag, block))
                    .flat_map(|word| [unit(word & 0xFFFF), unit(word >> 16)])
                    .collect();
                out.truncate(count);
                out
            })
        };
        let (rows, actions) = (batch.length * batch.size, model.action_dim);
        let unroll = match algorithm.value_learning {
            ValueLearning::QOffPolicy => 1,
            ValueLearning::VOnPolicy => algorithm.value_horizon,
        };
        let policies = model.policies.iter().zip(0..).map(|(policy, i)| {
            let max_q = policy.kind == PolicyKind::MaxQ;
            let rows = if max_q { rows + batch.size } else { rows };
            PolicyNoise {
                action: normals(16 + i, rows * actions),
                members: if max_q { member_pair(words(32 + i, 0), members) } else { Vec::new() },
                dropout: if max_q { mask(48 + i, members.min(2) * rows * hidden) } else { None },
            }
        });
        Self {
            target_action: normals(0, unroll * rows * actions),
            target_members: member_pair(words(1, 0), members),
            dropout: mask(2, members * rows * hidden),
            policies: policies.collect(),
        }
    }

    /// The stream from which the batch of update number `update` is sampled.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "runs have fewer than 2^32 updates")]
    pub fn replay_stream(seed: u64, update: u64) -> Stream {
        Stream::new(seed, Purpose::Replay, update as u32)
    }
}
