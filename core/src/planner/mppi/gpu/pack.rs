//! Packing a model's weights, on the device.

use std::fmt;

use bootstride_shaders::planner::PACK;
use bootstride_shaders::{MAX_LAYERS, PACK_GROUPS, PACK_TENSORS};
use burn::backend::Cube;
use burn::backend::wgpu::into_contiguous;
use burn_cubecl::cubecl::client::Client;
use burn_cubecl::cubecl::server::Handle;

use super::super::PlannerError;
use super::GpuUnavailable;
use super::geometry::Geometry;
use super::layout::{Layout, Placement};
use super::params::{PackParams, PackShape};
use crate::compute::gpu::uniform::words;
use crate::compute::gpu::{MAX_GROUPS, Queue};
use crate::model::WorldModel;
use crate::planner::Precision;

/// Invocations per workgroup.
const THREADS: usize = 64;

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
        let mut queue = Queue::new(&client);
        let handle = queue.empty("packed weights", 4 * layout.size)?;
        let none: Vec<Handle> = (0..PACK_TENSORS).map(|_| queue.empty("nothing", 4)).collect::<Result<_, _>>()?;
        let geometry = Geometry::plain(THREADS);
        for (placements, sources) in tensors.chunks(PACK_TENSORS).zip(primitives.chunks(PACK_TENSORS)) {
            let mut buffers: Vec<&Handle> = sources.iter().map(|source| &source.handle).collect();
            buffers.extend(&none[..PACK_TENSORS - sources.len()]);
            buffers.push(&handle);
            let mut params = PackParams::default();
            for (to, from) in params.shape.iter_mut().zip(placements) {
                *to = shape(from);
            }
            let count: usize = placements.iter().map(blocks).sum();
            let columns = count.min(MAX_GROUPS);
            let grid = [columns, count.div_ceil(columns.max(1))];
            queue.launch(geometry.kernel(&PACK), grid, &buffers, &words(&params))?;
        }
        let count = queue.launches;
        Ok((Self { layout, handle, client }, count))
    }
}

/// Returns the workgroups that pack a tensor.
fn blocks(placement: &Placement) -> usize {
    placement.dims()[0] * placement.groups().div_ceil(PACK_GROUPS)
}

/// Returns what packs a tensor.
#[allow(clippy::cast_possible_truncation, reason = "buffers are smaller than 2^32 bytes")]
fn shape(placement: &Placement) -> PackShape {
    let [_, rows, columns] = placement.dims();
    let Placement { at, stride, factors, rows: written, .. } = *placement;
    let (factors, factors_stride) = factors.map_or((0, 0), |factors| (factors.at, factors.stride));
    PackShape {
        blocks: blocks(placement) as u32,
        rows: rows as u32,
        columns: columns as u32,
        at: at as u32,
        stride: stride as u32,
        written: written as u32,
        factors: factors as u32,
        factors_stride: factors_stride as u32,
    }
}
