//! The command line, as parsed by clap.

use bootstride_session::failure::Failure;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands::{bench, body, completions, doctor, eval, export, film, import, lab, man, presets, tasks, train};

/// Train planning agents (BMPC and its family) on simulated bodies.
#[derive(Debug, Parser)]
#[command(name = "bootstride", version, about, after_help = EXAMPLES, max_term_width = 110)]
pub struct Cli {
    /// The command to run; without one, the lab opens.
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Open the lab, a window for training an agent, watching it plan and learning how it works:
  bootstride

A first run without the lab, from start to finish:
  bootstride train cartpole-swingup
  bootstride eval runs/cartpole-swingup/bmpc-seed1

Help on a command: bootstride train --help, or as a manual page: bootstride man train

Exit codes: 0 success; 1 failure; 2 invalid usage, configuration or input; 130, 143 or 129 stopped early by Ctrl-C, \
SIGTERM or SIGHUP (`train` and the lab save a checkpoint first).";

#[derive(Debug, Subcommand)]
enum Command {
    Lab(lab::Args),
    Train(train::Args),
    Eval(eval::Args),
    Tasks(tasks::Args),
    Body(body::Args),
    Presets(presets::Args),
    Export(export::Args),
    Film(film::Args),
    Import(import::Args),
    Bench(bench::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Cli {
    /// Runs the requested command.
    ///
    /// # Errors
    ///
    /// Returns the command's failure, which determines the exit code.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            None => lab::run(&lab::Args::default()),
            Some(Command::Lab(args)) => lab::run(&args),
            Some(Command::Train(args)) => train::run(args),
            Some(Command::Eval(args)) => eval::run(&args),
            Some(Command::Tasks(args)) => tasks::run(&args),
            Some(Command::Body(args)) => body::run(&args),
            Some(Command::Presets(args)) => presets::run(&args),
            Some(Command::Export(args)) => export::run(&args),
            Some(Command::Film(args)) => film::run(&args),
            Some(Command::Import(args)) => import::run(&args),
            Some(Command::Bench(args)) => bench::run(&args),
            Some(Command::Doctor(args)) => doctor::run(&args),
            Some(Command::Completions(args)) => completions::run(&args, Self::command()),
            Some(Command::Man(args)) => man::run(&args, Self::command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
