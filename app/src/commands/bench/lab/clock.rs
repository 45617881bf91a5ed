//! CPU time of a thread, and medians.

use std::fs;

/// The CPU time of the thread that asks, as Linux counts it.
pub struct CpuClock(Option<&'static str>);

impl CpuClock {
    /// The clock of this thread; one without hands where the system does not tell.
    #[must_use]
    pub fn of_this_thread() -> Self {
        let path = "/proc/thread-self/schedstat";
        Self(read(path).map(|_| path))
    }

    /// Milliseconds on a CPU, up to the last time the thread went to sleep.
    #[must_use]
    pub fn ms(&self) -> Option<f64> {
        read(self.0?)
    }
}

fn read(path: &str) -> Option<f64> {
    let text = fs::read_to_string(path).ok()?;
    let nanoseconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e6)
}

/// The median, NaN of nothing. Puts the numbers in order.
#[must_use]
pub fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let at = |place: usize| numbers.get(place).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(numbers.len().saturating_sub(1) / 2), at(numbers.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "small whole numbers")]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&mut []).is_nan());
    }
}
