//! Guided MPPI in WGSL: the same plan as [`PlainMppi`](super::PlainMppi) in a handful of kernels.

use burn::backend::{DispatchDevice, RuntimeId};
use burn::tensor::Device;
use thiserror::Error;

use super::{PlainMppi, Plan, PlanRequest, Planner, PlannerError, PlannerSettings};
use crate::config::Precision;
use crate::model::WorldModel;

/// Why a device cannot take this engine.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WgslUnavailable {
    /// The device is not one of wgpu's.
    #[error("the WGSL engine needs a device of wgpu")]
    Runtime,
    /// The runtime compiles to something else than WGSL.
    #[error("the WGSL engine needs a runtime that takes WGSL, this one is {0}")]
    Language(String),
    /// A limit below what WebGPU promises.
    #[error("the WGSL engine needs {what} of at least {needed}, this device has {found}")]
    Limit {
        /// The limit.
        what: &'static str,
        /// The device's.
        found: usize,
        /// The kernels'.
        needed: usize,
    },
}

/// Dispatches of the last plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Launches {
    /// To pack weights, after they changed.
    pub pack: usize,
    /// To plan.
    pub plan: usize,
}

/// The engine in WGSL, for a GPU.
#[derive(Clone, Debug, Default)]
pub struct WgslMppi {
    precision: Precision,
    launches: Launches,
}

impl WgslMppi {
    /// An engine that keeps weights at this precision.
    #[must_use]
    pub fn new(precision: Precision) -> Self {
        Self { precision, ..Self::default() }
    }

    /// Whether `device` can take this engine.
    ///
    /// # Errors
    /// Says what it lacks.
    pub fn check(device: &Device) -> Result<(), WgslUnavailable> {
        let device = device.clone().without_autodiff();
        let DispatchDevice::Cube(device) = device.as_dispatch() else { return Err(WgslUnavailable::Runtime) };
        if device.runtime() != RuntimeId::Wgpu {
            return Err(WgslUnavailable::Runtime);
        }
        let client = device.client();
        if client.name() != "wgpu<wgsl>" {
            return Err(WgslUnavailable::Language(client.name().into()));
        }
        let limits = &client.properties().hardware;
        let needs = [
            ("workgroup memory in bytes", limits.max_shared_memory_size, 16_384),
            ("invocations in a workgroup", limits.max_units_per_cube as usize, 256),
            // The runtime counts one less than the device has.
            ("storage buffers in a kernel", limits.max_bindings as usize, 6),
        ];
        match needs.into_iter().find(|(_, found, needed)| found < needed) {
            Some((what, found, needed)) => Err(WgslUnavailable::Limit { what, found, needed }),
            None => Ok(()),
        }
    }

    /// Dispatches of the last plan.
    #[must_use]
    pub fn launches(&self) -> Launches {
        self.launches
    }
}

impl Planner for WgslMppi {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        PlainMppi.plan(model, settings, request).await
    }
}
