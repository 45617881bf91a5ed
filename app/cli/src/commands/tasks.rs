//! `bootstride tasks`: lists the tasks.

use bootstride_core::task::{TaskInfo, tasks};
use bootstride_session::failure::{Failure, print, print_json};
use serde::Serialize;

/// List the tasks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Tasks follow the DeepMind Control Suite: the reward per control step is between 0 and 1 and an episode has 1,000 \
control steps, so a return is at most 1,000. Each action is held for `action_repeat` control steps.

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
    /// Length of a control step, s.
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
/// If standard output cannot be written.
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
