//! The four axes of the algorithm family, with their labels.

use bootstride_core::model::{PolicyKind, PolicyLearning, ValueLearning};
use bootstride_core::planner::Guide;
use serde::Serialize;

/// A choice: value, label, and explanation.
pub type Choice<T> = (T, &'static str, &'static str);

/// Axis 1.
pub const POLICY_LEARNING: [Choice<PolicyLearning>; 3] = [
    (PolicyLearning::MaxQ, "max-Q", "The policy π maximises the value Q of its actions (TD-MPC2, Eq. 6)."),
    (PolicyLearning::Imitation, "imitate", "The policy π imitates the planner, its expert (BMPC, Eq. 8)."),
    (PolicyLearning::Both, "both", "Two policies are learned in parallel: one maximises Q, one imitates the planner."),
];

/// Axis 2.
pub const VALUE_LEARNING: [Choice<ValueLearning>; 2] = [
    (ValueLearning::QOffPolicy, "Q off-policy", "Q(z, a) is learned from replayed transitions (TD-MPC2, Eq. 4)."),
    (
        ValueLearning::VOnPolicy,
        "V on-policy",
        "V(z) is learned from the policy's own actions, unrolled through the world model (BMPC, Eq. 9).",
    ),
];

/// Axis 3.
pub const TARGET_POLICY: [Choice<PolicyKind>; 2] = [
    (PolicyKind::MaxQ, "max-Q", "Value targets use the actions of the policy that maximises Q."),
    (PolicyKind::Imitation, "imitation", "Value targets use the actions of the policy that imitates the planner."),
];

/// Axis 4.
pub const GUIDE: [Choice<Guide>; 3] = [
    (Guide::MaxQ, "max-Q", "The policy that maximises Q proposes sequences to MPPI."),
    (Guide::Imitation, "imitate", "The policy that imitates the planner proposes sequences to MPPI."),
    (Guide::Both, "both", "Both policies propose P sequences each."),
];

/// Returns a value as written in configurations.
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
