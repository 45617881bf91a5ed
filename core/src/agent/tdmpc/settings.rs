//! The algorithm family as a design space with four axes (BMPC, section 5.3 and Figure 7a; Bootstride's notes, section
//! 8).

use serde::{Deserialize, Serialize};

use crate::model::{PolicyKind, PolicyLearning, Termination, ValueLearning};
use crate::planner::{Guide, MOST_STATES};
use crate::settings::{Limit, Rule, table};

const POLICY: Limit = Limit::OneOf(&["max-q", "imitation"]);
const POLICIES: Limit = Limit::OneOf(&["max-q", "imitation", "both"]);

table! {
    /// A point of the family. The default is BMPC.
    pub struct AlgorithmConfig in "algorithm" {
        /// Name of the preset that this started from: bmpc, tdmpc2, variant1, variant2, variant3, or a custom name.
        pub name: String = "bmpc".into(), limit Limit::Name;
        /// Axis 1: which policies are learned.
        pub policy_learning: PolicyLearning = PolicyLearning::Imitation, limit POLICIES;
        /// Axis 2: which value is learned, and from what.
        pub value_learning: ValueLearning = ValueLearning::VOnPolicy,
            limit Limit::OneOf(&["q-off-policy", "v-on-policy"]);
        /// Members of the value ensemble: 2 in BMPC, 5 in TD-MPC2 and the variants.
        pub value_members: usize = 2, limit Limit::Whole(1, 64);
        /// Model steps unrolled for an on-policy target, N of BMPC's Eq. 9. Not used off-policy.
        pub value_horizon: usize = 1, limit Limit::Whole(1, 100);
        /// Whether the model predicts where episodes end.
        pub termination: Termination = Termination::Bootstrap, limit Limit::OneOf(&["bootstrap", "learned"]);
        /// How the drawn members of the target ensemble are combined.
        pub target_reduction: TargetReduction = TargetReduction::Mean, limit Limit::OneOf(&["min", "mean"]);
        /// Axis 3: the policy whose actions form the value targets and, with a Q value, complete a planned sequence.
        pub target_policy: PolicyKind = PolicyKind::Imitation, limit POLICY;
        /// Axis 4: which policies propose action sequences to the planner.
        pub guide: Guide = Guide::Imitation, limit POLICIES;
        /// Weight of the entropy bonus in both policy losses.
        pub entropy_coefficient: f32 = 1e-4, limit Limit::NOT_NEGATIVE;
        /// Decisions between two rounds of lazy reanalyze (k); 0 turns it off.
        pub reanalyze_interval: usize = 10, limit Limit::Whole(0, 1_000_000);
        /// Sequences of a batch that one round replans (b).
        pub reanalyze_batch: usize = 20, limit Limit::COUNT;
        /// Where and when a round is planned.
        pub reanalyze: ReanalyzeTiming = ReanalyzeTiming::Inline, limit Limit::OneOf(&["inline", "delayed", "free"]);
        /// Updates between the start of a round and the use of its experts if `reanalyze` is delayed.
        pub reanalyze_delay: usize = 10, limit Limit::COUNT;
    }
}

impl AlgorithmConfig {
    /// Returns whether the replay buffer stores the planner's expert distributions: an imitation policy learns from
    /// them, and only then may reanalyze renew them.
    #[must_use]
    pub fn stores_experts(&self) -> bool {
        self.policy_learning.learns(PolicyKind::Imitation)
    }

    /// The sizes of a round of reanalyze, for updates of `batch` sequences of this length, which the setting of this
    /// name gives.
    pub(crate) fn reanalyze_rules(&self, batch: usize, (setting, length): (&str, usize)) -> Vec<Rule> {
        let (off, sequences) = (self.reanalyze_interval == 0, self.reanalyze_batch);
        vec![
            Rule::new(
                "algorithm.reanalyze_batch",
                off || sequences <= batch,
                format!("at most training.batch = {batch}"),
            ),
            Rule::new(
                "algorithm.reanalyze_batch",
                off || sequences * length <= MOST_STATES,
                format!("at most {MOST_STATES} / {setting} = {}", MOST_STATES / length.max(1)),
            ),
        ]
    }

    /// The combinations of the four axes that make sense: a policy can only be used if it is learned, a policy that
    /// maximises Q needs a Q, and reanalyze renews what a policy imitates.
    pub(crate) fn family_rules(&self) -> Vec<Rule> {
        let (learning, on_policy) = (self.policy_learning, self.value_learning == ValueLearning::VOnPolicy);
        let learned = match learning {
            PolicyLearning::MaxQ => "max-q, the only policy that algorithm.policy_learning = max-q learns",
            PolicyLearning::Imitation => "imitation, the only policy that algorithm.policy_learning = imitation learns",
            PolicyLearning::Both => "max-q or imitation",
        };
        vec![
            Rule::new(
                "algorithm.value_learning",
                !on_policy || learning == PolicyLearning::Imitation,
                "q-off-policy, since a policy that maximises Q needs a Q; v-on-policy goes with \
                 algorithm.policy_learning = imitation alone",
            ),
            Rule::new("algorithm.target_policy", learning.learns(self.target_policy), learned),
            Rule::new("algorithm.guide", self.guide.policies().iter().all(|kind| learning.learns(*kind)), learned),
            Rule::new(
                "algorithm.reanalyze_interval",
                self.reanalyze_interval == 0 || learning.learns(PolicyKind::Imitation),
                "0, since reanalyze renews the experts that a policy imitates, and algorithm.policy_learning = max-q \
                 learns no such policy",
            ),
        ]
    }
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
