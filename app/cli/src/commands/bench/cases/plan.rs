//! `plan`: one plan for one state.

use bootstride_core::math::Purpose;
use bootstride_core::model::WorldModel;
use bootstride_core::planner::{NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner, PlannerSettings};
use bootstride_session::failure::Failure;
use pollster::block_on;

use super::{Case, Setup};

/// Plans for the first state of an episode, each time with new random numbers, as in a run.
pub struct Plan<P> {
    planner: P,
    model: WorldModel,
    settings: PlannerSettings,
    observation: Vec<f32>,
    seed: u64,
    decision: u32,
}

impl<P: Planner> Plan<P> {
    /// Returns the case for this planner.
    ///
    /// # Errors
    ///
    /// If the task cannot be made.
    pub fn new(setup: &Setup, planner: P) -> Result<Self, Failure> {
        Ok(Self {
            planner,
            model: setup.agent().model(),
            settings: setup.planner_settings(),
            observation: setup.environment()?.observe(),
            seed: setup.config.run.seed,
            decision: 0,
        })
    }
}

impl<P: Planner + Send> Case for Plan<P> {
    fn run(&mut self) -> Result<(), Failure> {
        let key = NoiseKey { seed: self.seed, purpose: Purpose::Plan, decision: self.decision };
        let request = PlanRequest {
            observations: &self.observation,
            previous_means: &[None],
            mode: PlanMode::Collect,
            noise: NoiseSource::Key(key),
            trace: false,
        };
        block_on(self.planner.plan(&self.model, &self.settings, &request))?;
        self.decision = self.decision.wrapping_add(1);
        Ok(())
    }
}
