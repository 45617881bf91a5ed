//! `bootstride train`: what is asked for becomes a configuration, a device and a run folder; [`crate::training`] trains.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use bootstride_core::config::{CUSTOM_BODY, Config, ConfigError, Layers};
use bootstride_core::task::{TaskError, configured_task};
use bootstride_core::vfs::read_text;
use pollster::block_on;

use super::count::{SEEDS, STEPS, count};
use crate::device::{Selection, select};
use crate::failure::{Failure, UsageError as _, note, print};
use crate::lab::runs::ROOT;
use crate::recorded::NewFolder;
use crate::training;

/// Train an agent on a task.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A count may be written as 40000, 40_000, 4e4, 40k or 1.5M.

The configuration is layered, each on top of the one before: the published BMPC settings, --preset, --algorithm, \
--config FILE, --set KEY=VALUE, and then TASK, --steps, --seed and --device. `--dry-run` prints what comes out.

Everything goes into the run folder: the configuration, metrics (CSV, JSON lines, TensorBoard), evaluations and \
checkpoints, and a copy of the body's file where it is your own. Ctrl-C (or SIGTERM, or SIGHUP) saves a checkpoint and \
stops; `--resume` goes on as if nothing had happened, also after a crash. With --set it goes on under other settings: those \
of the planner, most of training (learning_rate, batch, ...) and of the run (steps, device, evaluate_every, ...) may change, \
task, model, algorithm and seed may not.

Exit codes: 0 done, 1 something broke, 2 wrong usage, configuration or input; stopped early, with a checkpoint saved: 130 \
by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.

Examples:
  bootstride train cartpole-swingup
  bootstride train pendulum-swingup --preset small --algorithm tdmpc2 --seed 3
  bootstride train cartpole-swingup --set planner.samples=256 --set training.batch=64 --dry-run
  bootstride train --body worm.json --steps 60000
  bootstride train --resume runs/cartpole-swingup/bmpc-seed1
  bootstride train --resume runs/cartpole-swingup/bmpc-seed1 --steps 80000
  bootstride train --resume runs/cartpole-swingup/bmpc-seed1 --set training.learning_rate=1e-4")]
pub struct Args {
    /// The task, one of `bootstride tasks`.
    #[arg(value_name = "TASK", required_unless_present_any = ["resume", "config", "body"])]
    task: Option<String>,
    /// A body of your own instead of a task: a JSON file with a section `task` (see `bootstride body --help`).
    #[arg(long, value_name = "FILE", conflicts_with = "task")]
    body: Option<PathBuf>,
    /// Sizes of model and planner: paper, small or tiny [default: tiny on a CPU, small on a GPU].
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// The point of the algorithm family: bmpc, tdmpc2, variant1, variant2 or variant3 [default: bmpc].
    #[arg(long, value_name = "NAME")]
    algorithm: Option<String>,
    /// A TOML file on top of the presets, such as one that --dry-run printed.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A single setting on top of everything before, as planner.samples=256; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Environment steps to train for (decisions times action repeat) [default: the preset's].
    #[arg(long, value_name = "ENV_STEPS", value_parser = count::<usize>(STEPS), allow_negative_numbers = true)]
    steps: Option<usize>,
    /// Seed of everything random [default: 1].
    #[arg(long, value_parser = count::<u64>(SEEDS), allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Where to compute: auto, cpu, gpu or gpu:N (see `bootstride doctor`) [default: auto].
    #[arg(long)]
    device: Option<String>,
    /// The run folder [default: runs/TASK/ALGORITHM-seedN].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the resolved configuration as TOML and stop.
    #[arg(long)]
    dry_run: bool,
    /// Go on with the run in this folder, from its newest whole checkpoint.
    #[arg(long, value_name = "RUN", conflicts_with_all =
        ["task", "body", "preset", "algorithm", "config", "seed", "out", "dry_run"])]
    resume: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// A usage failure for a wrong configuration, an unknown task or a run that cannot be resumed; any other failure of
