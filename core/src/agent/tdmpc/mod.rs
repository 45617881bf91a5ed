//! The TD-MPC2 family: world model, value and policies learned from batches of replay, for every point of the family.
//!
//! One update, in the published order: value targets from the current networks, the world model and value, the policies
//! on the latent states of that same rollout, then the target ensemble. `learner` orders the steps, `losses` and
//! `targets` are pure functions of networks, batch and random numbers.

mod actor;
mod batch;
mod learner;
mod losses;
mod noise;
mod reanalyze;
mod scale;
mod settings;
mod store;
mod targets;

pub use actor::{PlanningActor, PolicyActor, TdmpcActor};
pub use batch::{BatchTensors, ExpertTensors};
pub use learner::{Agent, UpdateMetrics};
pub use noise::{PolicyNoise, UpdateNoise};
pub use reanalyze::{Experts, ReanalyzeJob};
pub use scale::RunningScale;
pub use settings::{AlgorithmConfig, ReanalyzeTiming, TargetReduction};
pub use store::StoredAgent;

use crate::compute::cpu::both;

/// Runs two independent pieces of work: in parallel on a CPU, in order on a GPU, where both go to one queue. Results
/// are the same to the bit.
fn side_by_side<A: Send, B: Send>(on_cpu: bool, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if on_cpu { both(a, b) } else { (a(), b()) }
}
