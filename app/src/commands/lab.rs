//! `bootstride lab`: the lab in a window, with something open in it where that is asked for.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::lab::message::{Agent, Command};
use crate::lab::shell;

/// Open the lab: train, watch the planner think, understand why. What `bootstride` alone does.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
The lab is a window with five tabs: Train, One decision (guided MPPI taken apart), Values, Compare, and a guided Tour, \
which needs no previous knowledge. Press ? there for the keyboard shortcuts.

Examples:
  bootstride lab
  bootstride lab runs/walker-walk/bmpc-seed1
  bootstride lab runs/walker-walk/bmpc-seed1 --resume")]
pub struct Args {
    /// A run's folder, one of its checkpoints or an imported agent, to be watched from the start.
    #[arg(value_name = "RUN_OR_CHECKPOINT")]
    path: Option<PathBuf>,
    /// Go on training the run instead of watching its agent.
    #[arg(long, requires = "path")]
    resume: bool,
}

/// Runs the command.
///
/// # Errors
///
/// When no window can be opened.
pub fn run(args: &Args) -> Result<(), Failure> {
    let open = args.path.as_ref().map(|path| {
        let folder = path.display().to_string();
        if args.resume {
            Command::Resume { folder, steps: None }
        } else {
            Command::Watch { agent: Agent::Folder(folder), seed: 1, planner: true }
        }
    });
    shell::run(open.into_iter().chain(args.path.is_some().then_some(Command::Run)).collect())
}
