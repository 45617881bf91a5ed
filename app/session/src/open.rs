//! The open run or agent of a session: a run in training, or a trained agent that plays.

use std::path::Path;

use anyhow::Context as _;
use bootstride_core::config::Config;
use bootstride_core::inspect::{MotionDecoder, Player, load_agent};
use bootstride_core::math::NamedTensor;
use bootstride_core::math::tensors::read_tensors;
use bootstride_core::model::WorldModel;
use bootstride_core::planner::{PlannerBackend, PlannerConfig, PlannerSettings, vector_instructions};
use bootstride_core::run::{RunFolder, Trained};
use bootstride_core::task::{Environment, configured_task};
use bootstride_core::train::{Event, Phase, StepObserver};
use bootstride_core::vfs;
use burn::tensor::Device;
use toml::Value;

use crate::device::{Choice, Chosen, select};
use crate::failure::{Failure, sentences};
use crate::message::{Level, Notice, Stage};
use crate::recorded::{NewFolder, RecordedRun};

/// A run or an agent, with everything needed to answer queries about its decisions.
pub struct Open {
    /// The run or agent.
    pub source: Source,
    /// A second environment for restoring recorded states.
    pub spare: Environment,
    /// The decoder that is trained to display imagined states.
    pub decoder: MotionDecoder,
    /// The planner for recorded decisions.
    pub planner: PlannerBackend,
    /// The display name of the device.
    pub label: String,
    /// The reason for choosing this device, a phrase for display.
    pub reason: String,
    /// The folder of the run or agent.
    pub folder: String,
    /// Whether the device is a GPU.
    pub on_gpu: bool,
    /// Events recorded before it was opened; reported once.
    pub past: Vec<Event>,
}

/// The run or agent.
pub enum Source {
    /// A run in training.
    Run(Box<RecordedRun>),
    /// A trained agent.
    Player(Box<Player>),
}

/// Returns an error with all its causes in one sentence.
pub fn in_words(failure: &Failure) -> String {
    failure.error().map_or_else(|| "it was interrupted".into(), |error| sentences(error).join(": "))
}

impl Open {
    /// Starts a new run.
    ///
    /// # Errors
    /// If the device, the task or the folder cannot be used.
    pub async fn start(
        config: &Config,
        preset: &str,
        folder: NewFolder<'_>,
        notices: &mut Vec<Notice>,
    ) -> Result<Self, Failure> {
        let task = configured_task(&config.task)?;
        let opened = open_device(&config.run.device, notices).await?;
        fits(config, opened.on_gpu)?;
        let run = RecordedRun::create(config, preset, &opened.device, &opened.label, task.name, folder)?;
        let path = run.path().display().to_string();
        Self::new(config, Source::Run(Box::new(run)), opened, path)
    }

    /// Resumes a run from its last checkpoint with these `key=value` settings on top of its own. The run's folder
    /// changes only after everything else has succeeded.
    ///
    /// # Errors
    /// If there is no run, the run is damaged, or the device cannot be used.
    pub async fn resume(folder: &str, settings: &[String], notices: &mut Vec<Notice>) -> Result<Self, Failure> {
        let path = Path::new(folder);
        let config = RecordedRun::configuration(path, settings)?;
        let opened = open_device(&config.run.device, notices).await?;
        fits(&config, opened.on_gpu)?;
        let ready = RecordedRun::prepare(path, &config, &opened.device)?;
        let (past, env_step) = (ready.past()?, ready.env_step());
        let damaged: Vec<_> = ready.damaged().map(|one| Notice { level: Level::Bad, text: sentence(&one) }).collect();
        let run = ready.take_up()?;
        notices.extend(damaged);
        let text = match env_step {
            Some(env_step) => format!("Resuming {folder} at step {env_step}."),
            None => format!("{folder} has no checkpoint yet: starting from the beginning."),
        };
        notices.push(Notice { level: Level::Good, text });
        let open = Self::new(&config, Source::Run(Box::new(run)), opened, folder.into())?;
        Ok(Self { past, ..open })
    }

