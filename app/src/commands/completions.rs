//! `bootstride completions`: what a shell needs to complete commands and options.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::failure::{Failure, print};

/// Print a script that completes commands and options in a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bootstride completions bash > ~/.local/share/bash-completion/completions/bootstride
  bootstride completions zsh > ~/.zfunc/_bootstride
  bootstride completions fish > ~/.config/fish/completions/bootstride.fish
  bootstride completions powershell >> $PROFILE

zsh looks there if ~/.zshrc has `fpath+=~/.zfunc` before `compinit`.")]
pub struct Args {
    /// The shell.
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "bootstride", &mut script);
    print(&String::from_utf8_lossy(&script))
}
