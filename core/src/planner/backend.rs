//! The configured planner.

use burn::tensor::Device;

use super::custom::CustomPlanner;
use super::mppi::{Launches, MppiBackend};
use super::{EngineChoice, MPPI, Plan, PlanRequest, Planner, PlannerError, PlannerSettings, Precision};
use crate::model::WorldModel;
use crate::nn::Ops;

/// Plans with the planner that the settings name: `planner.kind`, which may change between plans.
#[derive(Clone, Debug)]
pub struct PlannerBackend {
    mppi: MppiBackend,
    /// The registered planner of the last plan.
    custom: Option<CustomPlanner>,
}

impl PlannerBackend {
    /// Returns a planner with the requested back end, or the one suited to a model on `device`;
    /// [`explain`](Self::explain) returns which one and why. A [registered](super::register) planner has no back ends.
    #[must_use]
    pub fn new(choice: EngineChoice, precision: Precision, device: &Device) -> Self {
        Self { mppi: MppiBackend::new(choice, precision, device), custom: None }
    }

    /// Returns which back end [`new`](Self::new) selects for `choice` on `device`, and why, as one line.
    #[must_use]
    pub fn explain(choice: EngineChoice, device: &Device) -> String {
        MppiBackend::explain(choice, device)
    }

    /// Returns the dispatches of the last plan, if the back end counts them.
    #[must_use]
    pub fn launches(&self) -> Option<Launches> {
        self.mppi.launches()
    }

    /// Returns the name of the back end.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.mppi.name()
    }
}

impl Planner for PlannerBackend {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        if settings.config.kind == MPPI {
            return self.mppi.plan(model, settings, request).await;
        }
        let custom = match self.custom.take().filter(|custom| custom.is(&settings.config)) {
            Some(custom) => self.custom.insert(custom),
            None => self.custom.insert(CustomPlanner::new(&settings.config)?),
        };
        custom.plan(model, settings, request).await
    }
}

impl From<EngineChoice> for Ops {
    fn from(choice: EngineChoice) -> Self {
        match choice {
            EngineChoice::Plain => Self::Plain,
            EngineChoice::Auto | EngineChoice::Fused => Self::Fused,
        }
    }
}
