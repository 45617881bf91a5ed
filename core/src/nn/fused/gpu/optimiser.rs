//! Adam, clipping and target averaging: one launch per parameter.

use bootstride_shaders::training::{ADAM, SQUARED_SUM};
use burn::backend::wgpu::CubeTensor;
use burn::backend::{Cube, TensorMetadata, tensor::FloatTensor};
use burn::tensor::Shape;

use crate::compute::gpu::{Kernel, dense, empty, own};
use crate::nn::fused::optimiser::{AdamStep, OptimiserOps};

const THREADS: usize = 256;
/// Numbers summed per workgroup.
const BLOCK: usize = 1 << 14;

fn adam(
    state: [CubeTensor; 3],
    gradient: CubeTensor,
    target: Option<&CubeTensor>,
    schedule: CubeTensor,
    step: AdamStep,
) -> [CubeTensor; 3] {
    let [parameter, first, second] = state.map(own);
    let (gradient, schedule) = (dense(gradient), dense(schedule));
    let size = parameter.shape().num_elements();
    // Browsers reject a writable buffer that is bound twice, even if nothing is written.
    let nothing = empty(Shape::from([1]), &parameter);
    Kernel::new(&ADAM, THREADS)
        .with("size", size)
        .with("beta1", step.betas[0])
        .with("beta2", step.betas[1])
        .with("share1", step.shares[0])
        .with("share2", step.shares[1])
        .with("rate", step.rate)
        .with("epsilon", step.epsilon)
        .with("target_rate", if target.is_some() { step.target_rate } else { 0.0 })
        .launch(
            size.div_ceil(THREADS),
            &[&parameter, &gradient, &first, &second, &schedule, target.unwrap_or(&nothing)],
        );
    [parameter, first, second]
}

/// One pass of sums over blocks.
fn sums(x: &CubeTensor, squared: bool) -> CubeTensor {
    let size = x.shape().num_elements();
    let blocks = size.div_ceil(BLOCK).max(1);
    let output = empty(Shape::from([blocks]), x);
    Kernel::new(&SQUARED_SUM, THREADS)
        .with("size", size)
        .with("block", BLOCK)
        .with("squared", squared)
        .launch(blocks, &[x, &output]);
    output
}

impl OptimiserOps for Cube {
    fn squared_sum(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let mut result = sums(&dense(x), true);
        while result.shape().num_elements() > 1 {
            result = sums(&result, false);
        }
        result
    }

    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        schedule: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        adam([parameter, first, second], gradient, None, schedule, step).into()
    }

    fn adam_averaging(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        target: FloatTensor<Self>,
        schedule: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let target = own(target);
        let [parameter, first, second] = adam([parameter, first, second], gradient, Some(&target), schedule, step);
        (parameter, first, second, target)
    }
}
