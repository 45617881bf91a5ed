//! Memory over time: training with everything open in the lab, minute by minute.

use std::time::Duration;

use bootstride_session::failure::{Failure, note};
use serde::Serialize;

use super::clock::median;
use super::headless::Desk;
use super::lasting;
use super::scenarios::Look;
use crate::commands::bench::cases::Setup;
use crate::commands::bench::memory::{Scratch, resident_mb};
use crate::commands::bench::report::Common;

/// Minutes until all one-time allocations are done.
const WARM: u16 = 10;

/// Number of minutes whose median is used.
const FEW: usize = 5;

/// One minute.
#[derive(Clone, Debug, Serialize)]
#[allow(clippy::struct_field_names, reason = "the name is that of the JSON field")]
pub struct Minute {
    minute: u16,
    /// Environment steps done.
    env_step: usize,
    /// Memory of the process in megabytes of 10^6 bytes; `None` if the system does not report it.
    resident_mb: Option<f64>,
    /// The part taken by the transitions of the replay buffer, which training needs with or without the lab, MB.
    replay_mb: f64,
    /// Number of decisions recorded in the lab.
    recorded: usize,
    decisions_per_second: f64,
    frame_cpu_ms: f64,
}

/// The result.
#[derive(Clone, Debug, Serialize)]
pub struct Watched {
    case: &'static str,
    #[serde(flatten)]
    common: Common,
    minutes: Vec<Minute>,
    /// Growth after the first 10 minutes, without the replay buffer, MB; `None` for a shorter measurement.
    growth_mb: Option<f64>,
}

/// Trains for this many minutes with everything open, and reports each minute on standard error.
///
/// # Errors
/// If training fails.
pub fn watch(setup: &Setup, preset: &str, common: &Common, minutes: u16) -> Result<Watched, Failure> {
    let folder = Scratch::new("lab")?;
    let config = lasting(setup.config.clone());
    let mut desk = Desk::train(&config, preset, &folder.path().join("run"))?;
    desk.show(&Look::Everything.view(), &Look::Everything.layout());
    note(&header());
    let mut found: Vec<Minute> = Vec::new();
    for minute in 1..=minutes {
        let stretch = desk.look(Duration::ZERO, Duration::from_mins(1));
        let (env_step, recorded) = desk.progress();
        let minute = Minute {
            minute,
            env_step,
            resident_mb: resident_mb(),
            replay_mb: replay_mb(setup, env_step),
            recorded,
            decisions_per_second: stretch.decisions,
            frame_cpu_ms: stretch.cpu_ms,
        };
        note(&minute.text());
        found.push(minute);
    }
    let growth_mb = growth(&found);
    Ok(Watched { case: "lab memory", common: common.clone(), minutes: found, growth_mb })
}

/// Returns the growth between the end of the warm-up and the last minutes, without the replay buffer, MB. The system
/// reclaims memory at arbitrary times, so medians of a few minutes are compared.
fn growth(minutes: &[Minute]) -> Option<f64> {
    let (first, later): (Vec<_>, Vec<_>) = minutes.iter().partition(|minute| minute.minute <= WARM);
    let middle = |minutes: &[&Minute]| {
        let last = &minutes[minutes.len().saturating_sub(FEW)..];
        let own = |minute: &&Minute| Some(minute.resident_mb? - minute.replay_mb);
        median(&mut last.iter().filter_map(own).collect::<Vec<_>>())
    };
    let growth = middle(&later) - middle(&first);
    growth.is_finite().then_some(growth)
}

/// Returns the size of the transitions in the replay buffer, MB: observation, action, expert's mean and standard
/// deviation, reward, expert's value and origin of each.
#[allow(clippy::cast_precision_loss, reason = "displayed to a tenth of a megabyte")]
fn replay_mb(setup: &Setup, env_step: usize) -> f64 {
    let transitions = (env_step / setup.config.task.action_repeat.max(1)).min(setup.config.training.buffer_capacity);
    let numbers = setup.task.observation_size + 3 * setup.task.action_size + 3;
    (transitions * numbers * 4) as f64 / 1e6
}

impl Minute {
    fn text(&self) -> String {
        let Self { minute, env_step, resident_mb, replay_mb, recorded, decisions_per_second, frame_cpu_ms } = self;
        let resident = resident_mb.map_or("-".into(), |megabytes| format!("{megabytes:.1}"));
        format!(
            "{minute:>6}  {env_step:>9}  {resident:>11}  {replay_mb:>9.1}  {recorded:>8}  {decisions_per_second:>11.1}  \
             {frame_cpu_ms:>12.2}"
        )
    }
}

fn header() -> String {
    format!(
        "{:>6}  {:>9}  {:>11}  {:>9}  {:>8}  {:>11}  {:>12}",
        "minute", "env steps", "resident MB", "replay MB", "recorded", "decisions/s", "frame CPU ms"
    )
}

impl Watched {
    /// Formats the result as text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { common, minutes, growth_mb, .. } = self;
        let mut lines = vec![
            format!("{}, preset {}, engine {}, everything open", common.task, common.preset, common.engine),
            String::new(),
            header(),
        ];
        lines.extend(minutes.iter().map(Minute::text));
        lines.push(String::new());
        lines.push(match growth_mb {
            Some(growth) => {
                format!("growth after the first {WARM} minutes, without the replay buffer: {growth:.1} MB")
            }
            None => format!("growth is reported from minute {} on", WARM + 1),
        });
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(resident: impl Fn(u16) -> Option<f64>, count: u16) -> Vec<Minute> {
        let minute = |minute: u16| Minute {
            minute,
            env_step: 0,
            resident_mb: resident(minute),
            replay_mb: f64::from(minute),
            recorded: 0,
            decisions_per_second: 0.0,
            frame_cpu_ms: 0.0,
        };
        (1..=count).map(minute).collect()
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "small whole numbers")]
    fn growth_is_what_comes_after_ten_minutes_beside_the_replay_buffer() {
        // Three megabytes a minute of which the buffer takes one: minutes 8 and 28 are compared.
        assert_eq!(growth(&minutes(|minute| Some(3.0 * f64::from(minute)), 30)), Some(40.0));
        // One minute in which the system had taken memory back changes little.
        let dip = |minute| Some(if minute == 30 { 0.0 } else { 3.0 * f64::from(minute) });
        assert_eq!(growth(&minutes(dip, 30)), Some(38.0));
        assert_eq!(growth(&minutes(|minute| Some(f64::from(minute)), 10)), None);
        assert_eq!(growth(&minutes(|_| None, 30)), None);
    }
}
