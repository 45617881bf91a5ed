//! Guided MPPI in WGSL: the same plan as [`PlainMppi`](super::PlainMppi) in a handful of kernels, for native GPUs and
//! the browser's WebGPU.
//!
//! Weights are packed on the device after they change. A plan consists of latent states, the policies' sequences, then
//! per iteration one kernel that samples and scores sequences and one that makes the next distribution from the elites;
//! one submission and one read. The kernels are in `shaders/`, with an index in its README.
//!
//! If the activations of a model's widest layer do not fit workgroup memory (beyond 1024 outputs), the same plan is
//! made layer by layer: one dispatch for each, activations in storage buffers, still one read. [`GpuMppi::per_layer`]
//! selects this path whatever the widths are: it is the readable reference for the fused kernels.

mod geometry;
mod launch;
mod layers;
mod layout;
mod pack;
mod program;
mod readback;

use std::borrow::Cow;

use burn::backend::{DispatchDevice, RuntimeId};
use burn::tensor::Device;
use burn_cubecl::cubecl::server::Handle;
use thiserror::Error;

use super::{NoiseSource, Plan, PlanNoise, PlanRequest, PlanShape, Planner, PlannerError, PlannerSettings, check};
use crate::model::WorldModel;
use crate::planner::Precision;
use geometry::Geometry;
pub use geometry::Processor;
use launch::{Launcher, Name, read};
use layers::Layers;
use pack::Weights;
use program::{PlanBuffer, Program};
use readback::Readback;

/// The reason why a device does not support this back end.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GpuUnavailable {
    /// The device is not a wgpu device.
    #[error("the WGSL back end needs networks on a wgpu device")]
    Runtime,
    /// The runtime compiles to something other than WGSL.
    #[error("the WGSL back end needs a runtime that accepts WGSL, but this one is {0}")]
    Language(String),
    /// A limit below WebGPU's guaranteed minimum.
    #[error("the WGSL back end needs at least {needed} {what}, but this device has {found}")]
    Limit {
        /// The limit.
        what: &'static str,
        /// The device's value.
        found: usize,
        /// The value that the kernels need.
        needed: usize,
    },
    /// The networks have too many layers.
    #[error("the WGSL back end supports at most {limit} layers in all networks, but this model has {found}")]
    Layers {
        /// The model's layers.
        found: usize,
        /// The back end's limit.
        limit: usize,
    },
}

/// Dispatches of the last plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Launches {
    /// For packing weights, after they changed.
    pub pack: usize,
    /// For planning.
    pub plan: usize,
}

/// The WGSL back end, for a GPU.
#[derive(Clone, Debug, Default)]
pub struct GpuMppi {
    precision: Precision,
    /// Whether to plan layer by layer whatever the widths are.
    per_layer: bool,
    /// The weights packed last, and the version of the model that they come from.
    weights: Option<(u64, Weights)>,
    launches: Launches,
    processor: Option<Processor>,
}

/// The work per workgroup of the update.
const UPDATE: Geometry = Geometry::plain(256);

impl GpuMppi {
    /// Returns a back end that stores weights at this precision.
    #[must_use]
    pub fn new(precision: Precision) -> Self {
        Self { precision, ..Self::default() }
    }

    /// Returns the same back end with kernels tuned for this processor, whatever the adapter is: plans are the same,
    /// but not as fast.
    #[must_use]
    pub fn suited_to(self, processor: Processor) -> Self {
        Self { processor: Some(processor), ..self }
    }

    /// Returns a back end that plans layer by layer even if the fused kernels would work: slower, but simpler to read.
    #[must_use]
    pub fn per_layer(precision: Precision) -> Self {
        Self { per_layer: true, ..Self::new(precision) }
    }

    /// Checks whether `device` supports this back end.
    ///
    /// # Errors
    /// The missing feature or limit.
    pub fn check(device: &Device) -> Result<(), GpuUnavailable> {
        let device = device.clone().without_autodiff();
        let DispatchDevice::Cube(device) = device.as_dispatch() else { return Err(GpuUnavailable::Runtime) };
        if device.runtime() != RuntimeId::Wgpu {
            return Err(GpuUnavailable::Runtime);
        }
        let client = device.client();
        if client.name() != "wgpu<wgsl>" {
            return Err(GpuUnavailable::Language(client.name().into()));
        }
        let limits = &client.properties().hardware;
        let needs = [
            ("bytes of workgroup memory", limits.max_shared_memory_size, 16_384),
            ("invocations per workgroup", limits.max_units_per_cube as usize, 256),
            // The runtime reserves one of them for itself.
            ("storage buffers per kernel", limits.max_bindings as usize, 6),
        ];
        match needs.into_iter().find(|(_, found, needed)| found < needed) {
            Some((what, found, needed)) => Err(GpuUnavailable::Limit { what, found, needed }),
            None => Ok(()),
        }
    }

    /// Returns the dispatches of the last plan.
    #[must_use]
    pub fn launches(&self) -> Launches {
        self.launches
    }
}

/// Returns what executes kernels on `device`.
fn processor(device: &Device) -> Processor {
    match device.clone().without_autodiff().as_dispatch() {
        DispatchDevice::Cube(device) => Processor::of(&device.client()),
        _ => Processor::Gpu,
    }
}

