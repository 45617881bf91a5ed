//! The algorithm family as a design space with four axes (BMPC, section 5.3 and Figure 7a; Bootstride's notes, section
//! 8).

use serde::{Deserialize, Serialize};

/// A network policy, named by how it is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// Maximises the value of its actions (TD-MPC2, Eq. 6): squashed Gaussian.
    MaxQ,
    /// Imitates the planner's action distribution (BMPC, Eq. 8): Gaussian with squashed mean.
    Imitation,
}

/// Axis 1: which policies are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyLearning {
    /// One policy that maximises Q.
    MaxQ,
    /// One policy that imitates the planner.
    Imitation,
    /// Both policies, learned alongside each other.
    Both,
}

/// Axis 2: which value is learned, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueLearning {
    /// Q(z, a) from replayed transitions (TD-MPC2, Eq. 4).
    QOffPolicy,
    /// V(z) from the policy's own actions, unrolled through the world model (BMPC, Eq. 9).
    VOnPolicy,
}

/// What the end of an episode means to the agent. In both modes, the off-policy target (TD-MPC2, Eq. 4) has no value
/// after a transition that the task reports as terminal. Tasks whose episodes end only when time is up are learned
/// alike in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Termination {
    /// The model does not predict ends, as in both papers: every plan goes on to its horizon and ends with the value
    /// there. An on-policy target (BMPC, Eq. 9) ends after its first step if the stored transition was terminal.
    #[default]
    Bootstrap,
    /// A termination head T(z) learns to predict whether the episode has ended in a latent state, as in the episodic
    /// mode of TD-MPC2's code: a predicted trajectory ends at the first state with T(z) > 1/2. Later rewards and the
    /// value at the horizon then count as 0, in plans and in on-policy targets.
    Learned,
}

/// How the two value members drawn for a TD target are reduced to one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetReduction {
    /// The smaller one.
    Min,
    /// Their average.
    Mean,
}

/// Axis 4: which policies propose action sequences to MPPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guide {
    /// The max-Q policy.
    MaxQ,
    /// The imitation policy.
    Imitation,
    /// Both, `planner.policy_samples` sequences each.
    Both,
}

/// Where and when the rounds of lazy reanalyze are planned. The published one is inline; the others take planning out
/// of the decision path, so that updates learn from experts that are some updates older.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReanalyzeTiming {
    /// Inline, before the update for which it is due; that update already learns from the new experts.
    #[default]
    Inline,
    /// On a background thread, with the networks of the update for which it is due. The experts are written to the
    /// replay buffer before the update `reanalyze_delay` later, which waits for them if necessary. The run is the same
    /// whatever the speed of the thread. If there are no threads (in a browser), the round is planned in place and its
    /// result is held back for as long.
    Delayed,
    /// On a background thread; the experts are written before the first update that finds them ready, and a round that
    /// falls due while another is being planned is skipped. The fastest, but the time a round takes decides what is
    /// learned: such a run cannot be repeated exactly. Inline if there are no threads.
    Free,
}

/// A point of the family. The default is BMPC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlgorithmConfig {
    /// Name of the preset that this started from: bmpc, tdmpc2, variant1, variant2, variant3, or a custom name.
    pub name: String,
    /// Axis 1.
    pub policy_learning: PolicyLearning,
    /// Axis 2.
    pub value_learning: ValueLearning,
    /// Members of the value ensemble: 2 in BMPC, 5 in TD-MPC2 and the variants.
    pub value_members: usize,
    /// Model steps unrolled for an on-policy target, N of BMPC's Eq. 9. Not used off-policy.
    pub value_horizon: usize,
    /// Whether the model predicts where episodes end.
    pub termination: Termination,
    /// How the drawn members of the target ensemble are combined.
    pub target_reduction: TargetReduction,
    /// Axis 3: the policy whose actions form the value targets and, with a Q value, complete a planned sequence.
    pub target_policy: PolicyKind,
    /// Axis 4.
    pub guide: Guide,
    /// Weight of the entropy bonus in both policy losses.
    pub entropy_coefficient: f32,
    /// Decisions between two rounds of lazy reanalyze (k); 0 turns it off.
    pub reanalyze_interval: usize,
    /// Sequences of a batch that one round replans (b).
    pub reanalyze_batch: usize,
    /// Where and when a round is planned.
    pub reanalyze: ReanalyzeTiming,
    /// Updates between the start of a round and the use of its experts if `reanalyze` is delayed.
    pub reanalyze_delay: usize,
}

impl Default for AlgorithmConfig {
    fn default() -> Self {
        Self {
            name: "bmpc".into(),
            policy_learning: PolicyLearning::Imitation,
            value_learning: ValueLearning::VOnPolicy,
            value_members: 2,
            value_horizon: 1,
            termination: Termination::Bootstrap,
            target_reduction: TargetReduction::Mean,
            target_policy: PolicyKind::Imitation,
            guide: Guide::Imitation,
            entropy_coefficient: 1e-4,
            reanalyze_interval: 10,
            reanalyze_batch: 20,
            reanalyze: ReanalyzeTiming::Inline,
            reanalyze_delay: 10,
        }
    }
}

impl PolicyLearning {
    /// Returns whether a policy of this kind is learned.
    #[must_use]
    pub fn learns(self, kind: PolicyKind) -> bool {
        match self {
            Self::Both => true,
            Self::MaxQ => kind == PolicyKind::MaxQ,
            Self::Imitation => kind == PolicyKind::Imitation,
        }
    }
}

impl Guide {
    /// Returns the guiding policies, in the order of their sequences among the samples.
    #[must_use]
    pub fn policies(self) -> &'static [PolicyKind] {
        match self {
            Self::MaxQ => &[PolicyKind::MaxQ],
            Self::Imitation => &[PolicyKind::Imitation],
            Self::Both => &[PolicyKind::MaxQ, PolicyKind::Imitation],
        }
    }
}
