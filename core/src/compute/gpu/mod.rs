//! Launching WGSL kernels on the buffers of Burn's tensors, natively and in a browser.
//!
//! The sources are in `shaders/`; names in double braces are replaced, so that sizes are constants of the shader and
//! only tensors have to be uploaded. A launch is queued without waiting.

use burn::backend::wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate};
use burn::backend::{Cube, TensorMetadata, ops::FloatTensorOps};
use burn::tensor::{DType, Shape};
use burn_cubecl::cubecl::prelude::{CubeCount, KernelId};
use burn_cubecl::cubecl::server::KernelArguments;

/// Most workgroups along one dimension of a dispatch: WebGPU's limit.
const MAX_GROUPS: usize = 65_535;

/// A kernel with its constants.
#[derive(Clone, Debug)]
pub struct Shader {
    /// The kernel's unique name.
    pub name: &'static str,
    /// The source texts that form the kernel.
    pub parts: &'static [&'static str],
    /// Replacements of the names in double braces.
    pub constants: Vec<(&'static str, String)>,
    /// Threads per workgroup, inserted as `threads`: a power of two, at most 256.
    pub threads: u32,
}

impl Shader {
    /// Returns a kernel without constants.
    pub fn new(name: &'static str, parts: &'static [&'static str], threads: u32) -> Self {
        Self { name, parts, constants: Vec::new(), threads }
    }

    /// Sets a constant. Floats keep all their digits.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Debug) -> Self {
        self.constants.push((name, format!("{value:?}")));
        self
    }

    /// Queues the kernel for this many workgroups; the shader computes a workgroup's number from both dimensions of the
    /// dispatch. The buffers are bound in order.
    pub fn launch(self, groups: usize, buffers: &[&CubeTensor]) {
        let Some(first) = buffers.first() else { return };
        let down = groups.div_ceil(MAX_GROUPS).max(1);
        let along = groups.div_ceil(down).max(1);
        #[allow(clippy::cast_possible_truncation, reason = "both are at most 65535")]
        let count = CubeCount::Static(along as u32, down as u32, 1);
        let dim = CubeDim::new_1d(self.threads);
        let bindings = buffers.iter().map(|tensor| tensor.handle.clone().binding()).collect();
        let arguments = KernelArguments::new().with_buffers(bindings);
        first.client.launch(Box::new(SourceKernel::new(self, dim)), count, arguments);
    }
}

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        let template = SourceTemplate::new(self.parts.concat()).register("threads", self.threads.to_string());
        self.constants.iter().fold(template, |template, (name, value)| template.register(*name, value.clone()))
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info((self.name, self.constants.clone(), self.threads))
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// Returns the threads for rows of this width: enough to share the work, few enough that each has some.
pub fn threads_for(width: usize) -> u32 {
    match width {
        0..=64 => 32,
        65..=256 => 64,
        257..=512 => 128,
        _ => 256,
    }
}

/// Returns an uninitialised tensor of this shape.
pub fn empty(shape: Shape, like: &CubeTensor) -> CubeTensor {
    Cube::float_empty(shape, &like.device(), burn::tensor::FloatDType::F32)
}

/// Returns the tensor as one contiguous run of numbers.
pub fn dense(tensor: CubeTensor) -> CubeTensor {
    debug_assert_eq!(tensor.dtype, DType::F32, "kernels are written for f32");
    burn::backend::wgpu::into_contiguous(tensor)
}

/// Returns the tensor, contiguous, in a buffer that nothing else reads, to be changed in place.
pub fn own(tensor: CubeTensor) -> CubeTensor {
    let tensor = dense(tensor);
    if tensor.can_mut() { tensor } else { tensor.copy() }
}
