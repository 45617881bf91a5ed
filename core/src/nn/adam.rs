//! Adam (Kingma and Ba, 2015) and clipping of the global gradient norm.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use super::Parameter;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;

/// Adam's moments for a set of parameters, by name.
#[derive(Clone, Debug)]
pub struct Adam {
    epsilon: f64,
    /// Steps taken.
    pub steps: u32,
    /// First and second moment per parameter, shaped like it.
    pub moments: BTreeMap<String, (Tensor<3>, Tensor<3>)>,
}

impl Adam {
    /// No steps taken; `epsilon` keeps the quotient finite.
    #[must_use]
    pub fn new(epsilon: f64) -> Self {
        Self { epsilon, steps: 0, moments: BTreeMap::new() }
    }

    /// Counts one step; call before [`update`](Self::update) of its parameters.
    pub fn begin_step(&mut self) {
        self.steps += 1;
    }

    /// The parameter after this step. `parameter` and `gradient` are outside autodiff.
    pub fn update(&mut self, name: &str, parameter: Tensor<3>, gradient: Tensor<3>, learning_rate: f64) -> Tensor<3> {
        let steps = f64::from(self.steps);
        let (first, second) = match self.moments.remove(name) {
            Some((first, second)) => {
                (first * BETA1 + gradient.clone() * (1.0 - BETA1), second * BETA2 + gradient.square() * (1.0 - BETA2))
            }
            None => (gradient.clone() * (1.0 - BETA1), gradient.square() * (1.0 - BETA2)),
        };
        let step_size = learning_rate / (1.0 - BETA1.powf(steps));
        let correction = (1.0 - BETA2.powf(steps)).sqrt();
        let denominator = second.clone().sqrt() / correction + self.epsilon;
        let updated = parameter - first.clone() / denominator * step_size;
        self.moments.insert(name.to_owned(), (first, second));
        updated
    }
}

/// Scales `gradients` so that the norm over all of them is at most `max_norm`; gives the norm before, `[1]`.
///
/// Nothing is read back: the factor stays on the device.
pub fn clip_global_norm(gradients: &mut [Parameter], max_norm: f32) -> Option<Tensor<1>> {
    let squares = gradients.iter().map(|gradient| gradient.tensor.clone().square().sum()).reduce(|a, b| a + b)?;
    let norm = squares.sqrt();
    let factor = ((norm.clone() + 1e-6).recip() * max_norm).clamp_max(1.0);
    for gradient in gradients {
        gradient.tensor = gradient.tensor.clone() * factor.clone().reshape([1, 1, 1]);
    }
    Some(norm)
}
