//! A simulated user of the lab without a window: frames are laid out and tessellated as for a display, then discarded.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use bootstride_core::config::Config;
use bootstride_lab::runs;
use bootstride_lab::shell::{Kept, Lab, Layout};
use bootstride_lab::view::View;
use bootstride_session::failure::Failure;
use bootstride_session::message::{Activity, Command, Level, NoSession, Stage};
use bootstride_session::{ThreadLink, seconds};
use eframe::egui::{self, Rect, Vec2};

use super::clock::{CpuClock, median};

/// Size of the simulated window, points.
const WINDOW: Vec2 = Vec2::new(1280.0, 800.0);
/// Time between frames.
const FRAME: Duration = Duration::from_nanos(16_666_667);
/// Pause after a frame that took longer, so that the system updates its CPU time.
const REST: Duration = Duration::from_micros(200);
/// Longest wait for a decision.
const LONGEST_DECISION: Duration = Duration::from_secs(5);
/// Longest wait for the session to execute a command.
const PATIENCE: Duration = Duration::from_mins(5);

/// A lab without a window.
pub struct Desk {
    ctx: egui::Context,
    lab: Lab,
    action_repeat: usize,
    /// Decisions between two rounds of reanalyze.
    interval: usize,
}

/// Times of frames, ms.
#[derive(Default)]
struct Frames {
    /// CPU time; empty if the system does not report it.
    cpu: Vec<f64>,
    /// Elapsed time.
    wall: Vec<f64>,
}

/// Measurements of a stretch of time.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Decisions per second.
    pub decisions: f64,
    /// Median CPU time of a frame, ms; NaN without frames.
    pub cpu_ms: f64,
    /// Median elapsed time of a frame, ms.
    pub wall_ms: f64,
    /// Frames per second.
    pub frames: f64,
    /// Time per decision taken by analyses and the decoder, ms.
    pub inspect_ms: f64,
    /// Analyses per second.
    pub analyses: f64,
}

impl Desk {
    /// Starts training in `folder` and waits until the agent decides and learns.
    ///
    /// # Errors
    /// If the session reports an error.
    pub fn train(config: &Config, preset: &str, folder: &Path) -> Result<Self, Failure> {
        let link = ThreadLink::start(runs::root(), || {})?;
        let links = Box::new(|| Box::new(NoSession::because("comparison is not part of this benchmark")) as _);
        let lab = Lab::new(Box::new(link), links, Kept::default(), Some(seconds));
        let (action_repeat, interval) = (config.task.action_repeat.max(1), config.algorithm.reanalyze_interval.max(1));
        let mut desk = Self { ctx: egui::Context::default(), lab, action_repeat, interval };
        let folder = Some(folder.display().to_string());
        desk.lab.send(Command::Train { config: Box::new(config.clone()), preset: preset.into(), folder });
        desk.lab.send(Command::Run);
        desk.wait(|lab| lab.history.status.stage == Stage::Training && lab.history.status.config.is_some())?;
        Ok(desk)
    }

    /// Shows these panes and this view from the next frame on.
    pub fn show(&mut self, view: &View, layout: &Layout) {
        self.lab.kept.view = view.clone();
        self.lab.kept.layout = layout.clone();
    }

    /// Draws frames for this long, after a warm-up that is not measured, and returns the measurements.
    pub fn look(&mut self, settle: Duration, time: Duration) -> Stretch {
        let begin = Instant::now();
        self.frames(|_| begin.elapsed() >= settle);
        let before = self.mark();
        let Frames { mut cpu, mut wall } = self.frames(|desk| desk.is_over(&before, time));
        let count = wall.len();
        let wall_ms = median(&mut wall);
        let cpu_ms = if cpu.is_empty() { wall_ms } else { median(&mut cpu) };
        #[allow(clippy::cast_precision_loss, reason = "frames are few")]
        let frames = count as f64 / before.at.elapsed().as_secs_f64();
        Stretch { cpu_ms, wall_ms, frames, ..self.since(&before) }
    }

    /// Receives updates for this long without drawing, after a warm-up that is not measured, and returns the
    /// measurements.
    pub fn look_away(&mut self, settle: Duration, time: Duration) -> Stretch {
        thread::sleep(settle);
        let before = self.mark();
        while !self.is_over(&before, time) {
            thread::sleep(Duration::from_millis(10));
            self.lab.receive();
        }
        self.since(&before)
    }

