//! `bootstride man`: manual pages.

use anyhow::anyhow;
use bootstride_session::failure::{Failure, UsageError as _, print};
use clap_mangen::Man;

/// Print a manual page in the format that `man` reads.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bootstride man | man -l -
  bootstride man train | man -l -
  bootstride man > ~/.local/share/man/man1/bootstride.1
  bootstride man train > ~/.local/share/man/man1/bootstride-train.1")]
pub struct Args {
    /// Command to print the page of [default: the program itself].
    command: Option<String>,
}

/// Runs the command for this command line.
///
/// # Errors
///
/// Returns a usage failure for an unknown command. Also fails if standard output cannot be written.
pub fn run(args: &Args, mut program: clap::Command) -> Result<(), Failure> {
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let known = || program.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>().join(", ");
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| anyhow!("unknown command `{name}`: choose one of {}", known())).usage()?
        }
    };
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))
}
