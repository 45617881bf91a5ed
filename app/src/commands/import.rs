//! `bootstride import`: an official PyTorch checkpoint becomes an agent of ours.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::anyhow;
use bootstride_core::config::{Config, TaskConfig};
use bootstride_core::import::{Imported, import_official};
use bootstride_core::math::tensors::write_tensors;
use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::shell::quote_path;
use bootstride_core::task::{TaskInfo, task_info, tasks};
use bootstride_core::train::Parts;

use crate::failure::{Failure, UsageError as _, note, print_report};
use crate::recorded::command_line;

/// Turn an official TD-MPC2 or BMPC checkpoint (PyTorch) into an agent that can be evaluated here.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
OUT becomes a folder like that of a run, with the weights as safetensors and a configuration with the checkpoint's \
sizes and the published planner settings. Evaluate it with `bootstride eval OUT`. Agents of one task with state \
observations can be imported, from the current checkpoint layout and from that of the published TD-MPC2 agents.

Examples:
  bootstride import reacher-easy-1.pt agents/reacher --task reacher-easy
  bootstride eval agents/reacher --policy network")]
pub struct Args {
    /// The checkpoint, as the official code saved it.
    #[arg(value_name = "FILE.pt")]
    file: PathBuf,
    /// The folder to create.
    out: PathBuf,
    /// The task that the agent was trained on; `eval --task` can still say another.
    #[arg(long)]
    task: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// A usage failure for a file that is no such checkpoint, a task that does not fit it, or a folder that is taken.
pub fn run(args: &Args) -> Result<(), Failure> {
    let imported = import_official(&args.file).usage()?;
    let task = args.task(&imported).usage()?;
    let config = Config {
        task: TaskConfig { name: task.map_or(UNKNOWN_TASK, |task| task.name).into(), ..TaskConfig::default() },
        algorithm: imported.algorithm.clone(),
        model: imported.model.clone(),
        ..Config::default()
    };
    config.check().usage()?;
    let manifest = Manifest::new(&config, "paper", "imported", SystemTime::now(), command_line());
    let folder = RunFolder::create(&args.out, &config, &manifest).usage()?;
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", write_tensors(&imported.tensors)?);
    let checkpoint = folder.save(0, parts)?;

    let mut lines: Vec<_> = imported
        .mapping
        .iter()
        .map(|mapped| format!("{:<44} -> {:<24} {:?}", mapped.official, mapped.ours, mapped.shape))
        .collect();
    let Imported { observation_size, action_size, algorithm, ignored, mapping, .. } = &imported;
    lines.push(format!("{} tensors mapped, {} not needed: {}", mapping.len(), ignored.len(), ignored.join(", ")));
    lines.push(format!("{} agent for {observation_size} observations and {action_size} actions", algorithm.name));
    lines.push(format!("saved as {}", checkpoint.display()));
    print_report(&(lines.join("\n") + "\n"), &format!("the agent is saved in {}", args.out.display()))?;
    match task {
        Some(task) => {
            note(&format!("evaluate it with: bootstride eval {} --task {}", quote_path(&args.out), task.name));
        }
        None => note(&format!("no task here has {observation_size} observations and {action_size} actions")),
    }
    Ok(())
}

/// Stands in the configuration of an imported agent that fits none of the tasks; no task has this name.
pub const UNKNOWN_TASK: &str = "unknown";

impl Args {
    /// The task named, or else the first one with the agent's sizes.
    fn task(&self, imported: &Imported) -> anyhow::Result<Option<&'static TaskInfo>> {
        let Imported { observation_size, action_size, .. } = *imported;
        let Some(name) = &self.task else { return Ok(fitting(observation_size, action_size).next()) };
        let task = task_info(name)?;
        if (task.observation_size, task.action_size) != (observation_size, action_size) {
            return Err(anyhow!(
                "the agent takes {observation_size} observations and {action_size} actions, but {name} has {} and {}; {}",
                task.observation_size,
                task.action_size,
                fitting_in_words(observation_size, action_size)
            ));
        }
        Ok(Some(task))
    }
}

/// The tasks with these sizes.
fn fitting(observation_size: usize, action_size: usize) -> impl Iterator<Item = &'static TaskInfo> {
    let sizes = (observation_size, action_size);
    tasks().iter().filter(move |task| (task.observation_size, task.action_size) == sizes)
}

/// The tasks with these sizes, for an error message.
#[must_use]
pub fn fitting_in_words(observation_size: usize, action_size: usize) -> String {
    let names: Vec<_> = fitting(observation_size, action_size).map(|task| task.name).collect();
    if names.is_empty() { "no task here has those sizes".into() } else { format!("those fit {}", names.join(", ")) }
}
