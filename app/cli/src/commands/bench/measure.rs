//! Measures repeated calls, and the matrix product rate that serves as the reference.

use std::time::{Duration, Instant};

use bootstride_session::device::among_workers;
use bootstride_session::failure::{Failure, note};
use burn::tensor::{Device, Tensor, TensorData};

use super::cases::Case;
use crate::progress::duration;

/// Number of measurements of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// A fixed number.
    Exactly(usize),
    /// Enough for a meaningful median without a long wait: at least 5 and for 2 seconds, or 3 if those take half a
    /// minute, and never more than 50.
    Adaptive,
}

/// Minimum number of adaptive measurements, unless calls are very long.
const USUAL: usize = 5;
/// Minimum number of adaptive measurements if calls are very long.
const FEWEST: usize = 3;
const MOST: usize = 50;
const USUAL_TIME: Duration = Duration::from_secs(2);
const LONG_TIME: Duration = Duration::from_secs(30);
/// Length of the warm-up. The first call compiles kernels, fills allocators and wakes threads; the second shows how
/// long a call takes.
const WARM_UP: Duration = Duration::from_millis(200);
/// Length of the first call from which there is no second one.
const LONG_CALL: Duration = Duration::from_secs(5);
/// Expected total time above which the measurements are announced.
const WORTH_A_NOTE: f64 = 5.0;

impl Repeats {
    /// Returns whether `done` measurements that took `elapsed` in total are enough.
    fn enough(self, done: usize, elapsed: Duration) -> bool {
        match self {
            Self::Exactly(count) => done >= count,
            Self::Adaptive => {
                done >= MOST || (done >= USUAL && elapsed >= USUAL_TIME) || (done >= FEWEST && elapsed >= LONG_TIME)
            }
        }
    }

    /// Estimates the number of measurements of `each` seconds.
    fn expected(self, each: f64) -> usize {
        let each = Duration::try_from_secs_f64(each).unwrap_or_default();
        (1..=MOST).find(|&done| self.enough(done, each.saturating_mul(u32::try_from(done).unwrap_or(1)))).unwrap_or(
            match self {
                Self::Exactly(count) => count,
                Self::Adaptive => MOST,
            },
        )
    }
}

/// Times of one call, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// Median.
    pub median: f64,
    /// Minimum.
    pub min: f64,
    /// Maximum.
    pub max: f64,
    /// Number of measurements.
    pub repeats: usize,
}

impl Times {
    /// Returns the statistics of at least one measurement.
    fn new(mut milliseconds: Vec<f64>) -> Self {
        milliseconds.sort_by(f64::total_cmp);
        let at = |index: usize| milliseconds.get(index).copied().unwrap_or(f64::NAN);
        let count = milliseconds.len();
        let median = f64::midpoint(at(count.saturating_sub(1) / 2), at(count / 2));
        Self { median, min: at(0), max: at(count.saturating_sub(1)), repeats: count }
    }
}

/// Measures a case after warming it up.
///
/// # Errors
///
/// Those of the case.
pub fn measure(name: &str, case: &mut dyn Case, repeats: Repeats) -> Result<Times, Failure> {
    among_workers(|| measure_here(name, case, repeats))
}

fn measure_here(name: &str, case: &mut dyn Case, repeats: Repeats) -> Result<Times, Failure> {
    #[allow(clippy::cast_precision_loss, reason = "calls are few")]
    let calls = case.calls().max(1) as f64;
    let mut time = || -> Result<f64, Failure> {
        let start = Instant::now();
        case.run()?;
        Ok(start.elapsed().as_secs_f64())
    };
    let begin = Instant::now();
    let mut each = time()?;
    if begin.elapsed() < LONG_CALL {
        each = time()?;
    }
    while begin.elapsed() < WARM_UP {
        each = time()?;
    }
    let count = repeats.expected(each);
    #[allow(clippy::cast_precision_loss, reason = "measurements are few")]
    let total = each * count as f64;
    if total > WORTH_A_NOTE {
        note(&format!("{name}: {count} measurements, about {}", duration(total)));
    }
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.is_empty() || !repeats.enough(times.len(), begin.elapsed()) {
        times.push(time()? * 1e3 / calls);
    }
    Ok(Times::new(times))
}

/// Side of the matrices of the reference product.
const SIDE: usize = 512;
/// Operations of one product.
#[allow(clippy::cast_precision_loss, reason = "a small power of two")]
const PRODUCT: f64 = 2.0 * (SIDE * SIDE * SIDE) as f64;
/// Time between two waits for the device: waiting for each product would mostly measure the wait on a GPU.
const BATCH: f64 = 0.01;
/// Time over which the best rate is determined.
const SGEMM_TIME: Duration = Duration::from_millis(400);

/// Returns the rate of 512 x 512 x 512 products of 32-bit floats on this device with all its cores, in GFLOP/s: the
/// best of many, since only other load makes one slower.
///
/// # Errors
///
/// If the device fails.
pub fn sgemm_gflops(device: &Device) -> Result<f64, Failure> {
    let matrix = |factor: usize| {
        #[allow(clippy::cast_precision_loss, reason = "remainders are small")]
        let values = (0..SIDE * SIDE).map(|i| (i * factor % 31) as f32 / 31.0 - 0.5).collect();
        Tensor::<2>::from_data(TensorData::new(values, [SIDE, SIDE]), device)
    };
    let (a, b) = (matrix(7), matrix(13));
    let time = |products: u32| -> Result<f64, Failure> {
        let start = Instant::now();
        for _ in 0..products {
            drop(a.clone().matmul(b.clone()));
        }
        device.sync()?;
        Ok(start.elapsed().as_secs_f64())
    };
    let mut products = 1;
    while time(products)? < BATCH && products < 1 << 20 {
        products *= 2;
    }
    let begin = Instant::now();
    let mut best = f64::INFINITY;
    while best.is_infinite() || begin.elapsed() < SGEMM_TIME {
        best = best.min(time(products)? / f64::from(products));
    }
    Ok(PRODUCT / best / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_summed_up() {
        let odd = Times::new(vec![3.0, 1.0, 2.0]);
        assert_eq!(odd, Times { median: 2.0, min: 1.0, max: 3.0, repeats: 3 });
        let even = Times::new(vec![4.0, 1.0, 2.0, 3.0]);
        assert_eq!(even, Times { median: 2.5, min: 1.0, max: 4.0, repeats: 4 });
        assert_eq!(Times::new(vec![5.0]), Times { median: 5.0, min: 5.0, max: 5.0, repeats: 1 });
    }

    #[test]
    fn short_calls_are_repeated_often_and_long_ones_seldom() {
        let adaptive = Repeats::Adaptive;
        assert_eq!(adaptive.expected(0.001), 50);
        assert_eq!(adaptive.expected(0.1), 20);
        assert_eq!(adaptive.expected(1.0), 5);
        assert_eq!(adaptive.expected(60.0), 3);
        assert_eq!(Repeats::Exactly(1).expected(60.0), 1);
        assert_eq!(Repeats::Exactly(1000).expected(0.001), 1000);
    }

    #[test]
    fn the_cpu_multiplies_matrices() {
        let rate = sgemm_gflops(&Device::flex()).unwrap();
        assert!(rate.is_finite() && rate > 0.0);
    }
}