/// training.
pub fn run(args: Args) -> Result<(), Failure> {
    if let Some(folder) = &args.resume {
        let steps = args.steps.map(|steps| format!("run.steps={steps}"));
        let device = args.device.map(|device| format!("run.device={device}"));
        let settings: Vec<String> = args.set.into_iter().chain(steps).chain(device).collect();
        return training::resume(folder, &settings);
    }
    let Request { config, preset, device } = args.configure()?;
    if args.dry_run {
        return print(&config.to_toml()?);
    }
    let folder = args.out.as_deref().map_or(NewFolder::Below(Path::new(ROOT)), NewFolder::Named);
    training::start(&config, &preset, &device, folder)
}

/// What a command line asks for.
struct Request {
    config: Config,
    preset: String,
    device: Selection,
}

impl Args {
    /// The configuration and the device. Which size is the default depends on the device, and the device can be part
    /// of the configuration, so the layers are resolved a first time to learn the device.
    fn configure(&self) -> Result<Request, Failure> {
        let file = match &self.config {
            Some(path) => {
                let name = path.display().to_string();
                let text = read_text(path).with_context(|| format!("could not read {name}")).usage()?;
                Some((name, text))
            }
            None => None,
        };
        let body = self.body_text()?;
        let mut first = self.layers(self.preset.as_deref().unwrap_or("tiny"), file.as_ref()).usage()?;
        first.task.body.clone_from(&body);
        let task = configured_task(&first.task).map_err(|error| self.explain(&error)).usage()?;
        let device = block_on(select(&first.run.device))?;
        let (default, place) = device.choice.chosen.default_preset();
        let (preset, why) = match &self.preset {
            Some(preset) => (preset.as_str(), String::new()),
            None => (default, format!(" (the default on {place})")),
        };
        let mut config = self.layers(preset, file.as_ref()).usage()?;
        config.task.body = body;
        note(&format!("task {}, algorithm {}, preset {preset}{why}", task.name, config.algorithm.name));
        Ok(Request { config, preset: preset.into(), device })
    }

    /// What is wrong with the task, with where it was named.
    fn explain(&self, error: &TaskError) -> anyhow::Error {
        match (error, &self.body) {
            (TaskError::UnknownTask { .. }, _) => anyhow!("{error} (`bootstride tasks` lists them all)"),
            (TaskError::NoBody, _) => anyhow!("{error}; name it with --body FILE"),
            (error, Some(path)) => anyhow!("{}: {error}", path.display()),
            (error, None) => anyhow!("{error}"),
        }
    }

    fn layers(&self, preset: &str, file: Option<&(String, String)>) -> Result<Config, ConfigError> {
        let mut layers = Layers::new().size_preset(preset)?;
        if let Some(algorithm) = &self.algorithm {
            layers = layers.algorithm(algorithm)?;
        }
        if let Some((name, text)) = file {
            layers = layers.toml(name, text)?;
        }
        for setting in &self.set {
            layers = layers.set(setting)?;
        }
        let flags = [
            ("task.name", self.task.clone().or(self.body.as_ref().map(|_| CUSTOM_BODY.into()))),
            ("run.steps", self.steps.map(|steps| steps.to_string())),
            ("run.seed", self.seed.map(|seed| seed.to_string())),
            ("run.device", self.device.clone()),
        ];
        for (key, value) in flags {
            if let Some(value) = value {
                layers = layers.set(&format!("{key}={value}"))?;
            }
        }
        layers.resolve()
    }

    /// The text of the own body's file, if there is one.
    fn body_text(&self) -> Result<Option<Arc<str>>, Failure> {
        let read = |path: &PathBuf| read_text(path).with_context(|| format!("could not read {}", path.display()));
        Ok(self.body.as_ref().map(read).transpose().usage()?.map(Into::into))
    }
}
