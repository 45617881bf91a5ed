//! A kernel with its constants, and its launch.

use bootstride_shaders::{Wgsl, constants};
use burn::backend::wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate};
use burn_cubecl::cubecl::client::Client;
use burn_cubecl::cubecl::server::{BufferBinding, KernelArguments, MetadataBindingInfo};
use burn_cubecl::cubecl::{CubeCount, ExecutionMode, prelude::KernelId};

/// Most workgroups along one dimension of a dispatch: WebGPU's limit.
pub const MAX_GROUPS: usize = 65_535;

/// A WGSL kernel with its constants.
#[derive(Clone, Debug)]
pub struct Kernel {
    source: Wgsl,
    /// Replacements of the names in double braces, in addition to those that all kernels share.
    constants: Vec<(&'static str, String)>,
    /// Invocations per workgroup.
    threads: usize,
    mode: ExecutionMode,
}

impl Kernel {
    /// Returns a kernel without constants of its own, for workgroups of this many invocations, at most 256. The number
    /// is inserted as `threads`.
    pub fn new(source: &Wgsl, threads: usize) -> Self {
        Self { source: *source, constants: Vec::new(), threads, mode: ExecutionMode::default() }
    }

    /// Sets a constant. Floats keep all their digits.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Debug) -> Self {
        self.constants.push((name, format!("{value:?}")));
        self
    }

    /// Has the kernel compiled without guards of its accesses: every index derives from checked sizes.
    #[must_use]
    pub fn unchecked(self) -> Self {
        Self { mode: ExecutionMode::Unchecked, ..self }
    }

    /// Queues the kernel for this many workgroups; the kernel computes a workgroup's number from both dimensions of the
    /// dispatch. The tensors are bound in order.
    pub fn launch(self, groups: usize, tensors: &[&CubeTensor]) {
        let Some(first) = tensors.first() else { return };
        let buffers = tensors.iter().map(|tensor| tensor.handle.clone().binding()).collect();
        self.enqueue(&first.client, grid(groups), buffers, &[]);
    }

    /// Queues the kernel over a grid of workgroups that is within [`MAX_GROUPS`], with `buffers` as its first bindings
    /// and `words`, if there are any, as the uniform after them.
    pub(super) fn enqueue(self, client: &Client, [x, y]: [usize; 2], buffers: Vec<BufferBinding>, words: &[u32]) {
        let mut arguments = KernelArguments::new().with_buffers(buffers);
        if !words.is_empty() {
            let pair = |pair: &[u32]| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32;
            arguments = arguments.with_info(MetadataBindingInfo::custom(words.chunks(2).map(pair).collect()));
        }
        #[allow(clippy::cast_possible_truncation, reason = "at most 65,535")]
        let count = CubeCount::Static(x as u32, y as u32, 1);
        #[allow(clippy::cast_possible_truncation, reason = "at most 256")]
        let dim = CubeDim::new_1d(self.threads as u32);
        client.launch(Box::new(SourceKernel::new(self, dim)), count, arguments);
    }
}

impl KernelSource for Kernel {
    fn source(&self) -> SourceTemplate {
        let template = SourceTemplate::new(self.source.parts.concat()).register("threads", self.threads.to_string());
        let own = self.constants.iter().cloned();
        constants().chain(own).fold(template, |template, (name, value)| template.register(name, value))
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info((self.source.name, self.constants.clone(), self.threads)).mode(self.mode)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// Returns a grid of at least this many workgroups, over both dimensions.
pub fn grid(groups: usize) -> [usize; 2] {
    let down = groups.div_ceil(MAX_GROUPS).max(1);
    [groups.div_ceil(down).max(1), down]
}

/// Returns the threads for rows of this width: enough to share the work, few enough that each has some.
pub fn threads_for(width: usize) -> usize {
    match width {
        0..=64 => 32,
        65..=256 => 64,
        257..=512 => 128,
        _ => 256,
    }
}
