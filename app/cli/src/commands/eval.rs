//! `bootstride eval`: runs episodes without exploration noise, with the planner and with the policy alone.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use bootstride_core::agent::PlanningActor;
use bootstride_core::config::Config;
use bootstride_core::inspect::{agent_sizes, load_agent};
use bootstride_core::math::NamedTensor;
use bootstride_core::math::tensors::read_tensors;
use bootstride_core::model::WorldModel;
use bootstride_core::planner::PlannerSettings;
use bootstride_core::run::{RunFolder, Trained};
use bootstride_core::task::{TaskInfo, configured_task};
use bootstride_core::train::{Evaluator, Players};
use bootstride_session::device::{among_workers, select};
use bootstride_session::failure::{Failure, UsageError as _, note, print, print_json};
use clap::ValueEnum;
use pollster::block_on;
use serde::Serialize;

use super::count::{SEEDS, count};
use super::import::{UNKNOWN_TASK, fitting_in_words};
use crate::progress::{Meter, grouped, settled};

/// Evaluate a trained agent.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The planner chooses each action with guided MPPI; the network is the policy without planning, which takes its mean \
action. Both play from the same start states, which differ from those of training. The gap between their returns is \
the benefit of planning.

Examples:
  bootstride eval runs/cartpole-swingup/bmpc-seed1
  bootstride eval runs/cartpole-swingup/bmpc-seed1 --policy network --episodes 50
  bootstride eval runs/cartpole-swingup/bmpc-seed1/checkpoints/step_000020000 --json
  bootstride eval agents/imported --task cartpole-swingup")]
