//! `bootstride presets`: lists the size and algorithm presets.

use anyhow::anyhow;
use bootstride_core::config::{Preset, PresetKind, presets};
use bootstride_session::failure::{Failure, UsageError as _, print, print_json};
use serde::Serialize;

/// List the presets, or print one as TOML.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A size preset (--preset) sets the size of model and planner; an algorithm preset (--algorithm) selects a member of the \
algorithm family. Your own file (--config) and settings (--set) override both.

Examples:
  bootstride presets
  bootstride presets tiny > my.toml
  bootstride train cartpole-swingup --preset tiny --algorithm tdmpc2")]
pub struct Args {
    /// Preset to print, with its comments.
    name: Option<String>,
    /// Print JSON: an array of objects, or one object for a named preset.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    kind: String,
    description: &'static str,
    settings: toml::Table,
}

impl Row {
    fn new(preset: &Preset) -> Result<Self, Failure> {
        let Preset { kind, name, description, toml } = preset;
        Ok(Self { name, kind: kind.to_string(), description, settings: toml.parse()? })
    }
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure for an unknown preset.
pub fn run(args: &Args) -> Result<(), Failure> {
    let all = presets();
    let Some(name) = &args.name else {
        return if args.json {
            print_json(&all.iter().map(Row::new).collect::<Result<Vec<_>, _>>()?)
        } else {
            print(&table(&all))
        };
    };
    let known = || all.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
    let preset = all
        .iter()
        .find(|preset| preset.name == name)
        .ok_or_else(|| anyhow!("unknown preset `{name}`: choose one of {}", known()))
        .usage()?;
    if args.json { print_json(&Row::new(preset)?) } else { print(preset.toml) }
}

fn table(all: &[Preset]) -> String {
    let mut lines = Vec::new();
    for (kind, title) in [(PresetKind::Size, "Sizes (--preset)"), (PresetKind::Algorithm, "Algorithms (--algorithm)")] {
        lines.push(title.to_owned());
        let of_kind = all.iter().filter(|preset| preset.kind == kind);
        lines.extend(of_kind.map(|preset| format!("  {:<10} {}", preset.name, preset.description)));
    }
    lines.join("\n") + "\n"
}
