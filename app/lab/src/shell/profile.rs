//! A profile of the lab's own time per frame.

use std::collections::VecDeque;

/// Number of frames in the statistics.
const FRAMES: usize = 240;

/// CPU time of frames and their panes.
#[derive(Debug, Default)]
pub struct Profile {
    clock: Option<fn() -> f64>,
    frame_began: f64,
    frames: VecDeque<f64>,
    panes: Vec<(&'static str, VecDeque<f64>)>,
}

impl Profile {
    /// Creates a profile with this clock, in seconds. Without a clock nothing is measured.
    #[must_use]
    pub fn new(clock: Option<fn() -> f64>) -> Self {
        Self { clock, ..Self::default() }
    }

    fn now(&self) -> f64 {
        self.clock.map_or(0.0, |clock| clock())
    }

    /// Marks the start of a frame.
    pub fn begin_frame(&mut self) {
        self.frame_began = self.now();
    }

    /// Marks the end.
    pub fn end_frame(&mut self) {
        let elapsed = self.now() - self.frame_began;
        push(&mut self.frames, elapsed);
    }

    /// Marks the start of a pane; pass the result to [`end`](Self::end).
    #[must_use]
    pub fn begin(&self) -> f64 {
        self.now()
    }

    /// Marks the end.
    pub fn end(&mut self, pane: &'static str, began: f64) {
        let elapsed = self.now() - began;
        match self.panes.iter_mut().find(|(name, _)| *name == pane) {
            Some((_, times)) => push(times, elapsed),
            None => self.panes.push((pane, VecDeque::from([elapsed]))),
        }
    }

    /// Returns the median CPU time of a frame, ms; `None` before the first.
    #[must_use]
    pub fn frame_ms(&self) -> Option<f64> {
        median_ms(&self.frames)
    }

    /// Returns the median CPU time of each drawn pane, ms, longest first.
    #[must_use]
    pub fn panes_ms(&self) -> Vec<(&'static str, f64)> {
        let mut list: Vec<_> = self.panes.iter().filter_map(|(name, times)| Some((*name, median_ms(times)?))).collect();
        list.sort_by(|a, b| b.1.total_cmp(&a.1));
        list
    }
}

fn push(times: &mut VecDeque<f64>, time: f64) {
    times.push_back(time);
    if times.len() > FRAMES {
        times.pop_front();
    }
}

fn median_ms(times: &VecDeque<f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = times.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).map(|seconds| 1e3 * seconds)
}