    /// Opens a trained agent to play.
    ///
    /// # Errors
    /// If there is no agent, or it does not fit its task.
    pub async fn agent(folder: &str, seed: u64, planner: bool, notices: &mut Vec<Notice>) -> Result<Self, Failure> {
        let Trained { run, config, checkpoint, damaged, .. } = RunFolder::trained(Path::new(folder))?;
        notices.extend(
            damaged
                .iter()
                .map(|one| Notice { level: Level::Bad, text: format!("Skipped a damaged checkpoint: {one}") }),
        );
        let bytes = checkpoint.parts.get("weights.safetensors")?;
        let weights = read_tensors(bytes).with_context(|| format!("cannot read {}", checkpoint.path.display()))?;
        let opened = open_device(&config.run.device, notices).await?;
        let model = load_agent(&config, &weights, &opened.device)?;
        let player = Player::new(&config, model, seed, planner)?;
        // Events after the checkpoint belong to a later agent.
        let before = |event: &Event| event.env_step().is_none_or(|env_step| env_step <= checkpoint.env_step);
        let past = RunFolder::past(&run)?.into_iter().filter(before).collect();
        let seed = config.run.seed;
        let open = Self::new(&config, Source::Player(Box::new(player)), opened, folder.into())?;
        let decoder = match stored_decoder(&run) {
            Ok(Some(tensors)) => MotionDecoder::restored(&open.model(), seed, &tensors)?,
            Ok(None) => open.decoder,
            Err(error) => {
                notices.push(Notice {
                    level: Level::Info,
                    text: format!("{error}; imagined paths appear a little later."),
                });
                open.decoder
            }
        };
        Ok(Self { decoder, past, ..open })
    }

    fn new(config: &Config, source: Source, opened: OpenDevice, folder: String) -> Result<Self, Failure> {
        let OpenDevice { device, label, reason, on_gpu } = opened;
        let spare = Environment::configured(&config.task)?;
        let planner = PlannerBackend::new(config.run.engine, config.run.precision, &device);
        let model = match &source {
            Source::Run(run) => run.trainer.model(),
            Source::Player(player) => player.model().clone(),
        };
        let decoder = MotionDecoder::new(&model, config.run.seed);
        Ok(Self { source, spare, decoder, planner, label, reason, folder, on_gpu, past: Vec::new() })
    }

    /// Returns the configuration, with live changes.
    pub fn config(&self) -> &Config {
        match &self.source {
            Source::Run(run) => run.trainer.config(),
            Source::Player(player) => player.config(),
        }
    }

    /// Returns the current networks (handles, not copies).
    pub fn model(&self) -> WorldModel {
        match &self.source {
            Source::Run(run) => run.trainer.model(),
            Source::Player(player) => player.model().clone(),
        }
    }

    /// Returns the current planner settings.
    pub fn settings(&self) -> &PlannerSettings {
        match &self.source {
            Source::Run(run) => run.trainer.settings(),
            Source::Player(player) => player.settings(),
        }
    }

    /// Returns the number of updates of the networks.
    pub fn updates(&self) -> u64 {
        match &self.source {
            Source::Run(run) => run.trainer.updates(),
            Source::Player(player) => player.updates(),
        }
    }

    /// Returns the current stage.
    pub fn stage(&self) -> Stage {
        match &self.source {
            Source::Player(_) => Stage::Playing,
            Source::Run(run) => match run.trainer.progress().phase {
                Phase::Seed => Stage::Seed,
                Phase::Pretraining => Stage::Pretraining,
                Phase::Training | Phase::Finished => Stage::Training,
                Phase::Evaluating => Stage::Evaluating,
            },
        }
    }

    /// Changes the planner from the next decision on.
    pub fn set_planner(&mut self, planner: PlannerConfig) -> Result<(), Failure> {
        match &mut self.source {
            Source::Run(run) => {
                let before = run.trainer.config().planner.clone();
                run.trainer.set_planner(planner.clone())?;
                if before != planner {
                    let env_step = run.trainer.progress().env_step;
                    let message = format!("planner changed by hand at step {env_step}: {}", changes(&before, &planner));
                    run.record(&Event::Warning { message })?;
                    run.store_config()?;
                }
                Ok(())
            }
            Source::Player(player) => Ok(player.set_planner(planner)?),
        }
    }

