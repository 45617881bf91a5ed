//! The origin of a run.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::config::Config;

/// The origin of a run, for readers who find the folder much later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of Bootstride that started the run.
    pub version: String,
    /// The selected device: `cpu (16 threads)`.
    pub device: String,
    /// The task.
    pub task: String,
    /// The seed.
    pub seed: u64,
    /// The algorithm.
    pub algorithm: String,
    /// The size preset that the configuration is based on.
    pub preset: String,
    /// Start time, RFC 3339 in UTC: `2026-01-31T12:00:00Z`.
    pub started: String,
    /// The command line.
    pub command_line: Vec<String>,
}

impl Manifest {
    /// Returns the manifest of a run started by this program. The time is a parameter, so that tests and replays can
    /// fix it.
    #[must_use]
    pub fn new(
        config: &Config,
        preset: impl Into<String>,
        device: impl Into<String>,
        started: SystemTime,
        command_line: impl IntoIterator<Item = String>,
    ) -> Self {
        // Times before 1970 come from a clock that was never set.
        let started = started.max(SystemTime::UNIX_EPOCH);
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            device: device.into(),
            task: config.task.name.clone(),
            seed: config.run.seed,
            algorithm: config.algorithm.name.clone(),
            preset: preset.into(),
            started: humantime::format_rfc3339_seconds(started).to_string(),
            command_line: command_line.into_iter().collect(),
        }
    }

    /// Returns the manifest for readers who may train the run again: the command line as it would be typed elsewhere,
    /// without the original program path, folder and device, with the preset if it was not given, and with the final
    /// number of steps.
    #[must_use]
    pub fn portable(mut self, config: &Config) -> Self {
        let mut words = std::mem::take(&mut self.command_line).into_iter();
        if words.next().is_none() {
            return self;
        }
        self.command_line.push("bootstride".into());
        let left_out = ["--out", "--device", "--steps"];
        while let Some(word) = words.next() {
            if left_out.contains(&word.as_str()) {
                words.next();
            } else if !left_out.iter().any(|option| word.starts_with(&format!("{option}="))) {
                self.command_line.push(word);
            }
        }
        if self.command_line.get(1).is_some_and(|word| word == "train") {
            if !self.command_line.iter().any(|word| word == "--preset" || word.starts_with("--preset=")) {
                self.command_line.extend(["--preset".into(), self.preset.clone()]);
            }
            self.command_line.extend(["--steps".into(), config.run.steps.to_string()]);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portable(words: &[&str]) -> Vec<String> {
        let (config, time) = (Config::default(), SystemTime::UNIX_EPOCH);
        let words = words.iter().map(ToString::to_string);
        Manifest::new(&config, "tiny", "cpu", time, words).portable(&config).command_line
    }

    #[test]
    fn a_command_is_made_portable_by_what_belongs_to_its_machine() {
        let words =
            ["/home/me/bin/bootstride", "train", "walker-walk", "--out", "/tmp/a b", "--seed", "3", "--device=gpu:1"];
        let whole = ["bootstride", "train", "walker-walk", "--seed", "3", "--preset", "tiny", "--steps", "1000000"];
        assert_eq!(portable(&words), whole);
        // A run that was resumed with more steps.
        let words = ["./bootstride", "train", "walker-walk", "--steps", "7", "--preset=small"];
        assert_eq!(portable(&words), ["bootstride", "train", "walker-walk", "--preset=small", "--steps", "1000000"]);
        assert_eq!(
            (portable(&["C:/bootstride.exe", "lab"]), portable(&[])),
            (vec!["bootstride".into(), "lab".into()], vec![])
        );
    }
}
