//! Packing a model's weights, on the device.

use std::fmt;

use burn::backend::Cube;
use burn::backend::wgpu::into_contiguous;
use burn_cubecl::cubecl::client::Client;
use burn_cubecl::cubecl::server::Handle;

use super::super::PlannerError;
use super::GpuUnavailable;
use super::geometry::Geometry;
use super::launch::{Launcher, Name};
use super::layout::{Layout, MAX_LAYERS, Placement};
use crate::model::WorldModel;
use crate::planner::Precision;

/// Tensors packed per launch.
const AT_ONCE: usize = 5;
/// Invocations per workgroup.
const THREADS: usize = 64;
/// Groups of four columns per workgroup, as in `shaders/plan_pack.wgsl`.
const GROUPS: usize = 4;

/// Packed weights, and the positions of the networks in them.
#[derive(Clone)]
pub struct Weights {
    pub layout: Layout,
    pub handle: Handle,
    pub client: Client,
}

impl fmt::Debug for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weights").field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl Weights {
    /// Packs the weights of `model`; also returns the number of dispatches.
    ///
    /// # Errors
    /// If the model is on another kind of device, or too large.
    pub fn pack(model: &WorldModel, precision: Precision) -> Result<(Self, usize), PlannerError> {
        let mut layout = Layout::of(model, precision);
        let tensors = std::mem::take(&mut layout.tensors);
        if layout.layers.len() > MAX_LAYERS {
            let found = layout.layers.len();
            return Err(GpuUnavailable::Layers { found, limit: MAX_LAYERS }.into());
        }
        let primitives: Vec<_> = tensors
            .iter()
            .map(|placement| {
                let tensor = placement.tensor.clone().without_autodiff();
                tensor.try_into_primitive::<Cube>().map(into_contiguous).map_err(|_| GpuUnavailable::Runtime)
            })
            .collect::<Result<_, _>>()?;
        let client = primitives.first().ok_or(GpuUnavailable::Runtime)?.client.clone();
        let mut launcher = Launcher { client: &client, launches: 0 };
        let handle = launcher.empty("packed weights", 4 * layout.size)?;
        let none: Vec<Handle> = (0..AT_ONCE).map(|_| launcher.empty("nothing", 4)).collect::<Result<_, _>>()?;
        let geometry = Geometry::plain(THREADS);
        for (placements, sources) in tensors.chunks(AT_ONCE).zip(primitives.chunks(AT_ONCE)) {
            let mut buffers: Vec<&Handle> = sources.iter().map(|source| &source.handle).collect();
            buffers.extend(&none[..AT_ONCE - sources.len()]);
            buffers.push(&handle);
            let mut words: Vec<u32> = placements.iter().flat_map(shape).collect();
            words.resize(8 * AT_ONCE, 0);
            let count: usize = placements.iter().map(blocks).sum();
            let columns = count.min(65_535);
            launcher.launch(Name::Pack, geometry, [columns, count.div_ceil(columns.max(1))], &buffers, &words)?;
        }
        let count = launcher.launches;
        Ok((Self { layout, handle, client }, count))
    }
}

/// Returns the workgroups that pack a tensor.
fn blocks(placement: &Placement) -> usize {
    placement.dims()[0] * placement.groups().div_ceil(GROUPS)
}

/// Must match `Shape` in `shaders/plan_pack.wgsl`.
#[allow(clippy::cast_possible_truncation, reason = "buffers are smaller than 2^32 bytes")]
fn shape(placement: &Placement) -> [u32; 8] {
    let [_, rows, columns] = placement.dims();
    let Placement { at, stride, factors, rows: written, .. } = *placement;
    let (factors, factors_stride) = factors.map_or((0, 0), |factors| (factors.at, factors.stride));
    [blocks(placement), rows, columns, at, stride, written, factors, factors_stride].map(|x| x as u32)
}
