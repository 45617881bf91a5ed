//! `bootstride bench`: measures the time of planning and learning, and how close it is to what the hardware can do.

pub mod cases;
pub mod compare;
pub mod gpu;
pub mod lab;
pub mod measure;
pub mod memory;
pub mod report;

use std::path::PathBuf;
use std::sync::Once;

use anyhow::anyhow;
use bootstride_core::config::{Config, ConfigError, Layers};
use bootstride_core::planner::PlannerBackend;
use bootstride_core::task::{configured_task, task_info, tasks};
use bootstride_session::device::{Chosen, Selection, select};
use bootstride_session::failure::{Failure, UsageError as _, note, print, print_json};
use bootstride_session::hardware::{self, threads};
use clap::ValueEnum;
use pollster::block_on;

use self::cases::{CaseName, Setup};
use self::compare::{Baseline, slower};
use self::gpu::GpuCost;
use self::measure::{Repeats, Times, measure, sgemm_gflops};
use self::report::{Common, Pace, Row, SideBySide, efficiency, table, tasks_table};
use super::count::count;
use crate::cost::Cost;

/// Measure the speed of planning and learning.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each case is warmed up and then repeated: at least 5 times and for 2 seconds, and at most 50 times; if that takes \
more than half a minute, at least 3 times. A measurement of decision averages over the decisions between two rounds \
of reanalyze; one of env averages over 100 decisions or, for slow tasks, 0.1 s. On its own, env measures all tasks. \
On a GPU each case is run once more to record the time on the adapter's own clock (if it has timestamps) and the \
number of kernels launched.

Efficiency relates a case to the device's matrix product rate, measured in the same run: the time that the operations \
of the case would take at that rate, divided by the time that it took. Only the matrix products of the plain \
algorithm are counted, so an engine that skips work can exceed 1. Compare efficiencies between computers, and times \
on the same computer. Measure on an idle computer, since other load slows everything down.

Examples:
  bootstride bench
  bootstride bench plan --preset paper --device cpu
  bootstride bench plan --preset paper --engine plain
  bootstride bench update --preset paper --set model.latent_dim=128 --set model.mlp_dim=128
  bootstride bench memory --preset paper
  bootstride bench env
  bootstride bench env --task humanoid-walk --side-by-side 20
  bootstride bench lab
  bootstride bench lab --minutes 120
  bootstride bench decision --set algorithm.reanalyze=delayed
  bootstride bench decision --set training.environments=4
  bootstride bench all --task reacher-hard --repeats 10 --json
  bootstride bench --preset all --json > before.json
  bootstride bench --preset all --compare before.json")]
pub struct Args {
    /// What to measure.
    #[arg(value_name = "CASE", value_enum, default_value = "all")]
    which: Which,
    /// Size of model and planner: paper, small, tiny, or all to measure each in turn [default: tiny on a CPU, small on
    /// a GPU].
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Algorithm: bmpc, tdmpc2, variant1, variant2 or variant3 [default: bmpc].
    #[arg(long, value_name = "NAME")]
    algorithm: Option<String>,
    /// Override a single setting, for example planner.samples=256; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Task; `bootstride tasks` lists them [default: cartpole-swingup; walker-walk for lab].
    #[arg(long)]
    task: Option<String>,
    /// Planning engine: plain, fused or auto (fused on a CPU, plain elsewhere) [default: from the configuration, auto].
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// Compute device: auto, cpu, gpu or gpu:N (see `bootstride doctor`) [default: auto].
    #[arg(long)]
    device: Option<String>,
    /// Number of measurements per case [default: adaptive, see below].
    #[arg(long, value_name = "N", value_parser = count::<u16>(1..=1000), allow_negative_numbers = true)]
    repeats: Option<u16>,
    /// For env: also measure N environments stepped together, as in evaluation, on all threads (`RAYON_NUM_THREADS`).
    #[arg(long, value_name = "N", value_parser = count::<u16>(1..=1000), allow_negative_numbers = true)]
    side_by_side: Option<u16>,
    /// For lab: train for N minutes with everything open, and report the memory of the process each minute.
    #[arg(long, value_name = "N", value_parser = count::<u16>(1..=1440), allow_negative_numbers = true)]
    minutes: Option<u16>,
    /// Compare efficiencies with those in FILE, the output of `bench --json`; exit code 1 if one is below 0.9 of its
    /// baseline.
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    /// Print JSON: an array of objects, one per case.
    #[arg(long)]
    json: bool,
}

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// One plan for one state, as in a training decision.
    Plan,
    /// One round of lazy reanalyze: plans for many states at once.
    Reanalyze,
    /// One update of all networks.
    Update,
    /// One whole training decision: plan, step, update, and its share of reanalyze.
    Decision,
    /// One decision of the simulated task alone; as the only case, of every task unless --task is given.
    Env,
    /// All cases above.
    All,
    /// Host memory with a full replay buffer of the largest published task while training, saving and resuming; not
    /// part of all. Writes a checkpoint of that size to the temporary folder.
    Memory,
    /// How much the lab slows the training that it shows, and its own time per frame, without a window; not part of
    /// all. With --minutes, memory growth with everything open instead.
    Lab,
}

