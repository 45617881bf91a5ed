//! `memory`: host memory of training with a full replay buffer, including checkpoints and resuming.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use anyhow::Context as _;
use bootstride_core::agent::{Agent, PlanningActor, ReanalyzeJob, UpdateNoise};
use bootstride_core::config::Config;
use bootstride_core::math::tensors::write_tensors;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::planner::{
    NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner as _, PlannerBackend, PlannerSettings,
};
use bootstride_core::replay::{Columns, Expert, Replay, Transition};
use bootstride_core::run::Checkpoints;
use bootstride_core::train::{Checkpoint, Parts};
use bootstride_session::failure::{Failure, note};
use burn::tensor::Device;
use pollster::block_on;
use serde::Serialize;

use super::report::Common;

/// Sizes of the largest task of the published experiments (dog: 223 observations, 38 actions), and decisions of an
/// episode.
const OBSERVATION: usize = 223;
const ACTION: usize = 38;
const EPISODE: usize = 500;
/// Number of updates, with plans in between: the second allocates what the first did not reuse.
const UPDATES: u64 = 3;

/// The result.
#[derive(Clone, Debug, Serialize)]
pub struct Memory {
    case: &'static str,
    #[serde(flatten)]
    common: Common,
    observation_size: usize,
    action_size: usize,
    /// Transitions in the buffer.
    transitions: usize,
    /// Size of their data, MB.
    replay_mb: f64,
    /// Stages in the order of measurement.
    stages: Vec<Stage>,
    /// Peak memory of the process in megabytes of 10^6 bytes; `None` if the system does not report it.
    peak_mb: Option<f64>,
}

/// Host memory at the end of a stage, in megabytes.
#[derive(Clone, Debug, Serialize)]
struct Stage {
    after: &'static str,
    resident_mb: Option<f64>,
    peak_mb: Option<f64>,
}

/// Fills a buffer of the configured capacity, plans and learns from it, saves it in a checkpoint and resumes from that.
///
/// # Errors
///
/// If planning, learning or the disk fails.
pub fn measure(config: &Config, device: &Device, common: Common) -> Result<Memory, Failure> {
    let mut stages = vec![Stage::now("the start")];
    let (columns, capacity) = (Agent::columns(config, OBSERVATION, ACTION), config.training.buffer_capacity);
    let replay = filled(columns.clone(), capacity);
    let (transitions, replay_mb) = (replay.len(), megabytes(replay.memory_bytes()));
    note(&format!("memory: {transitions} transitions of {OBSERVATION} observations and {ACTION} actions"));
    stages.push(Stage::now("filling the buffer"));

    let mut replay = replay;
    let agent = learn(config, device, &mut replay)?;
    stages.push(Stage::now("planning, learning"));

    let folder = Scratch::new("memory")?;
    note(&format!("memory: a checkpoint of {replay_mb:.0} MB in {}", folder.0.display()));
    let checkpoints = Checkpoints::new(&folder.0);
    let stored = block_on(agent.store())?;
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", write_tensors(&stored.weights)?);
    parts.insert("optimiser.safetensors", write_tensors(&stored.optimiser)?);
    drop(stored);
    checkpoints.save(1, Checkpoint::new(parts, &replay), 1)?;
    stages.push(Stage::now("saving"));

    drop(replay);
    let (loaded, _) = checkpoints.newest()?;
    let again = Replay::read(&mut loaded.replay()?, columns, capacity)?;
    if again.len() != transitions {
        return Err(anyhow::anyhow!("the resumed checkpoint contains {} transitions", again.len()).into());
    }
    stages.push(Stage::now("resuming"));

    let peak_mb = stages.iter().filter_map(|stage| stage.peak_mb).reduce(f64::max);
    let (observation_size, action_size) = (OBSERVATION, ACTION);
    Ok(Memory { case: "memory", common, observation_size, action_size, transitions, replay_mb, stages, peak_mb })
}

