//! `bootstride lab`: the lab in a window, with something open in it where that is asked for.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, ensure};

use crate::failure::{Failure, UsageError as _, note};
use crate::lab::runs;
use crate::lab::shell::{self, Dropped, recognise};
use crate::session::message::{Agent, Command};

/// Open the lab: train, watch the planner think, understand why. What `bootstride` alone does.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
The lab is a window with five tabs: Train, One decision (guided MPPI taken apart), Values, Compare, and a guided Tour, \
which needs no previous knowledge. Press ? there for the keyboard shortcuts.

Examples:
  bootstride lab
  bootstride lab runs/walker-walk/bmpc-seed1
  bootstride lab runs/walker-walk/bmpc-seed1 --resume
  bootstride lab walker.tar.gz")]
pub struct Args {
    /// A run's folder, one of its checkpoints or an imported agent, to be watched from the start. An archive of a run (.tar, .tar.gz
    /// or .tgz) is unpacked under runs/ first.
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
/// A usage failure for a file that is no archive of a run; when no window can be opened.
pub fn run(args: &Args) -> Result<(), Failure> {
    let path = args.path.as_deref().map(folder).transpose().usage()?;
    let folder = path.as_deref().map(in_unicode).transpose().usage()?;
    let open = folder.map(|folder| {
        if args.resume {
            Command::Resume { folder, steps: None }
        } else {
            Command::Watch { agent: Agent::Folder(folder), seed: 1, planner: true }
        }
    });
    shell::run(open.into_iter().chain(path.is_some().then_some(Command::Run)).collect())
}

/// The path as the lab takes it.
fn in_unicode(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        anyhow!(
            "the lab opens only folders whose names are Unicode, and {} is not; rename it, or make a link to it",
            path.display()
        )
    })
}

/// The folder to open: the path itself, or where the archive there was unpacked.
fn folder(path: &Path) -> anyhow::Result<PathBuf> {
    if path.is_dir() {
        return Ok(path.into());
    }
    ensure!(path.exists(), "there is no file or folder {}", path.display());
    match recognise(path) {
        Dropped::Run(folder) | Dropped::Agent(folder) => Ok(folder),
        Dropped::Archive(path) => {
            let folder = shell::unpack_file(&path, &runs::root()).map_err(|error| anyhow!(error))?;
            let here = env::current_dir().ok().and_then(|here| folder.strip_prefix(here).ok());
            note(&format!("unpacked to {}", here.unwrap_or(&folder).display()));
            Ok(folder)
        }
        Dropped::Body(..) => {
            bail!("{} is a body's file: drop it on the window, or use `bootstride train --body`", path.display())
        }
        Dropped::Unknown(why) => bail!(why.trim_end_matches('.').to_owned()),
    }
}
