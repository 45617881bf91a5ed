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
    /// The engine that was asked for, or that suits a model on `device`; [`explain`](Self::explain) says which and why.
    #[must_use]
    pub fn new(choice: EngineChoice, device: &Device) -> Self {
        match choice {
            EngineChoice::Auto if on_cpu(device) => Self::Fused(Box::default()),
            EngineChoice::Fused => Self::Fused(Box::default()),
            EngineChoice::Auto | EngineChoice::Plain => Self::Plain(PlainMppi),
        }
    }

    /// Which engine [`new`](Self::new) takes for `choice` on `device`, and why, as one line.
    #[must_use]
    pub fn explain(choice: EngineChoice, device: &Device) -> String {
        let why = match (choice, on_cpu(device)) {
            (EngineChoice::Auto, true) => "the networks are on the CPU, for which it is made",
            (EngineChoice::Auto, false) => "the networks are on a GPU, where tensor operations are",
            (EngineChoice::Plain, _) => "tensor operations, the readable reference",
            (EngineChoice::Fused, true) => "flat arrays on the CPU",
            (EngineChoice::Fused, false) => "flat arrays on the CPU, to which the weights are read after each update",
        };
        format!("{}: {why}", Self::new(choice, device).name())
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

fn on_cpu(device: &Device) -> bool {
    device.clone().without_autodiff() == Device::flex()
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