pub struct Args {
    /// Run folder (its newest intact checkpoint is evaluated), a single checkpoint, or an imported agent.
    #[arg(value_name = "RUN_OR_CHECKPOINT")]
    path: PathBuf,
    /// What chooses the actions.
    #[arg(long, value_enum, default_value = "both")]
    policy: Policy,
    /// Number of episodes for each policy.
    #[arg(long, default_value_t = 10, value_parser = count::<u16>(1..=1000), allow_negative_numbers = true)]
    episodes: u16,
    /// Seed for start states and planning noise [default: the run's].
    #[arg(long, value_parser = count::<u64>(SEEDS), allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Task to play, for an imported agent [default: the run's].
    #[arg(long)]
    task: Option<String>,
    /// Compute device: auto, cpu, gpu or gpu:N [default: the run's].
    #[arg(long)]
    device: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What chooses the actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Policy {
    /// The planner (guided MPPI).
    Planner,
    /// The policy network without planning.
    Network,
    /// The planner, then the network.
    Both,
}

#[derive(Serialize)]
struct Report {
    task: String,
    checkpoint: String,
    env_step: usize,
    seed: u64,
    planner: Option<Player>,
    network: Option<Player>,
}

/// Returns of one player.
#[derive(Serialize)]
struct Player {
    mean: f64,
    /// Standard deviation of these episodes (the population formula, not an estimate).
    std: f64,
    episodes: usize,
    returns: Vec<f32>,
}

impl Player {
    #[allow(clippy::cast_precision_loss, reason = "at most a thousand episodes")]
    fn new(returns: Vec<f32>) -> Option<Self> {
        let count = returns.len() as f64;
        let mean = returns.iter().copied().map(f64::from).sum::<f64>() / count;
        let variance = returns.iter().map(|one| (f64::from(*one) - mean).powi(2)).sum::<f64>() / count;
        (!returns.is_empty()).then(|| Self { mean, std: variance.sqrt(), episodes: returns.len(), returns })
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure for a folder without an intact checkpoint or a task that does not fit the agent, and any
/// other failure during the episodes.
pub fn run(args: &Args) -> Result<(), Failure> {
    let Trained { mut config, checkpoint, damaged, .. } = RunFolder::trained(&args.path).usage()?;
    for one in &damaged {
        note(&format!("warning: skipped a damaged checkpoint: {one}"));
    }
    let bytes = checkpoint.parts.get("weights.safetensors").usage()?;
    let weights = read_tensors(bytes).with_context(|| format!("cannot read {}", checkpoint.path.display())).usage()?;
    if let Some(task) = &args.task {
        config.task.name.clone_from(task);
    }
    config.run.seed = args.seed.unwrap_or(config.run.seed);
    let task = fitting_task(&config, &weights).usage()?;
    let chosen = block_on(select(args.device.as_ref().unwrap_or(&config.run.device)))?;
    let device = block_on(chosen.open())?;
    let model = load_agent(&config, &weights, &device).usage()?;

    let report = play(args, &config, &task, &model, &checkpoint.path, checkpoint.env_step)?;
    if args.json { print_json(&report) } else { print(&text(&report)) }
}

/// Returns the configured task if its sizes match the agent's.
fn fitting_task(config: &Config, weights: &[NamedTensor]) -> anyhow::Result<TaskInfo> {
    let (observation_size, action_size) = agent_sizes(config, weights)?;
    let needs = || {
        let fitting = fitting_in_words(observation_size, action_size);
        format!("the agent takes {observation_size} observations and {action_size} actions; {fitting}")
    };
    if config.task.name == UNKNOWN_TASK {
        return Err(anyhow!("choose a task with --task: {}", needs()));
    }
    let task = configured_task(&config.task).map_err(|error| anyhow!("{error}; {}", needs()))?;
    if (task.observation_size, task.action_size) != (observation_size, action_size) {
        let (observations, actions) = (task.observation_size, task.action_size);
        return Err(anyhow!("{} has {observations} observations and {actions} actions; {}", task.name, needs()));
    }
    Ok(task)
}

fn play(
    args: &Args,
    config: &Config,
    task: &TaskInfo,
    model: &WorldModel,
    checkpoint: &Path,
    env_step: usize,
) -> Result<Report, Failure> {
    let players = Players { planner: args.policy != Policy::Network, network: args.policy != Policy::Planner };
    let mut evaluator = Evaluator::new(config, players, args.episodes.into(), config.run.seed)?;
    let settings = PlannerSettings::new(config, task.episode_control_steps.div_ceil(config.task.action_repeat));
    let mut meter = Meter::new("evaluating", evaluator.progress().1, "decisions of each episode");
    let mut actor = PlanningActor::configured(config, settings, &model.device());
    among_workers(|| -> Result<(), Failure> {
        while !block_on(evaluator.step(&mut actor, model))? {
            meter.at(evaluator.progress().0);
        }
        Ok(())
    })?;
    meter.finish(evaluator.progress().0);
    let result = evaluator.result(env_step);
    Ok(Report {
        task: task.name.into(),
        checkpoint: checkpoint.display().to_string(),
        env_step,
        seed: config.run.seed,
        planner: Player::new(result.planner),
        network: Player::new(result.network),
    })
}

fn text(report: &Report) -> String {
    let Report { task, checkpoint, env_step, planner, network, .. } = report;
    let mut lines = vec![format!("{task}, {checkpoint} ({} environment steps)", grouped(*env_step))];
    for (name, player) in [("planner", planner), ("network", network)] {
        if let Some(Player { mean, std, episodes, returns }) = player {
            let returns: Vec<_> = returns.iter().map(|one| format!("{:.0}", settled(*one, 0))).collect();
            let (mean, episodes) = (settled(*mean, 1), in_words(*episodes));
            lines.push(format!("{name}  {mean:.1} ± {std:.1}  ({episodes}: {})", returns.join(" ")));
        }
    }
    if let (Some(planner), Some(network)) = (planner, network) {
        lines.push(format!("gap      {:+.1}", settled(planner.mean - network.mean, 1)));
    }
    lines.join("\n") + "\n"
}

fn in_words(episodes: usize) -> String {
    if episodes == 1 { "1 episode".into() } else { format!("{episodes} episodes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_without_episodes_is_none() {
        assert!(Player::new(Vec::new()).is_none());
        let player = Player::new(vec![1.0, 3.0]).unwrap();
        assert!((player.mean - 2.0).abs() < 1e-12 && (player.std - 1.0).abs() < 1e-12);
    }
}
