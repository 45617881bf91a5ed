//! `bootstride film`: plays a trained agent and records the body and the planner's paths as an animated GIF.

use std::fs::remove_file;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use bootstride_core::inspect::AnalysisOptions;
use bootstride_core::vfs as fs;
use bootstride_lab::ui::Palette;
use bootstride_lab::view::{PathChoice, Theme, View};
use bootstride_lab::world::BodyView;
use bootstride_lab::world::gif::{Progress, Recipe, Recorder};
use bootstride_render::Offscreen;
use bootstride_render::camera::Camera;
use bootstride_session::device::among_workers;
use bootstride_session::failure::{Failure, UsageError as _, print_report};
use bootstride_session::history::{ANALYSES, History};
use bootstride_session::message::{Agent, Command, Level};
use bootstride_session::{Session, Work, seconds};
use clap::ValueEnum;
use pollster::block_on;

use super::count::{SEEDS, count};
use crate::progress::Meter;

/// Time between two looks at the recorder, which does not block.
const TURN: Duration = Duration::from_millis(1);

/// Film a trained agent: an animated GIF of the body with the planner's paths over it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The agent plays with its planner. Grey paths are samples of all iterations, amber ones the elites, blue the policy's \
proposals, magenta the plan. They are imagined (decoded from the world model's latent rollouts) or real (the same \
actions in a copy of the simulation, dashed). A folder written by `bootstride export` contains the decoder for \
imagined paths; for other agents it is trained while the agent plays, so the paths appear after a few seconds: choose \
a later --start.

Drawing needs a graphics adapter; a software one will do (on Debian and Ubuntu: apt install mesa-vulkan-drivers).

Examples:
  bootstride film assets/checkpoints/walker-walk
  bootstride film runs/walker-walk/bmpc-seed1 --start 10 --seconds 5 --paths both
  bootstride film assets/checkpoints/cheetah-run --out cheetah.gif --size 320x200 --rate 12.5")]
pub struct Args {
    /// Run folder (its newest intact checkpoint is played), a single checkpoint, or an imported agent.
    #[arg(value_name = "RUN_OR_CHECKPOINT")]
    path: PathBuf,
    /// File to create [default: TASK.gif].
    #[arg(long, value_name = "FILE.gif")]
    out: Option<PathBuf>,
    /// Length of the film in seconds; it runs at the speed of the simulated world.
    #[arg(long, default_value_t = 6.0, value_parser = within(0.1, 300.0), allow_negative_numbers = true)]
    seconds: f64,
    /// Simulated seconds that are played before the film begins.
    #[arg(long, default_value_t = 0.0, value_parser = within(0.0, 600.0), allow_negative_numbers = true)]
    start: f64,
    /// Width and height in pixels.
    #[arg(long, default_value = "480x270", value_parser = size, value_name = "WIDTHxHEIGHT")]
    size: [u32; 2],
    /// Frames per second; GIF rounds the time between two frames to hundredths of a second.
    #[arg(long, default_value_t = 20.0, value_parser = within(1.0, 50.0), allow_negative_numbers = true)]
    rate: f64,
    /// Magnification, relative to a body that fits into the picture with some room around it.
    #[arg(long, default_value_t = 1.0, value_parser = within(0.1, 20.0), allow_negative_numbers = true)]
    zoom: f64,
    /// Paths to draw.
    #[arg(long, value_enum, default_value = "imagined")]
    paths: Paths,
    /// Seed of the start state and the planning noise.
    #[arg(long, default_value_t = 1, value_parser = count::<u64>(SEEDS), allow_negative_numbers = true)]
    seed: u64,
    /// Draw on a light background.
    #[arg(long)]
    light: bool,
}

/// The paths drawn over the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Paths {
    /// As the world model imagines them.
    Imagined,
    /// The same actions in a copy of the simulation.
    Real,
    /// Both, which shows the model's error.
    Both,
    /// None.
    Off,
}

/// Returns a clap parser for numbers from `low` to `high`.
fn within(low: f64, high: f64) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| (low..=high).contains(number));
        number.ok_or_else(|| format!("expected a number from {low} to {high}"))
    }
}

