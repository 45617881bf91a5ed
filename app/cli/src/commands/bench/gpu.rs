//! GPU cost of a case: kernels launched, and time on the adapter's own clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bootstride_session::failure::Failure;
use burn::tensor::{Device, TimingMethod};
use cubecl_runtime::logging::{LaunchObservation, LaunchObserver};
use pollster::block_on;

use super::cases::Case;

/// GPU cost of one call. `None` on a CPU, and for what could not be measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GpuCost {
    /// Number of kernels launched, by any code.
    pub launches: Option<f64>,
    /// Time from the start of the first kernel to the end of the last on the adapter's clock, including pauses, ms.
    /// `None` if the adapter has no timestamps.
    pub milliseconds: Option<f64>,
}

/// Counts the kernels that the process launches.
#[derive(Default)]
struct Counter(AtomicU64);

impl LaunchObserver for Counter {
    fn launched(&self, _kernel: &'static str) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl GpuCost {
    /// Runs a warm case once more with profiling. The times of a profiled run are not comparable with others.
    ///
    /// # Errors
    ///
    /// Returns the errors of the case. A device that cannot be profiled is not an error.
    pub fn measure(device: &Device, case: &mut dyn Case) -> Result<Self, Failure> {
        if *device == Device::flex() {
            return Ok(Self::default());
        }
        #[allow(clippy::cast_precision_loss, reason = "calls are few")]
        let share = 1.0 / case.calls().max(1) as f64;
        let counter = Arc::new(Counter::default());
        let watching = LaunchObservation::new(counter.clone());
        let profiled = device.profile(|| case.run());
        drop(watching);
        let Ok((outcome, window)) = profiled else { return Ok(Self::default()) };
        outcome?;
        // Without timestamps the profile contains the host's time, which is measured already.
        let on_device = window.timing_method() == TimingMethod::Device;
        let ticks = if on_device { block_on(window.resolve()) } else { None };
        #[allow(clippy::cast_precision_loss, reason = "kernels are few")]
        let launches = counter.0.load(Ordering::Relaxed) as f64 * share;
        Ok(Self {
            launches: Some(launches),
            milliseconds: ticks.map(|ticks| ticks.duration().as_secs_f64() * 1e3 * share),
        })
    }
}
