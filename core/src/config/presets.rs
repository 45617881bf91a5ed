//! The named presets, the files in `assets/presets`.

use std::fmt;

use bootstride_assets::{ALGORITHMS, SIZES};

/// What a preset sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresetKind {
    /// Sizes of model, planner and batch.
    Size,
    /// A point of the algorithm family.
    Algorithm,
}

impl fmt::Display for PresetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "size",
            Self::Algorithm => "algorithm",
        })
    }
}

/// A named set of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it sets.
    pub kind: PresetKind,
    /// Its name, as in `--preset` or `--algorithm`.
    pub name: &'static str,
    /// Its purpose in a sentence or two: the first line of its comment.
    pub description: &'static str,
    /// The settings, with comments.
    pub toml: &'static str,
}

/// Returns all presets: sizes from large to small, then algorithms.
#[must_use]
pub fn presets() -> Vec<Preset> {
    let of = |kind, files: &[(&'static str, &'static str)]| {
        files.iter().map(|&(name, toml)| Preset::new(kind, name, toml)).collect::<Vec<_>>()
    };
    [of(PresetKind::Size, &SIZES), of(PresetKind::Algorithm, &ALGORITHMS)].concat()
}

impl Preset {
    fn new(kind: PresetKind, name: &'static str, toml: &'static str) -> Self {
        let description = toml.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
        Self { kind, name, description, toml }
    }
}
