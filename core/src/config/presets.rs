//! The named presets, embedded from `assets/presets`.

use std::fmt;

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

macro_rules! preset {
    ($kind:ident, $folder:literal, $name:literal) => {
        Preset::new(
            PresetKind::$kind,
            $name,
            include_str!(concat!("../../../assets/presets/", $folder, "/", $name, ".toml")),
        )
    };
}

/// Returns all presets: sizes from large to small, then algorithms.
#[must_use]
pub fn presets() -> Vec<Preset> {
    vec![
        preset!(Size, "size", "paper"),
        preset!(Size, "size", "small"),
        preset!(Size, "size", "tiny"),
        preset!(Algorithm, "algorithm", "bmpc"),
        preset!(Algorithm, "algorithm", "tdmpc2"),
        preset!(Algorithm, "algorithm", "variant1"),
        preset!(Algorithm, "algorithm", "variant2"),
        preset!(Algorithm, "algorithm", "variant3"),
    ]
}

impl Preset {
    fn new(kind: PresetKind, name: &'static str, toml: &'static str) -> Self {
        let description = toml.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
        Self { kind, name, description, toml }
    }
}