impl Which {
    fn cases(self) -> Vec<CaseName> {
        match self {
            Self::Plan => vec![CaseName::Plan],
            Self::Reanalyze => vec![CaseName::Reanalyze],
            Self::Update => vec![CaseName::Update],
            Self::Decision => vec![CaseName::Decision],
            Self::Env => vec![CaseName::Env],
            Self::All => CaseName::ALL.to_vec(),
            Self::Memory | Self::Lab => Vec::new(),
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure for an invalid configuration or a case that does not apply to it, and any other failure of
/// planning and learning.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.minutes.is_some() && args.which != Which::Lab {
        return Err(anyhow!("--minutes is only for `bootstride bench lab`")).usage();
    }
    let timed = !matches!(args.which, Which::Memory | Which::Lab) && (args.which != Which::Env || args.task.is_some());
    if !timed && (args.compare.is_some() || args.preset.as_deref() == Some(EVERY)) {
        return Err(anyhow!("--compare and --preset all are only for plan, reanalyze, update, decision and all"))
            .usage();
    }
    let Request { config, preset, device } = args.configure()?;
    args.fits(&config, &device)?;
    if args.which == Which::Memory {
        return args.memory(&config, preset, &device);
    }
    if args.which == Which::Lab {
        return args.lab(config, &preset, &device);
    }
    if args.which == Which::Env && args.task.is_none() {
        let rows = args.environments(&config, &preset, &device)?;
        return if args.json { print_json(&rows) } else { print(&tasks_table(&rows)) };
    }
    let baseline = args.compare.as_deref().map(Baseline::read).transpose().usage()?;
    let mut all = Vec::new();
    for preset in if preset == EVERY { SIZES.to_vec() } else { vec![&*preset] } {
        let mut rows = args.measure(args.layers(preset).usage()?, preset, &device, None)?;
        if let Some(baseline) = &baseline {
            baseline.compare(&mut rows);
        }
        if !args.json {
            print(&(if all.is_empty() { "" } else { "\n" }.to_owned() + &table(&rows)))?;
        }
        all.extend(rows);
    }
    if args.json {
        print_json(&all)?;
    }
    match baseline.map(|_| slower(&all)).transpose().usage()?.flatten() {
        Some(slower) => Err(anyhow!("slower than the baseline: {slower}").into()),
        None => Ok(()),
    }
}

/// The value of `--preset` that selects all of [`SIZES`].
const EVERY: &str = "all";
/// The size presets, small ones first, so that errors show up early.
const SIZES: [&str; 3] = ["tiny", "small", "paper"];

/// Warns once that a development build is not representative.
fn note_build() {
    static SAID: Once = Once::new();
    if cfg!(debug_assertions) {
        SAID.call_once(|| {
            note("warning: this is a development build; use `cargo run --release -- bench` for meaningful results");
        });
    }
}

/// The measurements of one case.
struct Measured {
    name: CaseName,
    times: Times,
    gpu: GpuCost,
    rounds: Option<f64>,
    /// Environments side by side, and their times.
    side_by_side: Option<(usize, Times)>,
}

/// The resolved command line.
struct Request {
    config: Config,
    preset: String,
    device: Selection,
}

impl Args {
    /// Returns the configuration and the device. The device determines the default size and may itself be a setting, so
    /// the layers are resolved twice, as for `train`.
    fn configure(&self) -> Result<Request, Failure> {
        let asked = self.preset.as_deref().filter(|preset| *preset != EVERY);
        let first = self.layers(asked.unwrap_or("tiny")).usage()?;
        configured_task(&first.task)
            .map_err(|error| anyhow!("{error} (`bootstride tasks` lists all tasks)"))
            .usage()?;
        let device = block_on(select(&first.run.device))?;
        let preset = self.preset.as_deref().unwrap_or(device.choice.chosen.default_preset().0);
        let first = if preset == EVERY { SIZES[0] } else { preset };
        Ok(Request { config: self.layers(first).usage()?, preset: preset.into(), device })
    }

