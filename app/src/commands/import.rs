//! `bootstride import`: an official PyTorch checkpoint becomes an agent of ours.

use std::path::{Path, PathBuf};
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
observations can be imported, from the current checkpoint layout and from that of the published TD-MPC2 agents, as \
torch.save writes them or as safetensors.

Prefixes of torch.compile and DataParallel and keys such as `model` or `state_dict` are taken off the names; float16, \
bfloat16 and float64 are converted to float32; target networks and optimiser state are not needed. Weights that are \
NaN or infinite are refused.

If several tasks have the agent's sizes, --task says which one it was trained on, or the file's name does.

Examples:
  bootstride import reacher-easy-1.pt agents/reacher
  bootstride import final.pt agents/cartpole --task cartpole-swingup --verbose
  bootstride eval agents/reacher --policy network")]
pub struct Args {
    /// The checkpoint, as PyTorch or safetensors saved it.
    #[arg(value_name = "FILE.pt")]
    file: PathBuf,
    /// The folder to create.
    out: PathBuf,
    /// The task that the agent was trained on; `eval --task` can still say another.
    #[arg(long)]
    task: Option<String>,
    /// List every tensor: its name in the checkpoint, its name here and its shape.
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the command.
///
/// # Errors
///
/// A usage failure for a file that is no such checkpoint, a task that does not fit it, or a folder that is
/// taken.
pub fn run(args: &Args) -> Result<(), Failure> {
    let imported = import_official(&args.file).usage()?;
    let task = args.task(&imported).usage()?;
    let config = Config {
        task: TaskConfig { name: task.map_or(UNKNOWN_TASK, |(task, _)| task.name).into(), ..TaskConfig::default() },
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

    let mut lines = args.summary(&imported);
    lines.extend(task.map(|(task, why)| task_line(task, why, &imported)));
    lines.push(format!("saved as {}", checkpoint.display()));
    print_report(&(lines.join("\n") + "\n"), &format!("the agent is saved in {}", args.out.display()))?;
    match task {
        Some((task, _)) => {
            note(&format!("evaluate it with: bootstride eval {} --task {}", quote_path(&args.out), task.name));
        }
        None => note(&format!("no task here has {}", sizes_in_words(&imported))),
    }
    Ok(())
}

/// Stands in the configuration of an imported agent that fits none of the tasks; no task has this name.
pub const UNKNOWN_TASK: &str = "unknown";

/// Why a task was taken.
#[derive(Clone, Copy)]
enum Why {
    Named,
    OnlyOne,
    FileName,
    First,
}

/// The line about the task: which one, why, and what else has its sizes.
fn task_line(task: &TaskInfo, why: Why, imported: &Imported) -> String {
    let Imported { observation_size, action_size, .. } = *imported;
    let others = fitting(observation_size, action_size).map(|one| one.name).filter(|name| *name != task.name);
    let others = others.collect::<Vec<_>>().join(", ");
    let why = match why {
        Why::OnlyOne => return format!("task {}, the only one with {}", task.name, sizes_in_words(imported)),
        Why::Named => "as --task says",
        Why::FileName => "as the file's name says",
        Why::First => {
            return format!(
                "task {}, a choice: {others} have its sizes too; name the one that the agent was trained on with --task",
                task.name
            );
        }
    };
    match others.as_str() {
        "" => format!("task {}, {why}; no other task has its sizes", task.name),
        others => format!("task {}, {why}; of the same sizes are {others}", task.name),
    }
}

impl Args {
    /// What was read, a line each; with `--verbose` every tensor.
    fn summary(&self, imported: &Imported) -> Vec<String> {
        let Imported { algorithm, mapping, ignored, remarks, .. } = imported;
        let mut lines = vec![format!("{} agent for {}", algorithm.name, sizes_in_words(imported))];
        lines.extend(remarks.iter().cloned());
        lines.push(format!("{} tensors mapped, {} not needed", mapping.len(), ignored.len()));
        if self.verbose {
            let mapped =
                mapping.iter().map(|one| format!("  {:<32} -> {:<32} {:?}", one.official, one.ours, one.shape));
            lines.extend(mapped);
            lines.extend(ignored.iter().map(|name| format!("  {name:<32} not needed")));
        }
        lines
    }

    /// The task named, or else one that fits, the first of several if the file's name says nothing; `None` if none does.
    fn task(&self, imported: &Imported) -> anyhow::Result<Option<(&'static TaskInfo, Why)>> {
        let Imported { observation_size, action_size, .. } = *imported;
        let Some(name) = &self.task else {
            let tasks: Vec<_> = fitting(observation_size, action_size).collect();
            return match (&tasks[..], named_by(&self.file, &tasks)) {
                ([], _) => Ok(None),
                ([only], _) => Ok(Some((only, Why::OnlyOne))),
                (_, Some(task)) => Ok(Some((task, Why::FileName))),
                ([first, ..], None) => Ok(Some((first, Why::First))),
            };
        };
        let task = task_info(name)?;
        if (task.observation_size, task.action_size) != (observation_size, action_size) {
            return Err(anyhow!(
                "the agent takes {observation_size} observations and {action_size} actions, but {name} has {} and {}; {}",
                task.observation_size,
                task.action_size,
                fitting_in_words(observation_size, action_size)
            ));
        }
        Ok(Some((task, Why::Named)))
    }
}

/// The task whose name is in the file's, as in those of the published agents (`walker-run-1.pt`); of names within each
/// other the longest.
fn named_by(file: &Path, tasks: &[&'static TaskInfo]) -> Option<&'static TaskInfo> {
    let words = |text: &str| {
        format!("-{}-", text.to_ascii_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"))
    };
    let stem = words(&file.file_stem()?.to_string_lossy());
    let mut named: Vec<_> = tasks.iter().filter(|task| stem.contains(&words(task.name))).collect();
    named.sort_by_key(|task| task.name.len());
    let longest = *named.pop()?;
    named.iter().all(|task| words(longest.name).contains(&words(task.name))).then_some(longest)
}

/// The agent's sizes in words.
fn sizes_in_words(imported: &Imported) -> String {
    let counted = |count, one| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let Imported { observation_size, action_size, .. } = *imported;
    format!("{} and {}", counted(observation_size, "observation"), counted(action_size, "action"))
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