    /// Performs the next unit of work. The results are in `watch`.
    pub async fn step(&mut self, watch: &mut StepObserver) -> Result<Vec<Event>, Failure> {
        match &mut self.source {
            Source::Run(run) => run.step(watch).await,
            Source::Player(player) => {
                let decision = player.step(watch).await?;
                watch.decision = Some(decision);
                Ok(Vec::new())
            }
        }
    }

    /// Passes the current state of the task to the decoder.
    pub fn note(&mut self) {
        self.decoder.note(match &self.source {
            Source::Run(run) => run.trainer.environment(),
            Source::Player(player) => player.environment(),
        });
    }

    /// Returns the environment steps done and the total.
    pub fn env_steps(&self) -> (usize, usize) {
        match &self.source {
            Source::Run(run) => (run.trainer.progress().env_step, run.trainer.progress().total),
            Source::Player(_) => (0, 0),
        }
    }
}

/// The file in an exported agent's folder with the decoder for imagined states.
pub const MOTION: &str = "motion.safetensors";

/// Returns the stored decoder of an exported agent; `None` if there is none.
fn stored_decoder(run: &Path) -> anyhow::Result<Option<Vec<NamedTensor>>> {
    let path = run.join(MOTION);
    if !vfs::exists(&path) {
        return Ok(None);
    }
    let told = || format!("cannot read {}", path.display());
    let bytes = vfs::read(&path).with_context(told)?;
    Ok(Some(read_tensors(&bytes).with_context(told)?))
}

/// Returns the text with a capital first letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Describes the settings that differ.
fn changes(before: &PlannerConfig, after: &PlannerConfig) -> String {
    let custom = |planner: &PlannerConfig| Value::Table(planner.custom.clone()).to_string();
    let pairs = [
        ("kind", before.kind.clone(), after.kind.clone()),
        ("custom", custom(before), custom(after)),
        ("samples", before.samples.to_string(), after.samples.to_string()),
        ("elites", before.elites.to_string(), after.elites.to_string()),
        ("policy_samples", before.policy_samples.to_string(), after.policy_samples.to_string()),
        ("iterations", before.iterations.to_string(), after.iterations.to_string()),
        ("horizon", before.horizon.to_string(), after.horizon.to_string()),
        ("temperature", before.temperature.to_string(), after.temperature.to_string()),
        ("min_std", before.min_std.to_string(), after.min_std.to_string()),
        ("max_std", before.max_std.to_string(), after.max_std.to_string()),
    ];
    let changed = pairs.iter().filter(|(_, before, after)| before != after);
    changed.map(|(name, before, after)| format!("{name} {before} to {after}")).collect::<Vec<_>>().join(", ")
}

/// Checks whether training fits into this computer's memory. A page cannot query its memory.
#[cfg_attr(target_family = "wasm", expect(unused_variables, reason = "a page cannot query its memory"))]
fn fits(config: &Config, on_gpu: bool) -> anyhow::Result<()> {
    #[cfg(not(target_family = "wasm"))]
    crate::hardware::memory::check(config, &configured_task(&config.task)?, on_gpu)?;
    Ok(())
}

/// A device, with the reason for choosing it.
struct OpenDevice {
    device: Device,
    label: String,
    reason: String,
    on_gpu: bool,
}

/// Opens the requested device, or the CPU if the GPU cannot be used.
async fn open_device(request: &str, notices: &mut Vec<Notice>) -> Result<OpenDevice, Failure> {
    let selection = select(request).await?;
    let Choice { chosen, label, reason, warning } = selection.choice.clone();
    if let Some(text) = warning {
        notices.push(Notice { level: Level::Info, text });
    }
    let on_gpu = chosen != Chosen::Cpu;
    let cpu = || format!("CPU, {}", vector_instructions());
    match selection.open_silently().await {
        Ok(device) => Ok(OpenDevice { device, label: if on_gpu { label } else { cpu() }, reason, on_gpu }),
        Err(failure) if on_gpu => {
            let text = format!("{}. Using the CPU instead.", in_words(&failure));
            notices.push(Notice { level: Level::Bad, text });
            let device = select("cpu").await?.open_silently().await?;
            Ok(OpenDevice { device, label: cpu(), reason: format!("{label} refused"), on_gpu: false })
        }
        Err(failure) => Err(failure),
    }
}
