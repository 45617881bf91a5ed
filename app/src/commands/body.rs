//! `bootstride body`: what a body is made of.

mod report;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use bootstride_core::body::{BodyFile, World};
use bootstride_core::vfs::read_text;

use self::report::Report;
use crate::failure::{Failure, UsageError as _, print, print_json};

/// Show what a body is made of.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a name it lists the bodies that come with the program. A file is read and checked as training would: what is \
wrong is told with its path in the JSON, what was found and what is allowed.

In the tree each link stands under its parent with its mass, and below it its joints (kind, range, damping) and its geoms. \
`o` marks a geom that touches others, `.` one that is only drawn.

A body of your own is a JSON file; assets/bodies/README.md describes it, and assets/bodies/examples has a small \
creature. `--print` writes out a body that comes with the program, as a start for your own. With a section `task` it \
can be trained: bootstride train --body FILE.json

Examples:
  bootstride body
  bootstride body walker
  bootstride body my-creature.json
  bootstride body hopper --print > my-hopper.json
  bootstride body humanoid --json")]
pub struct Args {
    /// A body that comes with the program, or a file.
    #[arg(value_name = "NAME|FILE.json")]
    body: Option<PathBuf>,
    /// Print one JSON object; without a body, an array of names.
    #[arg(long)]
    json: bool,
    /// Print the body's file.
    #[arg(long, conflicts_with = "json", requires = "body")]
    print: bool,
}

/// Runs the command.
///
/// # Errors
///
/// A usage failure for an unknown name, or a file that cannot be read or does not hold.
pub fn run(args: &Args) -> Result<(), Failure> {
    let names: Vec<_> = BodyFile::built_in_names().collect();
    let Some(body) = &args.body else {
        return if args.json { print_json(&names) } else { print(&(names.join("\n") + "\n")) };
    };
    let (text, origin) = find(body).usage()?;
    let file = BodyFile::from_json(&text).map_err(|error| anyhow!("{origin}: {error}")).usage()?;
    if args.print {
        return print(&text);
    }
    let world = World::new(&file).map_err(|error| anyhow!("{origin}: {error}")).usage()?;
    let report = Report::new(&file, &world);
    if args.json { print_json(&report) } else { print(&report.text(&file)) }
}

/// The text of a body, and what to call it in errors. What ends like a file, or has a folder before it, is one.
fn find(path: &Path) -> anyhow::Result<(String, String)> {
    let body = path.to_string_lossy();
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) || path.components().count() > 1
    {
        let text = read_text(path).with_context(|| format!("could not read {body}"))?;
        return Ok((text, body.into_owned()));
    }
    let text = BodyFile::built_in_text(&body).map_err(|error| anyhow!("{error}; a file ends in .json"))?;
    Ok((text.to_owned(), body.into_owned()))
}