impl Memory {
    /// Formats the result as text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { common, observation_size, action_size, transitions, replay_mb, stages, peak_mb, .. } = self;
        let told = |figure: Option<f64>| figure.map_or("-".into(), |megabytes| format!("{megabytes:.0}"));
        let mut lines = vec![
            format!("preset {}, engine {}, device {}", common.preset, common.engine, common.device),
            format!(
                "{transitions} transitions of {observation_size} observations and {action_size} actions: {replay_mb:.0} MB"
            ),
            String::new(),
            format!("{:<20}  {:>11}  {:>7}", "after", "resident MB", "peak MB"),
        ];
        for Stage { after, resident_mb, peak_mb } in stages {
            lines.push(format!("{after:<20}  {:>11}  {:>7}", told(*resident_mb), told(*peak_mb)));
        }
        if peak_mb.is_none() {
            lines.push("this system does not report the memory of a process".into());
        }
        lines.join("\n") + "\n"
    }
}

impl Stage {
    fn now(after: &'static str) -> Self {
        Self { after, resident_mb: resident_mb(), peak_mb: figure("VmHWM:") }
    }
}

/// Returns the memory of this process, MB; `None` if the system does not report it.
#[must_use]
pub fn resident_mb() -> Option<f64> {
    figure("VmRSS:")
}

/// Returns a memory figure of this process as reported by Linux, MB.
fn figure(key: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

#[allow(clippy::cast_precision_loss, reason = "displayed to a megabyte")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// Returns a buffer filled beyond its capacity, so that episodes have been dropped too.
fn filled(columns: Columns, capacity: usize) -> Replay {
    let (observation, action) = (columns.observation, columns.action);
    let mut replay = Replay::new(columns, capacity);
    let mut random = Stream::new(1, Purpose::Other, 0);
    #[allow(clippy::cast_possible_truncation, reason = "numbers of f32")]
    let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| random.uniform() as f32).collect() };
    let (observations, actions) = (numbers(observation * 7), numbers(action * 7));
    let row = |numbers: &'_ [f32], width: usize, t: usize| numbers[t % 7 * width..][..width].to_vec();
    for _ in 0..capacity.div_ceil(EPISODE) + 2 {
        let id = replay.begin(&row(&observations, observation, 0), EPISODE);
        for t in 1..=EPISODE {
            let action = row(&actions, action, t);
            let expert = Expert { mean: &action, std: &action, value: 1.0, origin: None };
            replay.push(
                id,
                &Transition {
                    action: &action,
                    reward: 1.0,
                    next_observation: &row(&observations, observation, t),
                    extras: &expert.cells(),
                    terminated: false,
                    truncated: t == EPISODE,
                },
            );
        }
    }
    replay
}

/// Plans, reanalyzes and learns as in a few decisions.
fn learn(config: &Config, device: &Device, replay: &mut Replay) -> Result<Agent, Failure> {
    let settings = PlannerSettings::new(config, EPISODE);
    let mut agent = Agent::new(config, OBSERVATION, ACTION, EPISODE, device);
    let mut engine = PlannerBackend::new(config.run.engine, config.run.precision, device);
    for update in 0..UPDATES {
        let request = PlanRequest {
            observations: &[0.5; OBSERVATION],
            previous_means: &[None],
            mode: PlanMode::Collect,
            noise: NoiseSource::Key(NoiseKey { seed: 1, purpose: Purpose::Plan, decision: 0 }),
            trace: false,
        };
        block_on(engine.plan(&agent.model(), &settings, &request))?;
        let mut random = UpdateNoise::replay_stream(1, update);
        let batch = replay.sample(config.training.batch, config.sequence(), &mut random);
        let mut batch = batch.context("sequences are longer than episodes")?;
        if update == 0 && config.algorithm.reanalyze_interval > 0 {
            let round = ReanalyzeJob::new(&batch, config.algorithm.reanalyze_batch, 1, 0);
            let experts = block_on(
                round.plan(&mut PlanningActor { planner: &mut engine, settings: settings.clone() }, &agent.model()),
            )?;
            experts.write_to_batch(&mut batch);
            experts.write(replay);
        }
        let noise = agent.draw_noise(1, &batch);
        block_on(agent.update(&batch, &noise, true))?;
    }
    Ok(agent)
}

/// A temporary folder, removed on drop.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Creates a new temporary folder with `what` as part of its name.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn new(what: &str) -> anyhow::Result<Self> {
        let path = env::temp_dir().join(format!("bootstride-bench-{what}-{}", process::id()));
        fs::create_dir(&path).with_context(|| format!("could not create {}", path.display()))?;
        Ok(Self(path))
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Otherwise left for the system's cleanup of temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
