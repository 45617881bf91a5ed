//! Gradients of the fused operations: the nodes that Burn's autodiff records, and their backward passes.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::{Bins, Form, FusedOps, Kernels, LayerTensors, NormTensors, Saved, Wanted};

/// A layer in the graph; its parents are x, weight, bias and, with LayerNorm, scale and shift.
#[derive(Debug)]
struct LayerStep;

/// What a layer saves for its backward pass.
#[derive(Clone, Debug)]
struct LayerState<B: Backend> {
    layer: LayerTensors<B>,
    saved: Option<Saved<B>>,
}

impl<B: Kernels, const N: usize> Backward<B, N> for LayerStep {
    type State = LayerState<B>;

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let wanted = Wanted { x: ops.parents[0].is_some(), parameters: ops.parents[1..].iter().any(Option::is_some) };
        let LayerState { layer, saved } = ops.state;
        let computed = B::backward(&layer, saved.as_ref(), gradient, wanted);
        let parameters = computed.product.into_iter().flatten().chain(computed.norm.into_iter().flatten());
        let all = std::iter::once(computed.x).chain(parameters.map(Some));
        for (parent, gradient) in ops.parents.iter().zip(all) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct CrossEntropyStep;

impl<B: Kernels> Backward<B, 1> for CrossEntropyStep {
    type State = (FloatTensor<B>, FloatTensor<B>, Bins);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let (logits, targets, bins) = ops.state;
        if let [Some(parent)] = &ops.parents {
            gradients.register::<B>(parent.id, B::cross_entropy_backward(logits, targets, gradient, bins));
        }
    }
}

impl<B: Kernels, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn linear(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let layer = LayerTensors {
            x: x.into_primitive(),
            weight: weight.into_primitive(),
            bias: bias.into_primitive(),
            norm: None,
        };
        match Backward::<B, 3>::prepare::<C>(LayerStep, nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, saved) = B::forward(&layer, true);
                prep.finish(LayerState { layer, saved }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::forward(&layer, false).0),
        }
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
        let nodes = [x.node(), weight.node(), bias.node(), scale.node(), shift.node()];
        let norm = NormTensors {
            scale: scale.into_primitive(),
            shift: shift.into_primitive(),
            mask: mask.into_primitive(),
            form,
        };
        let layer = LayerTensors {
            x: x.into_primitive(),
            weight: weight.into_primitive(),
            bias: bias.into_primitive(),
            norm: Some(norm),
        };
        match Backward::<B, 5>::prepare::<C>(LayerStep, nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, saved) = B::forward(&layer, true);
                prep.finish(LayerState { layer, saved }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::forward(&layer, false).0),
        }
    }

    fn two_hot_cross_entropy(logits: FloatTensor<Self>, targets: FloatTensor<Self>, bins: Bins) -> FloatTensor<Self> {
        let nodes = [logits.node()];
        let (logits, targets) = (logits.into_primitive(), targets.into_primitive());
        let output = B::cross_entropy(logits.clone(), targets.clone(), bins);
        match CrossEntropyStep.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((logits, targets, bins), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
