//! `bootstride tasks`: what there is to learn.

use bootstride_core::task::{TaskInfo, tasks};
use serde::Serialize;

use crate::failure::{Failure, print, print_json};

/// List the tasks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Tasks follow the DeepMind Control Suite: rewards between 0 and 1 per control step, episodes of 1,000 control steps, \
so that no return is above 1,000. A decision holds its action for `action_repeat` control steps.

Examples:
  bootstride tasks
  bootstride tasks --json
  bootstride train pendulum-swingup")]
pub struct Args {
    /// Print JSON: an array of objects.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    domain: &'static str,
    description: &'static str,
    observation_size: usize,
    action_size: usize,
    /// Parts of the observation, in order.
    observation: Vec<Part>,
    action_repeat: usize,
    /// Seconds of a control step.
    control_timestep: f64,
    episode_control_steps: usize,
}

#[derive(Serialize)]
struct Part {
    name: &'static str,
    size: usize,
}

impl From<&TaskInfo> for Row {
    fn from(info: &TaskInfo) -> Self {
        Self {
            name: info.name,
            domain: info.domain,
            description: info.description,
            observation_size: info.observation_size,
            action_size: info.action_size,
            observation: info.observation.iter().map(|part| Part { name: part.name, size: part.size }).collect(),
            action_repeat: info.action_repeat,
            control_timestep: info.control_timestep,
            episode_control_steps: info.episode_control_steps,
        }
    }
}

/// Runs the command.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.json {
        return print_json(&tasks().iter().map(Row::from).collect::<Vec<_>>());
    }
    let width = tasks().iter().map(|info| info.name.len()).max().unwrap_or_default();
    let mut lines = vec![format!("{:<width$}  observation  actions  control step", "task")];
    for info in tasks() {
        let TaskInfo { name, observation_size, action_size, control_timestep, description, .. } = info;
        let milliseconds = control_timestep * 1000.0;
        lines.push(format!(
            "{name:<width$}  {observation_size:>11}  {action_size:>7}  {milliseconds:>9.0} ms  {description}"
        ));
    }
    print(&(lines.join("\n") + "\n"))
}
