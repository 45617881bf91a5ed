//! `bootstride completions`: shell completion scripts.

use bootstride_session::failure::{Failure, print};
use clap_complete::{Shell, generate};

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

/// Runs the command for this command line.
///
/// # Errors
///
/// If standard output cannot be written.
pub fn run(args: &Args, mut program: clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut program, "bootstride", &mut script);
    print(&String::from_utf8_lossy(&script))
}
