//! The running scale S that keeps a policy loss in an acceptable range (TD-MPC2, appendix; BMPC, section 4.1).

use burn::tensor::{Device, Tensor};

/// A moving estimate of the distance between the 5th and the 95th percentile, at least 1. It lives on the device, so
/// that an update need not wait for it.
#[derive(Clone, Debug)]
pub struct RunningScale {
    rate: f32,
    /// `[1]`, outside autodiff.
    pub value: Tensor<1>,
}

impl RunningScale {
    /// Starts at 1 and moves by `rate` per update.
    #[must_use]
    pub fn new(rate: f32, device: &Device) -> Self {
        Self { rate, value: Tensor::ones([1], &device.clone().without_autodiff()) }
    }

    /// Moves towards the spread of `x`, outside autodiff.
    pub fn update(&mut self, x: Tensor<1>) {
        let count = x.dims()[0];
        let sorted = x.topk(count, 0);
        let spread = (percentile(&sorted, 0.95) - percentile(&sorted, 0.05)).clamp_min(1.0);
        self.value = self.value.clone() + (spread - self.value.clone()) * self.rate;
    }
}

/// The value below which a `fraction` of numbers lies, between neighbours linearly; `sorted` is descending.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "batches are small"
)]
fn percentile(sorted: &Tensor<1>, fraction: f64) -> Tensor<1> {
    let last = sorted.dims()[0] - 1;
    let position = fraction * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    let at = |rank: usize| sorted.clone().narrow(0, last - rank, 1);
    at(below) * (1.0 - (position - below as f64)) + at(above) * (position - below as f64)
}