    /// Pauses the session while `work` runs.
    ///
    /// # Errors
    /// Returns the errors of `work`. Also fails if the session does not pause.
    pub fn holding<T>(&mut self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        self.lab.send(Command::Pause);
        self.wait(|lab| lab.history.status.activity == Activity::Paused)?;
        let done = work()?;
        self.lab.send(Command::Run);
        self.wait(|lab| lab.history.status.activity == Activity::Running)?;
        Ok(done)
    }

    /// Returns the environment steps done and the number of decisions recorded in the lab.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.lab.history.status.env_step, self.lab.history.decisions.len())
    }

    fn wait(&mut self, there: impl Fn(&Lab) -> bool) -> Result<(), Failure> {
        let begin = Instant::now();
        while !there(&self.lab) {
            self.lab.receive();
            if let Some(bad) = self.lab.history.notices.iter().find(|notice| notice.level == Level::Bad) {
                return Err(anyhow!("the session reported: {}", bad.text).into());
            }
            if begin.elapsed() > PATIENCE {
                return Err(anyhow!("the session did not respond for {} s", PATIENCE.as_secs()).into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Draws frames at a display's rate until the time is over.
    fn frames(&mut self, over: impl Fn(&Self) -> bool) -> Frames {
        let mut frames = Frames::default();
        let clock = CpuClock::of_this_thread();
        let mut read = clock.ms();
        let mut due = Instant::now();
        while !over(self) {
            let begin = Instant::now();
            let wish = self.frame();
            frames.wall.push(1e3 * begin.elapsed().as_secs_f64());
            // A display shows the next frame at its own time; missed frames are not made up for.
            due = (due + FRAME.max(wish)).max(Instant::now() + REST);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            // The system updates the CPU time when a thread goes to sleep.
            let now = clock.ms();
            frames.cpu.extend(now.zip(read).map(|(now, read)| now - read));
            read = now;
        }
        frames
    }

    /// Draws a frame and returns when the lab requests the next one.
    fn frame(&mut self) -> Duration {
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, WINDOW)),
            time: Some(seconds()),
            focused: true,
            ..egui::RawInput::default()
        };
        let Self { ctx, lab, .. } = self;
        let out = ctx.run_ui(input, |ui| lab.ui(ui));
        let triangles = ctx.tessellate(out.shapes, out.pixels_per_point);
        std::hint::black_box(triangles);
        // Something always moves during training; without a request the display's rate is the upper limit.
        let wish = out.viewport_output.get(&egui::ViewportId::ROOT).map(|viewport| viewport.repaint_delay);
        wish.filter(|delay| *delay < Duration::from_millis(100)).unwrap_or_default()
    }

    /// Waits for the end of a decision and returns the position of the run, so that a stretch contains whole decisions.
    fn mark(&mut self) -> Mark {
        self.reach_next_decision();
        let status = &self.lab.history.status;
        let newest = self.lab.history.analyses.back().map(|analysis| analysis.decision);
        Mark { at: Instant::now(), env_step: status.env_step, analysis: newest }
    }

    fn reach_next_decision(&mut self) {
        self.lab.receive();
        let (begin, now) = (Instant::now(), self.lab.history.status.env_step);
        while self.lab.history.status.env_step == now && begin.elapsed() < LONGEST_DECISION {
            thread::sleep(Duration::from_millis(1));
            self.lab.receive();
        }
    }

    /// Returns whether this much time has passed and the decisions since cover whole rounds of reanalyze, at least
    /// nearly if there are many: a round can cost as much as many decisions.
    fn is_over(&self, before: &Mark, time: Duration) -> bool {
        let elapsed = before.at.elapsed();
        let done = self.decisions_since(before);
        elapsed >= time && (done % self.interval <= done / 20 || elapsed > time + LONGEST_DECISION)
    }

    fn decisions_since(&self, before: &Mark) -> usize {
        (self.lab.history.status.env_step - before.env_step) / self.action_repeat
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    fn since(&self, before: &Mark) -> Stretch {
        let elapsed = before.at.elapsed().as_secs_f64();
        let status = &self.lab.history.status;
        let decisions = self.decisions_since(before);
        let newer = |decision: u32| before.analysis.is_none_or(|newest| decision > newest);
        let analyses = self.lab.history.analyses.iter().filter(|analysis| newer(analysis.decision)).count();
        Stretch {
            decisions: decisions as f64 / elapsed,
            cpu_ms: f64::NAN,
            wall_ms: f64::NAN,
            frames: 0.0,
            inspect_ms: f64::from(status.rates.inspect_ms),
            analyses: analyses as f64 / elapsed,
        }
    }
}

/// Position of the run at a time.
struct Mark {
    at: Instant,
    env_step: usize,
    analysis: Option<u32>,
}
