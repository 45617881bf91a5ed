//! Burn's tensors as buffers of kernels.

use burn::backend::wgpu::CubeTensor;
use burn::backend::{Cube, TensorMetadata, ops::FloatTensorOps};
use burn::tensor::{DType, Shape};

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
