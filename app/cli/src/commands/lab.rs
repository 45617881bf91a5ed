//! `bootstride lab`: opens the lab in a window, optionally with a run or an agent.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, ensure};
use bootstride_lab::runs;
use bootstride_lab::shell::{self, Dropped, recognise};
use bootstride_session::failure::{Failure, UsageError as _, note};
use bootstride_session::message::{Agent, Command};

/// Open the lab to train an agent, watch it plan and see why it acts. Same as `bootstride` without a command.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "\
The lab is a window with five tabs: Train, One decision (guided MPPI step by step), Values, Compare, and a guided Tour \
that needs no prior knowledge. Press ? in the lab for the keyboard shortcuts.

Examples:
  bootstride lab
  bootstride lab runs/walker-walk/bmpc-seed1
  bootstride lab runs/walker-walk/bmpc-seed1 --resume
  bootstride lab walker.tar.gz")]
pub struct Args {
    /// Run folder, checkpoint or imported agent to open. An archive of a run (.tar, .tar.gz or .tgz) is first unpacked
    /// into runs/.
    #[arg(value_name = "RUN_OR_CHECKPOINT")]
    path: Option<PathBuf>,
    /// Resume training the run instead of watching its agent.
    #[arg(long, requires = "path")]
    resume: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure for a file that is not an archive of a run. Also fails if no window can be opened.
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

/// Returns the path as Unicode, which the lab requires.
fn in_unicode(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        anyhow!(
            "the lab opens only folders with Unicode names, and {} is not Unicode; rename it or create a link to it",
            path.display()
        )
    })
}

/// Returns the folder to open: the path itself, or the folder into which the archive was unpacked.
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
            bail!("{} is a body file: drop it on the lab's window, or use `bootstride train --body`", path.display())
        }
        Dropped::Unknown(why) => bail!(why.trim_end_matches('.').to_owned()),
    }
}
