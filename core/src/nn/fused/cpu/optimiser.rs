//! Adam, clipping and target averaging in one pass over memory.

use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, tensor::FloatTensor};

use super::{Flat, tensor};
use crate::compute::cpu::{arch, each, squares};
use crate::nn::fused::optimiser::{AdamStep, OptimiserOps};

/// Numbers per block. Fixed, since sums are made per block.
const BLOCK: usize = 1 << 14;

/// A tensor that is changed in place if nothing else holds it, and otherwise copied.
struct Changing(FlexTensor);

impl Changing {
    fn new(tensor: FlexTensor) -> Self {
        let whole = tensor
            .layout()
            .contiguous_offsets()
            .is_some_and(|(start, end)| start == 0 && end * size_of::<f32>() == tensor.bytes().len());
        Self(if whole { tensor } else { tensor.to_contiguous() })
    }

    fn blocks(&mut self) -> std::slice::ChunksMut<'_, f32> {
        self.0.storage_mut::<f32>().chunks_mut(BLOCK)
    }
}

/// One block of everything that a step changes.
struct Block<'a> {
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    target: Option<&'a mut [f32]>,
}

fn step(block: Block<'_>, [factor, correction, root_correction]: [f32; 3], step: AdamStep) {
    let AdamStep { rate, epsilon, betas: [beta1, beta2], shares: [share1, share2], target_rate } = step;
    let step_size = rate * correction;
    arch().dispatch(
        #[inline(always)]
        || {
            let moments = block.first.iter_mut().zip(block.second.iter_mut());
            for ((parameter, gradient), (first, second)) in block.parameter.iter_mut().zip(block.gradient).zip(moments)
            {
                let gradient = gradient * factor;
                *first = *first * beta1 + gradient * share1;
                *second = *second * beta2 + gradient * gradient * share2;
                *parameter -= *first / (second.sqrt() / root_correction + epsilon) * step_size;
            }
            if let Some(target) = block.target {
                for (target, parameter) in target.iter_mut().zip(block.parameter.iter()) {
                    *target += (*parameter - *target) * target_rate;
                }
            }
        },
    );
}

fn adam(
    state: [FlexTensor; 3],
    gradient: &FlexTensor,
    target: Option<&mut Changing>,
    schedule: &FlexTensor,
    constants: AdamStep,
) -> [FlexTensor; 3] {
    let [mut parameter, mut first, mut second] = state.map(Changing::new);
    let gradient = Flat::new(gradient);
    let schedule = Flat::new(schedule).values().first_chunk().copied().unwrap_or([1.0; 3]);
    let mut targets = target.map(Changing::blocks);
    let moments = first.blocks().zip(second.blocks());
    let blocks = parameter.blocks().zip(gradient.values().chunks(BLOCK)).zip(moments).map(
        |((parameter, gradient), (first, second))| {
            let target = targets.as_mut().and_then(Iterator::next);
            Block { parameter, gradient, first, second, target }
        },
    );
    each(blocks.collect(), |block| step(block, schedule, constants));
    [parameter.0, first.0, second.0]
}

impl OptimiserOps for Flex {
    fn squared_sum(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = Flat::new(&x);
        let mut sums = vec![0.0; x.values().len().div_ceil(BLOCK)];
        each(x.values().chunks(BLOCK).zip(&mut sums).collect(), |(block, total)| {
            *total = arch().dispatch(
                #[inline(always)]
                || squares(block, 0.0),
            );
        });
        tensor(vec![sums.iter().sum()], [1])
    }

    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        schedule: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        adam([parameter, first, second], &gradient, None, &schedule, step).into()
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
        let mut target = Changing::new(target);
        let [parameter, first, second] =
            adam([parameter, first, second], &gradient, Some(&mut target), &schedule, step);
        (parameter, first, second, target.0)
    }
}
