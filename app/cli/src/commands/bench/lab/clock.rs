//! CPU time of a thread, and medians.

use std::fs;

/// The CPU time of the current thread, as counted by Linux.
pub struct CpuClock(Option<&'static str>);

impl CpuClock {
    /// Returns the clock of this thread; one without readings if the system does not report CPU time.
    #[must_use]
    pub fn of_this_thread() -> Self {
        let path = "/proc/thread-self/schedstat";
        Self(read(path).map(|_| path))
    }

    /// Returns the CPU time up to the last time the thread went to sleep, ms.
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

/// Sorts the numbers and returns their median; NaN if there are none.
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
