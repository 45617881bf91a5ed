//! `lab`: what the lab takes from the training that it watches, its own time per frame, and memory over time.

mod clock;
mod headless;
mod memory;
mod report;
mod scenarios;

use std::time::{Duration, Instant};

use bootstride_core::config::Config;

pub use self::memory::watch;
pub use self::report::{Row, table};

use self::headless::{Desk, Stretch};
use self::report::rows;
use self::scenarios::Look;
use super::cases::{Case, CaseName, Setup, endless};
use super::memory::Scratch;
use super::report::Common;
use crate::device::among_workers;
use crate::failure::{Failure, note};

/// The task of this case, unless one is named.
pub const TASK: &str = "walker-walk";
/// Environment steps that nobody will wait for.
const STEPS: usize = 1_000_000_000_000;
/// Least time of one look in a round. Short, so that all looks of a round see the same other work on the machine.
const SLICE: Duration = Duration::from_millis(1500);
/// Time before that which does not count: the look before may still have work under way.
const SETTLE: Duration = Duration::from_millis(400);
/// Rounds, unless told otherwise.
const ROUNDS: usize = 20;
/// Time before the first round with all there is, so that the decoder is no longer new.
const WARM_UP: Duration = Duration::from_secs(15);

/// Lets all ways of looking take turns, so that other work on the machine slows all of them.
///
/// # Errors
/// If training fails.
pub fn measure(setup: &Setup, preset: &str, common: &Common, rounds: Option<usize>) -> Result<Vec<Row>, Failure> {
    let count = rounds.unwrap_or(ROUNDS);
    let all = u32::try_from(count * Look::ALL.len()).unwrap_or(u32::MAX);
    note(&format!("lab: {count} rounds, at least {} s", (WARM_UP + (SLICE + SETTLE) * all).as_secs()));
    let folder = Scratch::new("lab")?;
    let config = lasting(endless(&setup.config));
    let mut alone = CaseName::Decision.prepare(setup)?;
    let mut desk = Desk::train(&config, preset, &folder.path().join("run"))?;
    let everything = (Look::Everything.view(), Look::Everything.layout());
    desk.show(&everything.0, &everything.1);
    desk.look(Duration::ZERO, WARM_UP);
    let mut found = Vec::new();
    for number in 0..count {
        let mut round = Vec::new();
        let mut looks = Look::ALL;
        if number % 2 == 1 {
            looks.reverse();
        }
        for look in looks {
            desk.show(&look.view(), &look.layout());
            let stretch = match look {
                Look::Trainer => desk.holding(|| train(alone.as_mut()))?,
                Look::Away => {
                    // One frame, to tell the engine that nothing is wanted.
                    desk.look(Duration::ZERO, Duration::from_millis(1));
                    desk.look_away(SETTLE, SLICE)
                }
                _ => desk.look(SETTLE, SLICE),
            };
            round.push((look, stretch));
        }
        found.push(round);
    }
    Ok(rows(&found, common))
}

/// Training without a lab, for as long as one look.
fn train(case: &mut dyn Case) -> Result<Stretch, Failure> {
    among_workers(|| {
        let stretch = |case: &mut dyn Case, time: Duration| -> Result<f64, Failure> {
            let (begin, mut decisions) = (Instant::now(), 0);
            while begin.elapsed() < time {
                case.run()?;
                decisions += case.calls();
            }
            #[allow(clippy::cast_precision_loss, reason = "decisions of a few seconds")]
            Ok(decisions as f64 / begin.elapsed().as_secs_f64())
        };
        stretch(case, SETTLE)?;
        let decisions = stretch(case, SLICE)?;
        Ok(Stretch { decisions, cpu_ms: f64::NAN, wall_ms: f64::NAN, ..Stretch::default() })
    })
}

/// The same run with as many steps as a run's file can hold.
fn lasting(mut config: Config) -> Config {
    config.run.steps = STEPS;
    config
}
