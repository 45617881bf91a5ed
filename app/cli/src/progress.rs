//! Progress display on standard error: a bar on a capable terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use bootstride_core::train::{self, Evaluation, Event, Phase};
use bootstride_session::failure::note;
use indicatif::{ProgressBar, ProgressStyle};

/// Time between two lines without a bar.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// Time over which decisions per second are averaged.
const WINDOW: Duration = Duration::from_secs(15);

/// Shows training progress on standard error.
pub struct Progress {
    bar: Option<ProgressBar>,
    status: Status,
    pace: Pace,
    next_line: Instant,
    phase_told: Option<Phase>,
}

/// Returns the displayed name of a phase.
fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Seed => "random actions",
        Phase::Pretraining => "pretraining",
        Phase::Training => "training",
        Phase::Evaluating => "evaluating",
        Phase::Finished => "finished",
    }
}

/// The contents of the status line.
struct Status {
    phase: Phase,
    env_step: usize,
    total: usize,
    action_repeat: usize,
    pretraining: Option<(usize, usize)>,
    evaluated: Option<(usize, usize)>,
    episode_return: Option<f32>,
    evaluation: Option<(f32, f32)>,
    decisions_per_second: Option<f64>,
}

/// The recent rate of decisions.
struct Pace {
    since: Instant,
    from: usize,
    per_second: Option<f64>,
}

impl Progress {
    /// Starts the display at `env_step` of `total` environment steps.
    #[must_use]
    pub fn new(env_step: usize, total: usize, action_repeat: usize) -> Self {
        let now = Instant::now();
        let status = Status {
            phase: Phase::Seed,
            env_step,
            total,
            action_repeat,
            pretraining: None,
            evaluated: None,
            episode_return: None,
            evaluation: None,
            decisions_per_second: None,
        };
        let bar = bar(total, "{bar:20.cyan/dim} {wide_msg}").map(|bar| bar.with_position(env_step as u64));
        let pace = Pace { since: now, from: env_step, per_second: None };
        Self { bar, status, pace, next_line: now + LINE_EVERY, phase_told: None }
    }

    /// Updates the display with the events of a trainer step and the trainer's progress after it.
    pub fn events(&mut self, trainer: &train::Progress, events: &[Event]) {
        self.status.phase = trainer.phase;
        self.status.evaluated = trainer.evaluated;
        for event in events {
            match event {
                Event::Step { env_step, .. } => self.status.env_step = *env_step,
                Event::EpisodeEnd { env_step, episode_return, .. } => {
                    self.status.env_step = *env_step;
                    self.status.episode_return = Some(*episode_return);
                }
                Event::Pretraining { done, total } => self.status.pretraining = Some((*done, *total)),
                Event::Evaluation(evaluation) => {
                    self.status.evaluation = Some((mean(&evaluation.planner), mean(&evaluation.network)));
                    self.say(&evaluation_line(evaluation));
                }
                Event::Warning { message } => self.say(&format!("warning: {message}")),
                _ => {}
            }
        }
        self.draw();
    }

    /// Prints a line without disturbing the bar.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| note(text)),
            None => note(text),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self) {
        let now = Instant::now();
        self.status.decisions_per_second =
            self.pace.update(now, self.status.env_step / self.status.action_repeat, self.status.phase);
        if let Some(bar) = &self.bar {
            bar.set_position(self.status.env_step as u64);
            bar.set_message(self.status.to_string());
            return;
        }
        let new_phase = self.phase_told != Some(self.status.phase);
        // A line at the start of each phase, except for the frequent switches between training and evaluation.
        let worth_a_line = new_phase && matches!(self.status.phase, Phase::Seed | Phase::Pretraining);
        if worth_a_line || now >= self.next_line {
            note(&self.status.to_string());
            self.next_line = now + LINE_EVERY;
        }
        self.phase_told = Some(self.status.phase);
    }
}

impl Pace {
    /// Returns the recent decisions per second. Only training counts: random actions are far faster, and evaluation is
    /// separate.
    fn update(&mut self, now: Instant, decisions: usize, phase: Phase) -> Option<f64> {
        let elapsed = now.duration_since(self.since);
        if phase == Phase::Training {
            let done = decisions.saturating_sub(self.from);
            #[allow(clippy::cast_precision_loss, reason = "a displayed rate")]
            let rate = done as f64 / elapsed.as_secs_f64().max(1e-9);
            if elapsed >= WINDOW {
                (self.since, self.from, self.per_second) = (now, decisions, Some(rate));
            } else if self.per_second.is_none() && elapsed >= Duration::from_secs(1) && done > 0 {
                return Some(rate);
            }
        } else {
            (self.since, self.from) = (now, decisions);
        }
        self.per_second
    }
}

/// The line must fit into 80 columns next to the bar, so it shows only the gap; the evaluation's own line shows planner
/// and policy.
impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", word(self.phase))?;
        if let (Phase::Pretraining, Some((done, total))) = (self.phase, self.pretraining) {
            write!(f, " {done}/{total} updates")?;
        }
        if let (Phase::Evaluating, Some((done, total))) = (self.phase, self.evaluated) {
            write!(f, " {done}/{total} decisions")?;
        }
        write!(f, "  {}/{}", grouped(self.env_step), grouped(self.total))?;
        if let Some(episode_return) = self.episode_return {
            write!(f, "  return {:.0}", settled(episode_return, 0))?;
        }
        if let Some((planner, network)) = self.evaluation {
            write!(f, "  gap {:+.0}", settled(planner - network, 0))?;
        }
        if let Some(rate) = self.decisions_per_second {
            write!(f, "  {rate:.1} dec/s")?;
            let left = self.total.saturating_sub(self.env_step) / self.action_repeat;
            if rate > 0.0 && self.phase != Phase::Seed {
                #[allow(clippy::cast_precision_loss, reason = "a displayed time")]
                let seconds = left as f64 / rate;
                write!(f, "  {} left", duration(seconds))?;
            }
        }
        Ok(())
    }
}

