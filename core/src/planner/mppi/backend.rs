//! Selection of the back end of MPPI.

use burn::tensor::Device;

use super::{CpuMppi, GpuMppi, GpuUnavailable, Launches, PlainMppi};
use crate::model::WorldModel;
use crate::planner::{EngineChoice, Plan, PlanRequest, Planner, PlannerError, PlannerSettings, Precision};

/// One of the back ends.
#[derive(Clone, Debug)]
pub enum MppiBackend {
    /// Plain Burn operations.
    Plain(PlainMppi),
    /// Fused for the CPU.
    Fused(Box<CpuMppi>),
    /// Fused for a GPU.
    Wgsl(Box<GpuMppi>),
}

/// The selected back end.
enum Taken {
    Plain,
    Cpu,
    Gpu,
    /// The networks are on a device that does not support the GPU back end.
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

impl MppiBackend {
    /// Returns the requested back end, or the one suited to a model on `device`; [`explain`](Self::explain) returns
    /// which one and why.
    #[must_use]
    pub fn new(choice: EngineChoice, precision: Precision, device: &Device) -> Self {
        match (take(choice, device), choice) {
            (Taken::Gpu, _) => Self::Wgsl(Box::new(GpuMppi::new(precision))),
            (Taken::Cpu, _) | (Taken::Refused(_), EngineChoice::Fused) => Self::Fused(Box::default()),
            (Taken::Plain | Taken::Refused(_), _) => Self::Plain(PlainMppi),
        }
    }

    /// Returns which back end [`new`](Self::new) selects for `choice` on `device`, and why, as one line.
    #[must_use]
    pub fn explain(choice: EngineChoice, device: &Device) -> String {
        match (take(choice, device), choice) {
            (Taken::Plain, _) => "plain: requested".into(),
            (Taken::Cpu, _) => "fused for the CPU: the networks are on the CPU".into(),
            (Taken::Gpu, _) => {
                "fused for the GPU, in WGSL: the networks are on the GPU, and the device meets the requirements".into()
            }
            (Taken::Refused(reason), EngineChoice::Fused) => format!("fused for the CPU: {reason}"),
            (Taken::Refused(reason), _) => format!("plain: {reason}"),
        }
    }

    /// Returns the dispatches of the last plan, if the back end counts them.
    #[must_use]
    pub fn launches(&self) -> Option<Launches> {
        match self {
            Self::Plain(_) | Self::Fused(_) => None,
            Self::Wgsl(engine) => Some(engine.launches()),
        }
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "plain",
            Self::Fused(_) => "fused",
            Self::Wgsl(_) => "wgsl",
        }
    }
}

impl Planner for MppiBackend {
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
