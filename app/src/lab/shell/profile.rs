//! Where the lab's own time goes, frame by frame.

use std::collections::VecDeque;

/// Frames over which figures are taken.
const FRAMES: usize = 240;

/// CPU time of frames and of the panes in them.
#[derive(Debug, Default)]
pub struct Profile {
    clock: Option<fn() -> f64>,
    frame_began: f64,
    frames: VecDeque<f64>,
    panes: Vec<(&'static str, VecDeque<f64>)>,
}

impl Profile {
    /// A profile by this clock, in seconds. Without one nothing is measured.
    #[must_use]
    pub fn new(clock: Option<fn() -> f64>) -> Self {
        Self { clock, ..Self::default() }
    }

    fn now(&self) -> f64 {
        self.clock.map_or(0.0, |clock| clock())
    }

    /// A frame begins.
    pub fn begin_frame(&mut self) {
        self.frame_began = self.now();
    }

    /// It has ended.
    pub fn end_frame(&mut self) {
        let elapsed = self.now() - self.frame_began;
        push(&mut self.frames, elapsed);
    }

    /// A pane begins; what is returned goes to [`end`](Self::end).
    #[must_use]
    pub fn begin(&self) -> f64 {
        self.now()
    }

    /// It has ended.
    pub fn end(&mut self, pane: &'static str, began: f64) {
        let elapsed = self.now() - began;
        match self.panes.iter_mut().find(|(name, _)| *name == pane) {
            Some((_, times)) => push(times, elapsed),
            None => self.panes.push((pane, VecDeque::from([elapsed]))),
        }
    }

    /// Median CPU time of a frame, ms; `None` before the first.
    #[must_use]
    pub fn frame_ms(&self) -> Option<f64> {
        median_ms(&self.frames)
    }

    /// Median CPU time of each pane that was drawn, ms, longest first.
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
