//! `bootstride import`: converts an official PyTorch checkpoint to a Bootstride agent.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::anyhow;
use bootstride_core::config::Config;
use bootstride_core::import::{Imported, import_official};
use bootstride_core::math::tensors::write_tensors;
use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::shell::quote_path;
use bootstride_core::task::{TaskConfig, TaskInfo, task_info, tasks};
use bootstride_core::train::Parts;
use bootstride_session::failure::{Failure, UsageError as _, note, print_report};
use bootstride_session::recorded::command_line;

/// Import an official TD-MPC2 or BMPC checkpoint (PyTorch) as an agent that can be evaluated.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
OUT becomes a folder like that of a run, with the weights as safetensors and a configuration that combines the \
checkpoint's sizes with the published planner settings. Evaluate it with `bootstride eval OUT`. Single-task agents \
with state observations can be imported, both from the current checkpoint layout and from that of the published \
TD-MPC2 agents, in the format of torch.save or as safetensors.

Prefixes added by torch.compile and DataParallel and keys such as `model` or `state_dict` are removed from tensor \
names; float16, bfloat16 and float64 are converted to float32; target networks and optimiser state are ignored. \
Checkpoints with NaN or infinite weights are rejected.

If several tasks match the agent's sizes, the task is taken from --task or from the file name.

Examples:
  bootstride import reacher-easy-1.pt agents/reacher
  bootstride import final.pt agents/cartpole --task cartpole-swingup --verbose
  bootstride eval agents/reacher --policy network")]
pub struct Args {
    /// Checkpoint file, saved by PyTorch or as safetensors.
    #[arg(value_name = "FILE.pt")]
    file: PathBuf,
    /// Folder to create.
    out: PathBuf,
    /// Task that the agent was trained on; `eval --task` can override it later.
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
/// Returns a usage failure for a file that is not such a checkpoint, a task that does not fit it, or an output folder
/// that already exists.
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
        None => note(&format!("no built-in task has {}", sizes_in_words(&imported))),
    }
    Ok(())
}

/// Placeholder task name for an imported agent that fits no task; no task has this name.
pub const UNKNOWN_TASK: &str = "unknown";

/// The reason why a task was chosen.
#[derive(Clone, Copy)]
enum Why {
    Named,
    OnlyOne,
    FileName,
    First,
}

/// Describes the chosen task, the reason, and the other tasks of the same sizes.
fn task_line(task: &TaskInfo, why: Why, imported: &Imported) -> String {
    let Imported { observation_size, action_size, .. } = *imported;
    let others = fitting(observation_size, action_size).map(|one| one.name).filter(|name| *name != task.name);
    let others = others.collect::<Vec<_>>().join(", ");
    let why = match why {
        Why::OnlyOne => return format!("task {}, the only one with {}", task.name, sizes_in_words(imported)),
        Why::Named => "from --task",
        Why::FileName => "from the file name",
        Why::First => {
            return format!(
                "task {}, a guess: {others} also have these sizes; choose the agent's task with --task",
                task.name
            );
        }
    };
    match others.as_str() {
        "" => format!("task {}, {why}; no other task has these sizes", task.name),
        others => format!("task {}, {why}; {others} have the same sizes", task.name),
    }
}

impl Args {
    /// Summarizes the import; with `--verbose`, lists every tensor.
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

    /// Returns the named task, or one that fits: by file name, otherwise the first. `None` if no task fits.
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

/// Returns the task whose name is part of the file name, as for the published agents (`walker-run-1.pt`); if one name
/// contains the other, the longer one.
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

/// Describes the agent's sizes.
fn sizes_in_words(imported: &Imported) -> String {
    let counted = |count, one| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let Imported { observation_size, action_size, .. } = *imported;
    format!("{} and {}", counted(observation_size, "observation"), counted(action_size, "action"))
}

/// Returns the tasks with these sizes.
fn fitting(observation_size: usize, action_size: usize) -> impl Iterator<Item = &'static TaskInfo> {
    let sizes = (observation_size, action_size);
    tasks().iter().filter(move |task| (task.observation_size, task.action_size) == sizes)
}

/// Lists the tasks with these sizes, for an error message.
#[must_use]
pub fn fitting_in_words(observation_size: usize, action_size: usize) -> String {
    let names: Vec<_> = fitting(observation_size, action_size).map(|task| task.name).collect();
    if names.is_empty() {
        "no built-in task has these sizes".into()
    } else {
        format!("matching tasks: {}", names.join(", "))
    }
}
