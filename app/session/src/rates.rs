//! Speed of the session: sums over about a second.

use bootstride_core::train::StepTimes;

use crate::message::Rates;

/// Seconds over which rates are averaged.
const WINDOW_SECONDS: f64 = 1.0;

/// Sums since the start of the window, and the rates of the previous one.
#[derive(Clone, Debug, Default)]
pub struct RateMeter {
    began: Option<f64>,
    decisions: u32,
    simulated_seconds: f64,
    times: StepTimes,
    inspect_seconds: f64,
    rates: Rates,
}

impl RateMeter {
    /// Counts a step of the trainer or a player. `simulated_seconds` is the simulated time of the step.
    pub fn count(&mut self, times: &StepTimes, decisions: usize, simulated_seconds: f64) {
        self.decisions += u32::try_from(decisions).unwrap_or(u32::MAX);
        self.simulated_seconds += simulated_seconds;
        self.times.plan += times.plan;
        self.times.simulate += times.simulate;
        self.times.update += times.update;
        self.times.reanalyze += times.reanalyze;
    }

    /// Counts time spent on the lab's requests.
    pub fn count_inspect(&mut self, seconds: f64) {
        self.inspect_seconds += seconds;
    }

    /// Discards the current sums, for example after a pause.
    pub fn restart(&mut self) {
        *self = Self { rates: self.rates, ..Self::default() };
    }

    /// Returns the rates at the time `now`, s.
    #[allow(clippy::cast_possible_truncation, reason = "displayed figures")]
    pub fn rates(&mut self, now: f64) -> Rates {
        let began = *self.began.get_or_insert(now);
        let elapsed = now - began;
        if elapsed >= WINDOW_SECONDS && self.decisions > 0 {
            let decisions = f64::from(self.decisions);
            let ms = |seconds: f64| (1e3 * seconds / decisions) as f32;
            self.rates = Rates {
                decisions_per_second: (decisions / elapsed) as f32,
                real_time_factor: (self.simulated_seconds / elapsed) as f32,
                plan_ms: ms(self.times.plan),
                simulate_ms: ms(self.times.simulate),
                update_ms: ms(self.times.update),
                reanalyze_ms: ms(self.times.reanalyze),
                inspect_ms: ms(self.inspect_seconds),
            };
            *self = Self { began: Some(now), rates: self.rates, ..Self::default() };
        }
        self.rates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "powers of two")]
    fn rates_are_averages_over_the_window() {
        let mut meter = RateMeter::default();
        assert_eq!(meter.rates(10.0), Rates::default());
        let times = StepTimes { plan: 0.015_625, simulate: 0.0, update: 0.031_25, reanalyze: 0.0 };
        for _ in 0..16 {
            meter.count(&times, 1, 0.125);
        }
        let rates = meter.rates(11.0);
        assert_eq!((rates.decisions_per_second, rates.real_time_factor), (16.0, 2.0));
        assert_eq!((rates.plan_ms, rates.update_ms), (15.625, 31.25));
        // Until the next window is complete, the last one is reported.
        assert_eq!(meter.rates(11.5), rates);
    }
}
