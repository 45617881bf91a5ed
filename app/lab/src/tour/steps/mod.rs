//! The steps: from random search to a bootstrapped agent.

mod learning;
mod planning;

use super::step::Step;

/// All steps, in order.
pub const STEPS: [Step; 8] = [
    planning::SHOOTING,
    planning::MPPI,
    planning::GUIDE,
    planning::TEMPERATURE,
    learning::IMITATION,
    learning::BOOTSTRAPPING,
    learning::GAP,
    learning::REANALYZE,
];