impl Planner for GpuMppi {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        let shape = check(model, settings, request)?;
        let noise = match &request.noise {
            NoiseSource::Key(key) => Cow::Owned(PlanNoise::draw_choices(*key, &shape, request.mode)),
            NoiseSource::Given(noise) => Cow::Borrowed(*noise),
        };
        let (weights, packed) = match self.weights.take() {
            Some((version, weights)) if version == model.version() => (weights, 0),
            _ => Weights::pack(model, self.precision)?,
        };
        let weights = &self.weights.insert((model.version(), weights)).1;
        // Activations of wider models do not fit workgroup memory: those models plan layer by layer.
        let rows = shape.states * shape.samples;
        let processor = self.processor.unwrap_or_else(|| processor(&model.device()));
        let geometry = Geometry::of(&weights.layout, shape.action_dim, rows, self.precision, processor);
        let fused = geometry.filter(|_| !self.per_layer);
        let buffer = PlanBuffer::of(&shape, model.latent_dim);
        let program = Program { model, settings, request, noise: &noise, shape, layout: &weights.layout, buffer };
        let mut launcher = Launcher { client: &weights.client, launches: 0 };
        let left = enqueue(&program, fused, self.precision, weights, &mut launcher)?;
        self.launches = Launches { pack: packed, plan: launcher.launches };
        let data = read(&weights.client, left).await?;
        Ok(Readback { shape, settings, mode: request.mode, noise: &noise, trace: request.trace }.plan(data))
    }
}

/// Enqueues a whole plan; returns the buffers to read: without a trace the last iteration's outcome, with one the
/// plan's buffer, then each iteration's outcome, sequences and values. Without a geometry for fused kernels, plans
/// layer by layer.
fn enqueue(
    program: &Program<'_>,
    fused: Option<Geometry>,
    precision: Precision,
    weights: &Weights,
    launcher: &mut Launcher<'_>,
) -> Result<Vec<Handle>, PlannerError> {
    let Program { settings, request, noise, shape, .. } = program;
    let PlanShape { states, samples, policy_samples, iterations, horizon, action_dim, .. } = *shape;
    let width = horizon * action_dim;
    // All uploads come first: each would otherwise force a submission.
    let observations = launcher.upload("observations", request.observations)?;
    let plan = launcher.upload("the plan's buffer", &initial(program))?;
    let policy_noise = launcher.upload("noise of the policies", &noise.policy)?;
    let noises: Vec<Handle> = match request.noise {
        NoiseSource::Key(_) => vec![policy_noise.clone()],
        NoiseSource::Given(_) => (0..iterations)
            .map(|i| launcher.upload("noise", &[&noise.samples[i][..], &noise.terminal[i]].concat()))
            .collect::<Result<_, _>>()?,
    };
    let size = Readback::size(shape, settings);
    let copies = if request.trace { iterations } else { 1 };
    let buffers: Vec<[Handle; 3]> = (0..copies)
        .map(|_| {
            Ok([
                launcher.empty("outcomes", states * size)?,
                launcher.empty("sequences", states * samples * width)?,
                launcher.empty("values", states * samples)?,
            ])
        })
        .collect::<Result<_, PlannerError>>()?;
    let packed = &weights.handle;
    let layers = fused.is_none().then(|| Layers::new(program, weights, precision, launcher)).transpose()?;
    let words = program.words(0);
    if let Some(geometry) = fused {
        let rows = geometry.rows;
        launcher.launch(Name::Encode, geometry, [states.div_ceil(rows), 1], &[packed, &observations, &plan], &words)?;
        if policy_samples > 0 {
            let guides = settings.guides.len().max(1);
            let groups = guides * (policy_samples / guides).div_ceil(rows);
            launcher.launch(Name::Propose, geometry, [groups, states], &[packed, &plan, &policy_noise], &words)?;
        }
    } else if let Some(layers) = &layers {
        layers.encode(launcher, &observations, &plan)?;
        layers.propose(launcher, &plan, &policy_noise)?;
    }
    for iteration in 0..iterations {
        let words = program.words(iteration);
        let noise = &noises[iteration.min(noises.len() - 1)];
        let [outcome, sequences, values] = &buffers[iteration.min(copies - 1)];
        if let Some(geometry) = fused {
            let scored = [packed, &plan, noise, sequences, values];
            launcher.launch(Name::Score, geometry, [samples.div_ceil(geometry.rows), states], &scored, &words)?;
        } else if let Some(layers) = &layers {
            layers.score(launcher, iteration, [&plan, noise, sequences, values])?;
        }
        launcher.launch(Name::Update, UPDATE, [states, 1], &[&plan, sequences, values, outcome], &words)?;
    }
    Ok(if request.trace {
        std::iter::once(plan).chain(buffers.into_iter().flatten()).collect()
    } else {
        buffers.into_iter().next().into_iter().flat_map(|[outcome, ..]| [outcome]).collect()
    })
}

/// Returns the plan's initial buffer: zeros, the shifted means of the previous plans, and the largest deviation.
fn initial(program: &Program<'_>) -> Vec<f32> {
    let PlanShape { horizon, action_dim, .. } = program.shape;
    let (width, buffer) = (horizon * action_dim, program.buffer);
    let mut data = vec![0.0; buffer.size];
    let means = data[buffer.mean..buffer.std].chunks_mut(width.max(1));
    for (mean, previous) in means.zip(program.request.previous_means) {
        if let Some(previous) = previous {
            mean[..width - action_dim].copy_from_slice(&previous[action_dim..]);
        }
    }
    data[buffer.std..].fill(program.settings.config.max_std);
    data
}
