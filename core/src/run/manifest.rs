//! Where a run comes from.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::config::Config;

/// Where a run comes from: what somebody wants to know who finds the folder in a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of Bootstride that started the run.
    pub version: String,
    /// The device in words, as chosen: `cpu (16 threads)`.
    pub device: String,
    /// The task.
    pub task: String,
    /// The seed.
    pub seed: u64,
    /// The algorithm.
    pub algorithm: String,
    /// The size preset that the configuration started from.
    pub preset: String,
    /// Start, RFC 3339 in UTC: `2026-01-31T12:00:00Z`.
    pub started: String,
    /// The command line.
    pub command_line: Vec<String>,
}

impl Manifest {
    /// The manifest of a run that starts with this program. The time is given, so that tests and replays can fix it.
    #[must_use]
    pub fn new(
        config: &Config,
        preset: impl Into<String>,
        device: impl Into<String>,
        started: SystemTime,
        command_line: impl IntoIterator<Item = String>,
    ) -> Self {
        // Times before 1970 are those of a clock that was never set.
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

    /// The same for others to read: the command line as one would type it elsewhere, without the program's path, the
    /// folder and the device of then.
    #[must_use]
    pub fn portable(mut self) -> Self {
        let mut words = self.command_line.into_iter();
        let mut command = Vec::new();
        command.extend(words.next().map(|_| "bootstride".to_owned()));
        while let Some(word) = words.next() {
            if word == "--out" || word == "--device" {
                words.next();
            } else if !word.starts_with("--out=") && !word.starts_with("--device=") {
                command.push(word);
            }
        }
        self.command_line = command;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_made_portable_by_what_belongs_to_its_machine() {
        let words =
            ["/home/me/bin/bootstride", "train", "walker-walk", "--out", "/tmp/a b", "--seed", "3", "--device=gpu:1"];
        let time = SystemTime::UNIX_EPOCH;
        let manifest = Manifest::new(&Config::default(), "tiny", "cpu", time, words.map(String::from)).portable();
        assert_eq!(manifest.command_line, ["bootstride", "train", "walker-walk", "--seed", "3"]);
    }
}
