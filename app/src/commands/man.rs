//! `bootstride man`: the manual pages.

use anyhow::anyhow;
use clap::CommandFactory as _;
use clap_mangen::Man;

use crate::cli::Cli;
use crate::failure::{Failure, UsageError as _, print};

/// Print a manual page, as `man` reads it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bootstride man | man -l -
  bootstride man train | man -l -
  bootstride man > ~/.local/share/man/man1/bootstride.1
  bootstride man train > ~/.local/share/man/man1/bootstride-train.1")]
pub struct Args {
    /// The page of this command [default: the page of the program].
    command: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// A usage failure for a command that there is not; when standard output cannot be written.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let known = || program.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>().join(", ");
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| anyhow!("there is no command `{name}`: there are {}", known())).usage()?
        }
    };
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))
}
