//! The fused operations on flat arrays, for Burn's CPU backend.
//!
//! Rows are processed in blocks of a fixed size, in parallel on native targets; sums over rows are made per block and
//! added up in order, so that results do not depend on the number of threads.

mod layer;
mod loss;
mod optimiser;
mod rows;

use burn::backend::flex::FlexTensor;
use burn::backend::{Flex, TensorMetadata, tensor::FloatTensor};
use burn::tensor::TensorData;

use super::{Bins, Form, FusedOps, Kernels, LayerGradients, LayerTensors, NormTensors, Saved, Wanted};
use layer::{Product, Shape};

/// A contiguous tensor.
struct Flat(FlexTensor);

impl Flat {
    fn new(tensor: &FlexTensor) -> Self {
        Self(if tensor.as_slice::<f32>().is_some() { tensor.clone() } else { tensor.to_contiguous() })
    }

    fn values(&self) -> &[f32] {
        self.0.as_slice().unwrap_or_default()
    }
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

fn dims(tensor: &FlexTensor) -> [usize; 3] {
    let shape = tensor.shape();
    [shape[0], shape[1], shape[2]]
}

fn shape_of(layer: &LayerTensors<Flex>) -> Shape {
    let ([inputs, rows, input], [members, _, output]) = (dims(&layer.x), dims(&layer.weight));
    Shape { members, shared: inputs < members, rows, input, output }
}

impl Kernels for Flex {
    fn forward(layer: &LayerTensors<Self>, saving: bool) -> (FloatTensor<Self>, Option<Saved<Self>>) {
        let shape = shape_of(layer);
        let Shape { members, rows, output: width, .. } = shape;
        let (x, weight, bias) = (Flat::new(&layer.x), Flat::new(&layer.weight), Flat::new(&layer.bias));
        let product = Product { shape, x: x.values(), weight: weight.values() };
        let Some(norm) = &layer.norm else {
            return (tensor(product.forward(bias.values()), [members, rows, width]), None);
        };
        let parts = NormParts::new(norm);
        let (output, saved) = product.normed(&parts.rows(bias.values(), norm.form), saving);
        let output = tensor(output, [members, rows, width]);
        let saved = saved.map(|saved| Saved {
            normalised: tensor(saved.normalised, [members, rows, width]),
            factor: tensor(saved.factor, [members, rows, 1]),
            output: output.clone(),
        });
        (output, saved)
    }

    fn backward(
        layer: &LayerTensors<Self>,
        saved: Option<&Saved<Self>>,
        gradient: FloatTensor<Self>,
        wanted: Wanted,
    ) -> LayerGradients<Self> {
        let shape = shape_of(layer);
        let Shape { members, shared, rows, input, output } = shape;
        let (x, weight) = (Flat::new(&layer.x), Flat::new(&layer.weight));
        let gradient = Flat::new(&gradient);
        let product = Product { shape, x: x.values(), weight: weight.values() };
        let mut norm_gradients = None;
        let mut through_norm = None;
        let bias = match (&layer.norm, saved) {
            (Some(norm), Some(saved)) => {
                let parts = NormParts::new(norm);
                let (normalised, factor) = (Flat::new(&saved.normalised), Flat::new(&saved.factor));
                let after = Flat::new(&saved.output);
                let saved = rows::SavedRows {
                    normalised: normalised.values(),
                    factor: factor.values(),
                    output: after.values(),
                };
                let back = product.normed_backward(&parts.rows(&[], norm.form), &saved, gradient.values());
                norm_gradients = Some([back.scale, back.shift].map(|values| tensor(values, [members, 1, output])));
                through_norm = Some(back.product);
                back.bias
            }
            _ => product.column_sums(gradient.values()),
        };
        let inner = through_norm.as_deref().unwrap_or(gradient.values());
        LayerGradients {
            x: wanted.x.then(|| tensor(product.input_gradient(inner), [if shared { 1 } else { members }, rows, input])),
            product: wanted.parameters.then(|| {
                [tensor(product.weight_gradient(inner), [members, input, output]), tensor(bias, [members, 1, output])]
            }),
            norm: norm_gradients,
        }
    }

    fn cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>, bins: Bins) -> FloatTensor<Self> {
        let [members, rows, _] = dims(&logits);
        let (logits, targets) = (Flat::new(&logits), Flat::new(&targets));
        tensor(loss::cross_entropy(logits.values(), targets.values(), bins), [members, rows, 1])
    }

    fn cross_entropy_backward(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        bins: Bins,
    ) -> FloatTensor<Self> {
        let shape = dims(&logits);
        let (logits, targets, gradient) = (Flat::new(&logits), Flat::new(&targets), Flat::new(&gradient));
        let values = loss::cross_entropy_backward(logits.values(), targets.values(), gradient.values(), bins);
        tensor(values, shape)
    }
}

/// The parts of a LayerNorm as contiguous tensors.
struct NormParts {
    scale: Flat,
    shift: Flat,
    mask: Option<Flat>,
}

impl NormParts {
    fn new(norm: &NormTensors<Flex>) -> Self {
        let mask = (norm.mask.shape().num_elements() > 1).then(|| Flat::new(&norm.mask));
        Self { scale: Flat::new(&norm.scale), shift: Flat::new(&norm.shift), mask }
    }

    fn rows<'a>(&'a self, bias: &'a [f32], form: Form) -> rows::NormRows<'a> {
        let mask = self.mask.as_ref().map(Flat::values);
        rows::NormRows { bias, scale: self.scale.values(), shift: self.shift.values(), mask, form }
    }
}

impl FusedOps for Flex {
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
