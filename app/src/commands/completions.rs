//! `bootstride completions`: shell completion scripts.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::failure::{Failure, print};

/// Print a shell completion script.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bootstride completions bash > ~/.local/share/bash-completion/completions/bootstride
  bootstride completions zsh > ~/.zfunc/_bootstride
  bootstride completions fish > ~/.config/fish/completions/bootstride.fish
  bootstride completions powershell >> $PROFILE

For zsh, ~/.zshrc must contain `fpath+=~/.zfunc` before `compinit`.")]
pub struct Args {
    /// Shell to generate the script for.
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
///
/// If standard output cannot be written.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "bootstride", &mut script);
    print(&String::from_utf8_lossy(&script))
}
