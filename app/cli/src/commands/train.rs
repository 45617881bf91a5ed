//! `bootstride train`: resolves configuration, device and run folder; [`crate::training`] does the training.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use bootstride_core::config::{Config, ConfigError, Layers};
use bootstride_core::task::{CUSTOM_BODY, TaskError, configured_task};
use bootstride_core::vfs::read_text;
use bootstride_session::device::{Selection, select};
use bootstride_session::failure::{Failure, UsageError as _, note, print};
use bootstride_session::recorded::{NewFolder, ROOT};
use pollster::block_on;

use super::count::{SEEDS, STEPS, count};
use crate::training;

/// Train an agent on a task.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A count may be written as 40000, 40_000, 4e4, 40k or 1.5M.

The configuration is built in layers, where later layers override earlier ones: the published BMPC settings, \
--preset, --algorithm, --config FILE, --set KEY=VALUE, and finally TASK, --steps, --seed and --device. `--dry-run` \
prints the result.

All output goes into the run folder: the configuration, metrics (CSV, JSON lines, TensorBoard), evaluations, \
checkpoints and, for a custom body, a copy of its file. Ctrl-C (or SIGTERM, or SIGHUP) saves a checkpoint and stops. \
`--resume` continues from the newest checkpoint as if the run had not been interrupted, also after a crash. Add --set \
to change settings when resuming: those of the planner, most of training (learning_rate, batch, ...) and of the run \
(steps, device, evaluate_every, ...) may change; task, model, algorithm and seed may not.

Exit codes: 0 success; 1 failure; 2 invalid usage, configuration or input; 130 (Ctrl-C), 143 (SIGTERM) or 129 \
(SIGHUP) stopped early with a checkpoint saved.

Examples:
  bootstride train cartpole-swingup
  bootstride train pendulum-swingup --preset small --algorithm tdmpc2 --seed 3
  bootstride train cartpole-swingup --set planner.samples=256 --set training.batch=64 --dry-run
  bootstride train --body worm.json --steps 60000
  bootstride train --resume runs/cartpole-swingup/bmpc-seed1
  bootstride train --resume runs/cartpole-swingup/bmpc-seed1 --steps 80000
  bootstride train --resume runs/cartpole-swingup/bmpc-seed1 --set training.learning_rate=1e-4")]
pub struct Args {
    /// Task to train on; `bootstride tasks` lists them.
    #[arg(value_name = "TASK", required_unless_present_any = ["resume", "config", "body"])]
    task: Option<String>,
    /// Custom body to train instead of a built-in task: a JSON file with a `task` section (see `bootstride body
    /// --help`).
    #[arg(long, value_name = "FILE", conflicts_with = "task")]
    body: Option<PathBuf>,
    /// Size of model and planner: paper, small or tiny [default: tiny on a CPU, small on a GPU].
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Algorithm: bmpc, tdmpc2, variant1, variant2 or variant3 [default: bmpc].
    #[arg(long, value_name = "NAME")]
    algorithm: Option<String>,
    /// TOML file with settings that override the presets, such as the output of --dry-run.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Override a single setting, for example planner.samples=256; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Total environment steps (decisions times action repeat) [default: from the preset].
    #[arg(long, value_name = "ENV_STEPS", value_parser = count::<usize>(STEPS), allow_negative_numbers = true)]
    steps: Option<usize>,
    /// Seed for all random numbers [default: 1].
    #[arg(long, value_parser = count::<u64>(SEEDS), allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Compute device: auto, cpu, gpu or gpu:N (see `bootstride doctor`) [default: auto].
    #[arg(long)]
    device: Option<String>,
    /// Run folder to create [default: runs/TASK/ALGORITHM-seedN].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the resolved configuration as TOML and exit.
    #[arg(long)]
    dry_run: bool,
    /// Resume the run in this folder from its newest intact checkpoint.
    #[arg(long, value_name = "RUN", conflicts_with_all =
        ["task", "body", "preset", "algorithm", "config", "seed", "out", "dry_run"])]
    resume: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure for an invalid configuration, an unknown task or a run that cannot be resumed, and any other
/// failure of training.
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

/// The resolved command line.
struct Request {
    config: Config,
    preset: String,
    device: Selection,
}

impl Args {
    /// Returns the configuration and the device. The default size preset depends on the device, and the device can be
    /// part of the configuration, so the layers are first resolved once to determine the device.
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

    /// Returns the error about the task, with a hint or the file that it refers to.
    fn explain(&self, error: &TaskError) -> anyhow::Error {
        match (error, &self.body) {
            (TaskError::UnknownTask { .. }, _) => anyhow!("{error} (`bootstride tasks` lists all tasks)"),
            (TaskError::NoBody, _) => anyhow!("{error}; use --body FILE"),
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

    /// Returns the text of the custom body file, if one was given.
    fn body_text(&self) -> Result<Option<Arc<str>>, Failure> {
        let read = |path: &PathBuf| read_text(path).with_context(|| format!("could not read {}", path.display()));
        Ok(self.body.as_ref().map(read).transpose().usage()?.map(Into::into))
    }
}