fn size(text: &str) -> Result<[u32; 2], String> {
    let side = |text: &str| text.parse().ok().filter(|side| (16..=2048).contains(side));
    let sides = text.split_once('x').and_then(|(width, height)| Some([side(width)?, side(height)?]));
    sides.ok_or_else(|| "expected width x height, each from 16 to 2048 pixels, such as 480x270".into())
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure if the agent cannot be opened, the file already exists, or the film is too long for one
/// recording. Also fails without a graphics adapter.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut history = History::default();
    let mut session = open(args, &mut history).usage()?;
    let config = history.status.config.clone().context("the session has no configuration")?;
    let body_view = BodyView::new(&config.task)?;
    let (first, last) = range(args, body_view.decision_time()).usage()?;
    let file = args.out.clone().unwrap_or_else(|| Path::new(&config.task.name).with_extension("gif"));
    if fs::exists(&file) {
        return Err(Failure::Usage(anyhow!("{} cannot be written: it already exists", file.display())));
    }
    // Before the agent plays, which takes a while.
    let offscreen = block_on(Offscreen::without_window()).map_err(|error| anyhow!(error))?;

    let mut meter = Meter::new("playing", last as usize + 1, "decisions");
    among_workers(|| -> anyhow::Result<()> {
        for number in 0..=last {
            meter.at(number as usize);
            block_on(session.handle(Command::Step));
            while block_on(session.advance()) == Work::Now {}
            history.take(session.take_update().unwrap_or_default());
            ensure!(history.decision(number).is_some(), complaint(&history));
        }
        Ok(())
    })?;
    meter.finish(last as usize + 1);

    #[allow(clippy::cast_possible_truncation, reason = "small numbers for drawing")]
    let [rate, zoom] = [args.rate, args.zoom].map(|number| number as f32);
    let recipe = Recipe {
        decisions: first..=last,
        pixels: args.size,
        frames_per_second: rate,
        speed: 1.0,
        paths: args.paths != Paths::Off,
    };
    let view = View { paths: choice(args.paths), ..View::default() };
    let palette = Palette::of(if args.light { Theme::Light } else { Theme::Dark });
    let mut camera = Camera::new(body_view.subject());
    camera.zoom_by(zoom);
    let looks = (&camera, &view, &palette);
    let recorder = Recorder::new(&history, &config.task, recipe, offscreen, looks, &file);
    let frames = recorder.and_then(|recorder| draw(recorder, &history)).map_err(|error| {
        // An incomplete film is of no use; the reason is reported.
        let _ = remove_file(&file);
        anyhow!(error.trim_end_matches('.').to_owned())
    })?;
    let size = fs::read(&file)?.len().div_ceil(1000);
    let text = format!("{frames} frames, {size} kB: {}\n", file.display());
    print_report(&text, &format!("the film is in {}", file.display()))
}

/// Opens the agent in a session that analyzes each decision.
fn open(args: &Args, history: &mut History) -> anyhow::Result<Session> {
    let path = args.path.to_str().with_context(|| {
        format!("only folders with Unicode names can be filmed, and {} is not Unicode", args.path.display())
    })?;
    let mut session = Session::new(seconds);
    let options = AnalysisOptions {
        imagined: matches!(args.paths, Paths::Imagined | Paths::Both),
        real: matches!(args.paths, Paths::Real | Paths::Both),
        values: false,
        ..AnalysisOptions::default()
    };
    let options = (args.paths != Paths::Off).then_some(options);
    let agent = Agent::Folder(path.into());
    block_on(session.handle(Command::Watch { agent, seed: args.seed, planner: true }));
    block_on(session.handle(Command::Subscribe { options, every_seconds: 0.0 }));
    history.take(session.take_update().unwrap_or_default());
    ensure!(history.status.config.is_some(), complaint(history));
    Ok(session)
}

/// Returns the session's last complaint, as an error of the command line.
fn complaint(history: &History) -> String {
    let bad = history.notices.iter().rev().find(|notice| notice.level == Level::Bad);
    bad.map_or("the session stopped", |notice| notice.text.trim_end_matches('.')).to_owned()
}

/// Returns the first and last decision of the film, given the duration of a decision, s.
fn range(args: &Args, decision_time: f64) -> anyhow::Result<(u32, u32)> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 900 s of at least a millisecond"
    )]
    let decisions = |seconds: f64| (seconds / decision_time).round() as u32;
    let limit = u32::try_from(ANALYSES)?;
    ensure!(
        decisions(args.seconds) < limit,
        "--seconds {}: a film has at most {limit} decisions, {:.1} s of this task",
        args.seconds,
        f64::from(limit - 1) * decision_time
    );
    let first = decisions(args.start);
    Ok((first, first + decisions(args.seconds).max(1)))
}

fn choice(paths: Paths) -> PathChoice {
    match paths {
        Paths::Imagined => PathChoice::Imagined,
        Paths::Real => PathChoice::Real,
        Paths::Both => PathChoice::Both,
        Paths::Off => PathChoice::Off,
    }
}

/// Records until the file is written, and returns the number of frames.
fn draw(mut recorder: Recorder, history: &History) -> Result<usize, String> {
    let mut meter: Option<Meter> = None;
    loop {
        match recorder.advance(history) {
            Progress::Making(done, all) => {
                meter.get_or_insert_with(|| Meter::new("drawing", all, "frames")).at(done);
                sleep(TURN);
            }
            Progress::Done(frames) => {
                if let Some(meter) = meter {
                    meter.finish(frames);
                }
                return Ok(frames);
            }
            Progress::Failed(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_numbers_out_of_range_are_refused_with_what_is_allowed() {
        assert_eq!(size("480x270"), Ok([480, 270]));
        for bad in ["480", "480x", "0x270", "480x4096", "480 x 270", "-480x270"] {
            assert!(size(bad).unwrap_err().contains("16 to 2048"), "{bad}");
        }
        assert_eq!(within(1.0, 50.0)("12.5"), Ok(12.5));
        for bad in ["0.9", "51", "nan", "inf", "x"] {
            assert!(within(1.0, 50.0)(bad).unwrap_err().contains("from 1 to 50"), "{bad}");
        }
    }
}
