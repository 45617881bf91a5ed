//! The choice among the engines.

use burn::tensor::Device;

use super::{
    CpuMppi, GpuMppi, GpuUnavailable, Launches, PlainMppi, Plan, PlanRequest, Planner, PlannerError, PlannerSettings,
};
use crate::config::{EngineChoice, Precision};
use crate::model::WorldModel;

/// One of the engines.
#[derive(Clone, Debug)]
pub enum PlannerBackend {
    /// Plain Burn operations.
    Plain(PlainMppi),
    /// Fused for the CPU.
    Fused(Box<CpuMppi>),
    /// Fused for a GPU.
    Wgsl(Box<GpuMppi>),
}

/// What decides which engine is taken.
enum Taken {
    Plain,
    Cpu,
    Gpu,
    /// The networks are on a device that cannot take the GPU's engine.
    Refused(GpuUnavailable),
}

fn take(choice: EngineChoice, device: &Device) -> Taken {
    let on_cpu = device.clone().without_autodiff() == Device::flex();
    match choice {
        EngineChoice::Plain => Taken::Plain,
        EngineChoice::Auto | EngineChoice::Fused if on_cpu => Taken::Cpu,
        EngineChoice::Auto | EngineChoice::Fused => match GpuMppi::check(device) {
            Ok(()) => Taken::Gpu,
            Err(reason) => Taken::Refused(reason),
        },
    }
}

impl PlannerBackend {
    /// The engine that was asked for, or that suits a model on `device`; [`explain`](Self::explain) says which and why.
    #[must_use]
    pub fn new(choice: EngineChoice, precision: Precision, device: &Device) -> Self {
        match (take(choice, device), choice) {
            (Taken::Gpu, _) => Self::Wgsl(Box::new(GpuMppi::new(precision))),
            (Taken::Cpu, _) | (Taken::Refused(_), EngineChoice::Fused) => Self::Fused(Box::default()),
            (Taken::Plain | Taken::Refused(_), _) => Self::Plain(PlainMppi),
        }
    }

    /// Which engine [`new`](Self::new) takes for `choice` on `device`, and why, as one line.
    #[must_use]
    pub fn explain(choice: EngineChoice, device: &Device) -> String {
        match (take(choice, device), choice) {
            (Taken::Plain, _) => "plain: asked for".into(),
            (Taken::Cpu, _) => "fused for the CPU: the networks are there".into(),
            (Taken::Gpu, _) => {
                "fused for the GPU, in WGSL: the networks are there, and the device meets its needs".into()
            }
            (Taken::Refused(reason), EngineChoice::Fused) => format!("fused for the CPU: {reason}"),
            (Taken::Refused(reason), _) => format!("plain: {reason}"),
        }
    }

    /// Dispatches of the last plan, where the engine counts them.
    #[must_use]
    pub fn launches(&self) -> Option<Launches> {
        match self {
            Self::Plain(_) | Self::Fused(_) => None,
            Self::Wgsl(engine) => Some(engine.launches()),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "plain",
            Self::Fused(_) => "fused",
            Self::Wgsl(_) => "wgsl",
        }
    }
}

impl Planner for PlannerBackend {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        match self {
            Self::Plain(engine) => engine.plan(model, settings, request).await,
            Self::Fused(engine) => engine.plan(model, settings, request).await,
            Self::Wgsl(engine) => engine.plan(model, settings, request).await,
        }
    }
}
