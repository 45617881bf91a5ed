//! What a case asks of a GPU: kernels launched, and time on the adapter's own clock.

use burn::tensor::{Device, TimingMethod};
use pollster::block_on;

use super::cases::Case;
use crate::failure::Failure;

/// Of one call. Nothing on a CPU, and nothing that could not be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GpuCost {
    /// Kernels launched, where the engine counts them.
    pub launches: Option<f64>,
    /// Milliseconds from the start of the first kernel to the end of the last on the adapter's clock, pauses between them
    /// included; none where the adapter has no timestamps.
    pub milliseconds: Option<f64>,
}

impl GpuCost {
    /// Runs a warm case once more, watched. The times of a watched run are not comparable with those of others.
    ///
    /// # Errors
    ///
    /// Those of the case; a device that cannot be watched is none.
    pub fn measure(device: &Device, case: &mut dyn Case) -> Result<Self, Failure> {
        if *device == Device::flex() {
            return Ok(Self::default());
        }
        #[allow(clippy::cast_precision_loss, reason = "calls are few")]
        let (share, before) = (1.0 / case.calls().max(1) as f64, case.launches());
        let Ok((outcome, window)) = device.profile(|| case.run()) else { return Ok(Self::default()) };
        outcome?;
        let kernels = before.zip(case.launches()).map(|(before, after)| after.saturating_sub(before));
        // Where there are no timestamps the window holds the time of this machine, which is measured already.
        let on_device = window.timing_method() == TimingMethod::Device;
        let ticks = if on_device { block_on(window.resolve()) } else { None };
        #[allow(clippy::cast_precision_loss, reason = "kernels are few")]
        let launches = kernels.map(|count| count as f64 * share);
        Ok(Self { launches, milliseconds: ticks.map(|ticks| ticks.duration().as_secs_f64() * 1e3 * share) })
    }
}
