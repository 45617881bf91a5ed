//! `lab`: how much the lab slows the training that it shows, its own time per frame, and memory over time.

mod clock;
mod headless;
mod memory;
mod report;
mod scenarios;

use std::time::{Duration, Instant};

use bootstride_core::config::Config;

pub use self::memory::watch;
pub use self::report::{Row, table};

use bootstride_session::device::among_workers;
use bootstride_session::failure::{Failure, note};

use self::headless::{Desk, Stretch};
use self::report::rows;
use self::scenarios::Look;
use super::cases::{Case, CaseName, Setup, endless};
use super::memory::Scratch;
use super::report::Common;

/// Default task of this case.
pub const TASK: &str = "walker-walk";
/// More environment steps than can be reached.
const STEPS: usize = 1_000_000_000_000;
/// Minimum time of one scenario in a round. Short, so that all scenarios of a round are subject to the same other load.
const SLICE: Duration = Duration::from_millis(1500);
/// Time before it that is not measured: the previous scenario may still have work in progress.
const SETTLE: Duration = Duration::from_millis(400);
/// Default number of rounds.
const ROUNDS: usize = 20;
/// Time before the first round with everything open, so that the decoder is trained.
const WARM_UP: Duration = Duration::from_secs(15);

/// Alternates between all scenarios, so that other load slows all of them equally.
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
                    // One frame, to report to the session that no analysis is needed.
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

/// Trains without a lab, for as long as one scenario.
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

/// Returns the configuration of the same run with as many steps as a configuration file can hold.
fn lasting(mut config: Config) -> Config {
    config.run.steps = STEPS;
    config
}
