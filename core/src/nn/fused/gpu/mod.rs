//! The fused operations as WGSL kernels around Burn's matrix products, for every GPU.

mod optimiser;

use bootstride_shaders::Wgsl;
use bootstride_shaders::training::{LAYER, LAYER_BACKWARD, TWO_HOT, TWO_HOT_BACKWARD};
use burn::backend::wgpu::CubeTensor;
use burn::backend::{Cube, TensorMetadata, ops::FloatTensorOps, tensor::FloatTensor};
use burn::tensor::{Shape, Slice};

use super::{Bins, Form, FusedOps, Kernels, LayerGradients, LayerTensors, NormTensors, Saved, Wanted};
use crate::compute::gpu::{Kernel, dense, empty, own, threads_for};

/// Rows that a workgroup sums in the backward pass.
const BLOCK: usize = 16;

fn dims(tensor: &CubeTensor) -> [usize; 3] {
    let shape = tensor.shape();
    [shape[0], shape[1], shape[2]]
}

fn layer_kernel(source: &Wgsl, form: Form, shape: [usize; 3]) -> Kernel {
    let [members, rows, width] = shape;
    let group = match form {
        Form::Mish => 0,
        Form::SimNorm(group) => group,
    };
    Kernel::new(source, threads_for(width))
        .with("members", members)
        .with("rows", rows)
        .with("width", width)
        .with("group", group)
}

/// Returns the mask, if there is one.
fn mask_of(norm: &NormTensors<Cube>) -> Option<CubeTensor> {
    (norm.mask.shape().num_elements() > 1).then(|| norm.mask.clone())
}

impl Kernels for Cube {
    fn forward(layer: &LayerTensors<Self>, _: bool) -> (FloatTensor<Self>, Option<Saved<Self>>) {
        let product = Self::float_matmul(layer.x.clone(), layer.weight.clone());
        let Some(norm) = &layer.norm else {
            return (Self::float_add(product, layer.bias.clone()), None);
        };
        let shape = dims(&product);
        let [members, rows, width] = shape;
        let (product, bias) = match mask_of(norm) {
            // The kernel's bias is then zero: the mask applies to both.
            Some(mask) => {
                let masked = Self::float_mul(Self::float_add(product, layer.bias.clone()), mask);
                (masked, Self::float_mul_scalar(layer.bias.clone(), 0.0.into()))
            }
            None => (product, layer.bias.clone()),
        };
        let (normalised, bias) = (own(product), dense(bias));
        let (scale, shift) = (dense(norm.scale.clone()), dense(norm.shift.clone()));
        let output = empty(Shape::from(shape), &normalised);
        let factor = empty(Shape::from([members, rows, 1]), &normalised);
        layer_kernel(&LAYER, norm.form, [members, rows, width])
            .launch(members * rows, &[&normalised, &bias, &scale, &shift, &output, &factor]);
        (output.clone(), Some(Saved { normalised, factor, output }))
    }

    fn backward(
        layer: &LayerTensors<Self>,
        saved: Option<&Saved<Self>>,
        gradient: FloatTensor<Self>,
        wanted: Wanted,
    ) -> LayerGradients<Self> {
        let shape = dims(&gradient);
        let [members, rows, width] = shape;
        let (through, bias, norm) = match (&layer.norm, saved) {
            (Some(norm), Some(saved)) => {
                let blocks = rows.div_ceil(BLOCK);
                let gradient = dense(gradient);
                // The backward pass runs once, so the normalised rows can be overwritten with the gradient.
                let through = saved.normalised.clone();
                let after = match norm.form {
                    Form::Mish => dense(norm.shift.clone()),
                    Form::SimNorm(_) => saved.output.clone(),
                };
                let scale = dense(norm.scale.clone());
                let sums = empty(Shape::from([members, blocks, 3 * width]), &gradient);
                layer_kernel(&LAYER_BACKWARD, norm.form, shape)
                    .with("block", BLOCK)
                    .launch(members * blocks, &[&gradient, &through, &saved.factor, &after, &scale, &sums]);
                let sums = Self::float_sum_dim(sums, 1);
                let part = |i: usize| {
                    let columns = Slice::from(i * width..(i + 1) * width);
                    Self::float_slice(sums.clone(), &[Slice::full(), Slice::full(), columns])
                };
                let (through, bias) = match mask_of(norm) {
                    Some(mask) => {
                        let masked = Self::float_mul(through, mask);
                        (masked.clone(), Self::float_sum_dim(masked, 1))
                    }
                    None => (through, part(0)),
                };
                (through, bias, Some([part(1), part(2)]))
            }
            _ => (gradient.clone(), Self::float_sum_dim(gradient, 1), None),
        };
        let x = wanted.x.then(|| {
            let all = Self::float_matmul(through.clone(), Self::float_transpose(layer.weight.clone()));
            if dims(&layer.x)[0] < members { Self::float_sum_dim(all, 0) } else { all }
        });
        let product =
            wanted.parameters.then(|| [Self::float_matmul(Self::float_transpose(layer.x.clone()), through), bias]);
        LayerGradients { x, product, norm }
    }

    fn cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>, bins: Bins) -> FloatTensor<Self> {
        let [members, rows, _] = dims(&logits);
        let (logits, targets) = (dense(logits), dense(targets));
        let output = empty(Shape::from([members, rows, 1]), &logits);
        bins_kernel(&TWO_HOT, [members, rows], bins).launch(members * rows, &[&logits, &targets, &output]);
        output
    }

    fn cross_entropy_backward(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bins: Bins,
    ) -> FloatTensor<Self> {
        let shape @ [members, rows, _] = dims(&logits);
        let (logits, targets, gradient) = (dense(logits), dense(targets), dense(gradient));
        let output = empty(Shape::from(shape), &logits);
        bins_kernel(&TWO_HOT_BACKWARD, [members, rows], bins)
            .launch(members * rows, &[&logits, &targets, &gradient, &output]);
        output
    }
}

fn bins_kernel(source: &Wgsl, [members, rows]: [usize; 2], bins: Bins) -> Kernel {
    Kernel::new(source, 32)
        .with("members", members)
        .with("rows", rows)
        .with("bins", bins.count)
        .with("bin_min", bins.min)
        .with("bin_max", bins.max)
}

impl FusedOps for Cube {
    fn linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::forward(&LayerTensors { x, weight, bias, norm: None }, false).0
    }

    fn normed_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mask: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        let norm = Some(NormTensors { scale, shift, mask, form });
        Self::forward(&LayerTensors { x, weight, bias, norm }, false).0
    }

    fn two_hot_cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>, bins: Bins) -> FloatTensor<Self> {
        Self::cross_entropy(logits, targets, bins)
    }
}
