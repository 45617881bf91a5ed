//! The optimiser's operations, outside autodiff.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

/// Settings that are the same in every step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// Learning rate.
    pub rate: f32,
    /// Keeps the quotient finite.
    pub epsilon: f32,
    /// Decay rates of the moments.
    pub betas: [f32; 2],
    /// One minus the decay rates, which f32 would round too early.
    pub shares: [f32; 2],
    /// Rate at which the target moves to the parameter.
    pub target_rate: f32,
}

/// The operations, as methods of a backend.
#[backend_extension(Cube, Flex)]
pub trait OptimiserOps: Backend {
    /// Sum of all squares, `[1]`.
    fn squared_sum(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// One step of Adam. The schedule `[3]` is the factor that clips the gradient, 1 / (1 - beta1^t) and sqrt(1 -
    /// beta2^t); everything else is shaped like the parameter. Returns the new parameter and moments.
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        schedule: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Same as [`adam`](Self::adam), followed by Polyak averaging of `target`; returns the new parameter, moments and
    /// target.
    fn adam_averaging(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        target: FloatTensor<Self>,
        schedule: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// Returns the sum of all squares, `[1]`.
pub fn squared_sum(x: Tensor<3>) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::squared_sum(x.into_dispatch()))
}

/// A parameter with its moments, and the target that follows it.
pub struct Moving {
    pub parameter: Tensor<3>,
    pub first: Tensor<3>,
    pub second: Tensor<3>,
    pub target: Option<Tensor<3>>,
}

/// One step of Adam and of the target.
pub fn adam(state: Moving, gradient: Tensor<3>, schedule: Tensor<1>, step: AdamStep) -> Moving {
    let Moving { parameter, first, second, target } = state;
    let [parameter, gradient, first, second] = [parameter, gradient, first, second].map(Tensor::into_dispatch);
    let schedule = schedule.into_dispatch();
    match target {
        None => {
            let (parameter, first, second) = Dispatch::adam(parameter, gradient, first, second, schedule, step);
            let [parameter, first, second] = [parameter, first, second].map(Tensor::from_dispatch);
            Moving { parameter, first, second, target: None }
        }
        Some(target) => {
            let target = target.into_dispatch();
            let (parameter, first, second, target) =
                Dispatch::adam_averaging(parameter, gradient, first, second, target, schedule, step);
            let [parameter, first, second, target] = [parameter, first, second, target].map(Tensor::from_dispatch);
            Moving { parameter, first, second, target: Some(target) }
        }
    }
}
