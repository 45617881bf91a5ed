//! The choice among the engines.

use burn::tensor::Device;

use super::{FusedMppi, PlainMppi, Plan, PlanRequest, Planner, PlannerError, PlannerSettings};
use crate::config::EngineChoice;
use crate::model::WorldModel;

/// One of the engines.
#[derive(Clone, Debug)]
pub enum Engine {
    /// Plain Burn operations.
    Plain(PlainMppi),
    /// Fused for the CPU.
    Fused(Box<FusedMppi>),
}

impl Engine {
    /// The engine that was asked for, or that suits a model on `device`.
    #[must_use]
    pub fn new(choice: EngineChoice, device: &Device) -> Self {
        let on_cpu = device.clone().without_autodiff() == Device::flex();
        match choice {
            EngineChoice::Auto if on_cpu => Self::Fused(Box::default()),
            EngineChoice::Fused => Self::Fused(Box::default()),
            EngineChoice::Auto | EngineChoice::Plain => Self::Plain(PlainMppi),
        }
    }

    /// Its name, as in the configuration.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "plain",
            Self::Fused(_) => "fused",
        }
    }
}

impl Planner for Engine {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        match self {
            Self::Plain(engine) => engine.plan(model, settings, request).await,
            Self::Fused(engine) => engine.plan(model, settings, request).await,
        }
    }
}
