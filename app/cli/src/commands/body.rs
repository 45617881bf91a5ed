//! `bootstride body`: describes a body.

mod report;
mod text;
mod tree;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use bootstride_core::body::{BodyFile, World};
use bootstride_core::vfs::read_text;
use bootstride_session::failure::{Failure, UsageError as _, print, print_json};

use self::report::Report;

/// Describe a body: its links, joints, geoms, actuators and sensors.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a name, lists the built-in bodies. A file is read and checked as it would be for training: an error reports \
the JSON path, the value found and the values allowed.

The tree lists each link under its parent with its mass, followed by its joints (kind, range, damping) and its geoms. \
`o` marks a geom that collides with others, `.` one that is only drawn.

A custom body is a JSON file; assets/bodies/README.md describes the format, and assets/bodies/examples has a small \
creature. `--print` prints the file of a built-in body as a starting point. A body with a `task` section can be \
trained: bootstride train --body FILE.json

Examples:
  bootstride body
  bootstride body walker
  bootstride body my-creature.json
  bootstride body hopper --print > my-hopper.json
  bootstride body humanoid --json")]
pub struct Args {
    /// Name of a built-in body, or a body file.
    #[arg(value_name = "NAME|FILE.json")]
    body: Option<PathBuf>,
    /// Print a JSON object; without a body, an array of names.
    #[arg(long)]
    json: bool,
    /// Print the body file itself.
    #[arg(long, conflicts_with = "json", requires = "body")]
    print: bool,
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure for an unknown name, or a file that cannot be read or is invalid.
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

/// Returns the text of a body and its name for errors. A path that ends in `.json` or has a folder in it is a file.
fn find(path: &Path) -> anyhow::Result<(String, String)> {
    let body = path.to_string_lossy();
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) || path.components().count() > 1
    {
        let text = read_text(path).with_context(|| format!("could not read {body}"))?;
        return Ok((text, body.into_owned()));
    }
    let text =
        BodyFile::built_in_text(&body).map_err(|error| anyhow!("{error}; the name of a body file ends in .json"))?;
    Ok((text.to_owned(), body.into_owned()))
}