    /// Rejects a configuration that does not fit into memory.
    fn fits(&self, config: &Config, device: &Selection) -> Result<(), Failure> {
        let mut config = config.clone();
        config.run.evaluate_episodes = 1;
        let task = if self.which == Which::Memory {
            // Fills the buffer of the largest published task.
            config.run.steps = usize::MAX;
            *task_info("dog-run")?
        } else {
            config.run.steps = 1;
            configured_task(&config.task).usage()?
        };
        hardware::memory::check(&config, &task, device.choice.chosen != Chosen::Cpu).usage()
    }

    fn layers(&self, preset: &str) -> Result<Config, ConfigError> {
        let mut layers = Layers::new().size_preset(preset)?;
        if let Some(algorithm) = &self.algorithm {
            layers = layers.algorithm(algorithm)?;
        }
        for setting in &self.set {
            layers = layers.set(setting)?;
        }
        if self.which == Which::Lab && self.task.is_none() {
            layers = layers.set(&format!("task.name={}", lab::TASK))?;
        }
        for (key, value) in [("task.name", &self.task), ("run.device", &self.device), ("run.engine", &self.engine)] {
            if let Some(value) = value {
                layers = layers.set(&format!("{key}={value}"))?;
            }
        }
        layers.resolve()
    }

    /// Measures the selected cases on one task; `products` is the matrix product rate, if already known.
    fn measure(
        &self,
        config: Config,
        preset: &str,
        device: &Selection,
        products: Option<f64>,
    ) -> Result<Vec<Row>, Failure> {
        let cases = self.cases(&config).usage()?;
        let setup = Setup::new(config, block_on(device.open())?).usage()?;
        setup.check().usage()?;
        note_build();
        let repeats = self.repeats.map_or(Repeats::Adaptive, |count| Repeats::Exactly(count.into()));
        let mut measured = Vec::new();
        // Other load slows matrix products too: measured before and after each case, and the best rate counts.
        let pace = || products.map_or_else(|| sgemm_gflops(&setup.device), Ok);
        let mut rate = pace()?;
        for name in cases {
            let mut case = name.prepare(&setup)?;
            let times = measure(name.name(), case.as_mut(), repeats)?;
            let gpu = GpuCost::measure(&setup.device, case.as_mut())?;
            let rounds = case.rounds_per_call();
            drop(case);
            let side_by_side = match self.side_by_side.map(usize::from).filter(|_| name == CaseName::Env) {
                Some(count) => Some((count, measure(name.name(), setup.side_by_side(count)?.as_mut(), repeats)?)),
                None => None,
            };
            measured.push(Measured { name, times, gpu, rounds, side_by_side });
            rate = rate.max(pace()?);
        }
        let cost = Cost::new(&setup.config, &setup.task);
        let common = Common {
            task: setup.task.name,
            preset: preset.into(),
            settings: self.settings(),
            engine: setup.engine().name(),
            device: device.choice.label.clone(),
            threads: threads(),
        };
        let row = |Measured { name, times, gpu, rounds, side_by_side }: Measured| {
            let (repeat, timestep) = (setup.config.task.action_repeat, setup.task.control_timestep);
            let gflop = name.operations(&cost, rounds).map(|operations| operations / 1e9);
            Row {
                case: name.name(),
                common: common.clone(),
                repeats: times.repeats,
                median_ms: times.median,
                min_ms: times.min,
                max_ms: times.max,
                gflop,
                sgemm_gflops: rate,
                efficiency: gflop.map(|gflop| efficiency(gflop, rate, times.median)),
                launches: gpu.launches,
                gpu_ms: gpu.milliseconds,
                compared: None,
                pace: (name == CaseName::Env).then(|| Pace::new(times.median, repeat, timestep)),
                side_by_side: side_by_side.map(|(count, of)| SideBySide::new(count, of.median, times.median, repeat)),
            }
        };
        Ok(measured.into_iter().map(row).collect())
    }