/// Returns a bar; `None` if it cannot be drawn: without a terminal, or on one that cannot move its cursor
/// (`TERM=dumb`).
fn bar(total: usize, template: &str) -> Option<ProgressBar> {
    let bar = ProgressBar::new(total as u64);
    if bar.is_hidden() {
        return None;
    }
    // The template is a constant; if it were invalid, the default style would do.
    match ProgressStyle::with_template(template) {
        Ok(style) => Some(bar.with_style(style.progress_chars("━━─"))),
        Err(_) => Some(bar),
    }
}

/// Shows the progress of a task on standard error.
pub struct Meter {
    bar: Option<ProgressBar>,
    /// Description of the task.
    work: &'static str,
    /// Unit of the count.
    unit: &'static str,
    total: usize,
    begin: Instant,
    next_line: Instant,
}

impl Meter {
    /// Starts the display of `work`, which takes `total` of `unit`.
    #[must_use]
    pub fn new(work: &'static str, total: usize, unit: &'static str) -> Self {
        let begin = Instant::now();
        let bar = bar(total, "{bar:20.cyan/dim} {prefix} {pos}/{len} {msg}  {eta} left");
        let bar = bar.map(|bar| bar.with_prefix(work).with_message(unit));
        let meter = Self { bar, work, unit, total, begin, next_line: begin + LINE_EVERY };
        meter.line(0, "");
        meter
    }

    /// Shows that `done` units are done.
    pub fn at(&mut self, done: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        } else if Instant::now() >= self.next_line {
            self.next_line = Instant::now() + LINE_EVERY;
            #[allow(clippy::cast_precision_loss, reason = "a displayed time")]
            let left = self.begin.elapsed().as_secs_f64() / done.max(1) as f64 * self.total.saturating_sub(done) as f64;
            self.line(done, &format!("  {} left", duration(left)));
        }
    }

    /// Ends the display with `done` units done: removes the bar, or prints how long the task took.
    pub fn finish(self, done: usize) {
        match &self.bar {
            Some(bar) => bar.finish_and_clear(),
            None => self.line(done, &format!("  took {}", duration(self.begin.elapsed().as_secs_f64()))),
        }
    }

    fn line(&self, done: usize, more: &str) {
        if self.bar.is_none() {
            note(&format!("{}  {}/{} {}{more}", self.work, grouped(done), grouped(self.total), self.unit));
        }
    }
}

/// Prepares a number for display with that many decimals: one that rounds to zero loses its sign (never `-0.0`).
#[must_use]
pub fn settled(number: impl Into<f64>, decimals: usize) -> f64 {
    let number = number.into();
    if format!("{number:.decimals$}").parse() == Ok(0.0) { 0.0 } else { number }
}

/// Formats an evaluation as one line.
#[must_use]
pub fn evaluation_line(evaluation: &Evaluation) -> String {
    let (planner, network) = (mean(&evaluation.planner), mean(&evaluation.network));
    format!(
        "evaluation at {} steps: planner {:.1}, policy {:.1}, gap {:+.1} ({})",
        grouped(evaluation.env_step),
        settled(planner, 1),
        settled(network, 1),
        settled(planner - network, 1),
        episodes_each(evaluation.planner.len()),
    )
}

/// Formats the number of episodes per player.
#[must_use]
pub fn episodes_each(count: usize) -> String {
    if count == 1 { "1 episode each".into() } else { format!("{count} episodes each") }
}

/// Returns the mean; 0 for an empty slice.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a handful of episodes")]
pub fn mean(values: &[f32]) -> f32 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f32>() / values.len() as f32 }
}

/// Formats a number with thousands separators: 12,000.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a waiting time in rounded units.
#[must_use]
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_formatted() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(duration(12.4), "12 s");
        assert_eq!(duration(600.0), "10 min");
        assert_eq!(duration(9000.0), "2.5 h");
    }

    #[test]
    fn a_number_that_rounds_to_zero_has_no_sign() {
        assert_eq!(format!("{:+.1}", settled(-0.04, 1)), "+0.0");
        assert_eq!(format!("{:.1}", settled(-0.04_f32, 1)), "0.0");
        assert_eq!(format!("{:+.1}", settled(-0.06, 1)), "-0.1");
        assert_eq!(format!("{:+.0}", settled(-30.2, 0)), "-30");
        assert!(settled(f64::NAN, 1).is_nan());
    }

    #[test]
    fn a_line_shows_return_gap_pace_and_time_left() {
        let status = Status {
            phase: Phase::Training,
            env_step: 12_000,
            total: 40_000,
            action_repeat: 2,
            pretraining: None,
            evaluated: None,
            episode_return: Some(512.3),
            evaluation: Some((540.0, 510.0)),
            decisions_per_second: Some(14.0),
        };
        assert_eq!(status.to_string(), "training  12,000/40,000  return 512  gap +30  14.0 dec/s  17 min left");
    }

    #[test]
    fn the_pace_counts_training_only() {
        let start = Instant::now();
        let mut pace = Pace { since: start, from: 0, per_second: None };
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(pace.update(at(5), 2500, Phase::Seed), None);
        assert_eq!(pace.update(at(15), 2600, Phase::Training), Some(10.0));
        assert_eq!(pace.update(at(20), 2650, Phase::Training), Some(10.0));
        assert_eq!(pace.update(at(50), 2650, Phase::Evaluating), Some(10.0));
    }
}
