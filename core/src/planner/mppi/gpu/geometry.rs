//! How networks are distributed over workgroups.

use burn_cubecl::cubecl::client::Client;

use super::layout::Layout;
use crate::planner::Precision;

/// Workgroup memory that every device has, in bytes (WebGPU's `maxComputeWorkgroupStorageSize`).
const MEMORY: usize = 16_384;
/// Invocations per workgroup that every device supports (WebGPU's `maxComputeInvocationsPerWorkgroup`).
const INVOCATIONS: usize = 256;
/// Workgroups that keep a large GPU busy.
const BUSY: usize = 128;

/// What executes the kernels, which decides how much work each invocation gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// A GPU: many invocations with one group of columns each, and few rows per workgroup while there are few
    /// workgroups.
    Gpu,
    /// A software adapter (llvmpipe, `SwiftShader`): an invocation is one lane of a vector register whose loads are all
    /// made one by one, and few workgroups are enough. The more multiply-adds share a load, the better.
    Cpu,
}

/// The constants at the beginning of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Invocations per workgroup.
    pub threads: usize,
    /// Columns of the activations in workgroup memory.
    pub width: usize,
    /// Groups of four columns per invocation.
    pub groups: usize,
    /// Rows per workgroup, an even number.
    pub rows: usize,
    /// Dimensions of an action per invocation.
    pub actions: usize,
    /// Whether weights are 16-bit fractions of their column's largest weight.
    pub half: bool,
}

impl Processor {
    /// Returns the processor behind a client. GPUs have planes of at least 16 lanes, at least in part; a vector
    /// register has at most 8.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        if client.properties().hardware.plane_size_max <= 8 { Self::Cpu } else { Self::Gpu }
    }
}

impl Geometry {
    /// Returns how networks of this layout are distributed for plans with `rows` sequences in total; `None` if they are
    /// too wide.
    pub fn of(
        layout: &Layout,
        action_dim: usize,
        rows: usize,
        precision: Precision,
        processor: Processor,
    ) -> Option<Self> {
        let columns = layout.widest_output().div_ceil(4);
        // Few different widths, so that models share compiled kernels.
        let width = (layout.widest_input() + 1).max(4 * columns).next_multiple_of(32);
        let of_rows = |rows: usize| {
            let (most, plane) = match processor {
                Processor::Gpu => (1, 32),
                // Larger tiles take the driver's compiler too long.
                Processor::Cpu => ((64 / rows).min(8), 8),
            };
            let threads = columns.div_ceil(most).next_multiple_of(plane);
            let groups = columns.div_ceil(threads);
            let half = precision == Precision::Half;
            Self { threads, width, groups, rows, actions: action_dim.div_ceil(threads), half }
        };
        let choices: &[usize] = match processor {
            Processor::Gpu => &[8, 4, 2],
            Processor::Cpu => &[16, 8, 6, 4, 2],
        };
        let fits = |geometry: &Self| {
            let busy = processor == Processor::Cpu || geometry.rows <= 4 || geometry.rows * BUSY <= rows;
            busy && geometry.threads <= INVOCATIONS && geometry.memory() <= MEMORY
        };
        choices.iter().map(|&rows| of_rows(rows)).find(fits)
    }

    /// Returns the workgroup memory that `network.wgsl` uses, in bytes.
    fn memory(&self) -> usize {
        4 * self.rows * (self.width + 2 * self.threads + 3)
    }

    /// Returns the geometry of a kernel without networks.
    pub const fn plain(threads: usize) -> Self {
        Self { threads, width: 0, groups: 1, rows: 4, actions: 1, half: false }
    }
}