    /// Measures the simulation of every task.
    fn environments(&self, config: &Config, preset: &str, device: &Selection) -> Result<Vec<Row>, Failure> {
        let rate = sgemm_gflops(&block_on(device.open())?)?;
        let mut rows = Vec::new();
        for task in tasks() {
            note(task.name);
            let mut config = config.clone();
            config.task.name = task.name.into();
            rows.extend(self.measure(config, preset, device, Some(rate))?);
        }
        Ok(rows)
    }

    /// Returns the cases to measure, without those that do not apply to the configuration.
    fn cases(&self, config: &Config) -> anyhow::Result<Vec<CaseName>> {
        let mut cases = self.which.cases();
        cases.retain(|case| case.applies(config));
        if cases.is_empty() {
            let algorithm = &config.algorithm.name;
            return Err(anyhow!(
                "this configuration has no reanalyze to measure: algorithm.reanalyze_interval = 0 ({algorithm})"
            ));
        }
        Ok(cases)
    }

    /// Runs the memory case.
    fn memory(&self, config: &Config, preset: String, device: &Selection) -> Result<(), Failure> {
        let opened = block_on(device.open())?;
        let common = Common {
            task: "largest published",
            preset,
            settings: self.settings(),
            engine: PlannerBackend::new(config.run.engine, config.run.precision, &opened).name(),
            device: device.choice.label.clone(),
            threads: threads(),
        };
        let found = memory::measure(config, &opened, common)?;
        if self.json { print_json(&[found]) } else { print(&found.text()) }
    }

    /// Runs the lab case.
    fn lab(&self, config: Config, preset: &str, device: &Selection) -> Result<(), Failure> {
        let setup = Setup::new(config, block_on(device.open())?).usage()?;
        setup.check().usage()?;
        note_build();
        let common = Common {
            task: setup.task.name,
            preset: preset.to_owned(),
            settings: self.settings(),
            engine: setup.engine().name(),
            device: device.choice.label.clone(),
            threads: threads(),
        };
        if let Some(minutes) = self.minutes {
            let watched = lab::watch(&setup, preset, &common, minutes)?;
            return if self.json { print_json(&[watched]) } else { print(&watched.text()) };
        }
        let rows = lab::measure(&setup, preset, &common, self.repeats.map(usize::from))?;
        if self.json { print_json(&rows) } else { print(&lab::table(&rows)) }
    }

    /// Returns the settings that override the preset.
    fn settings(&self) -> Vec<String> {
        let algorithm = self.algorithm.iter().map(|algorithm| format!("algorithm {algorithm}"));
        algorithm.chain(self.set.iter().cloned()).collect()
    }
}
