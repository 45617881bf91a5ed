//! Which settings may change during a run.

use std::collections::BTreeSet;
use std::fmt;

use toml::{Table, Value};

use super::layers::flat;
use super::{Config, ConfigError, Layers};

/// The reason why settings cannot be changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The settings are malformed or invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The settings are fixed for the whole run.
    #[error("{}", lines(.0))]
    Fixed(Vec<Fixed>),
}

/// A setting that is fixed for the whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The key, with its table.
    pub key: String,
    /// The run's value.
    pub value: String,
    /// Why it cannot change.
    pub why: &'static str,
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, why } = self;
        write!(f, "`{key}` stays {value} for the whole run: {why}; start a new run to use another value")
    }
}

fn lines(all: &[Fixed]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Returns why the setting `key` cannot change during a run; `None` if it can.
///
/// The contents of a checkpoint decide this: networks and optimisers have the sizes of `model` and the heads of
/// `algorithm`, the replay buffer and the environment belong to the task, and random numbers follow from the seed.
#[must_use]
pub fn why_fixed(key: &str) -> Option<&'static str> {
    match key {
        "algorithm.entropy_coefficient"
        | "algorithm.reanalyze_interval"
        | "algorithm.reanalyze_batch"
        | "algorithm.value_horizon"
        | "model.dropout" => None,
        "run.seed" => Some("all random numbers of the run follow from it"),
        "training.buffer_capacity" => Some("the replay buffer in the checkpoint has this capacity"),
        "training.seed_decisions" | "training.seed_episodes" | "training.seed_episodes_limit" | "training.pretrain" => {
            Some("it only affects the start of a run")
        }
        "training.environments" => Some("the checkpoint holds the open episodes of these environments"),
        _ => match key.split_once('.').map(|(table, _)| table) {
            Some("task") => Some("the replay buffer and the environment in the checkpoint belong to this task"),
            Some("model") => Some("the weights in the checkpoint belong to this model"),
            Some("algorithm") => Some("the networks and experts in the checkpoint were learned by this algorithm"),
            _ => None,
        },
    }
}

impl Config {
    /// Returns this configuration with `key=value` settings on top, for a run in progress.
    ///
    /// # Errors
    /// If a setting is unknown or invalid, or differs and cannot change during a run.
    pub fn changed(&self, settings: &[String]) -> Result<Self, ChangeError> {
        let layers = Layers::new().toml("the run's configuration", &self.to_toml()?)?;
        let mut changed = settings.iter().try_fold(layers, |layers, setting| layers.set(setting))?.resolve()?;
        changed.task.body.clone_from(&self.task.body);
        let fixed = self.differences(&changed).into_iter().filter_map(|(key, value, _)| {
            let why = why_fixed(&key)?;
            Some(Fixed { key, value, why })
        });
        let fixed: Vec<Fixed> = fixed.collect();
        if fixed.is_empty() { Ok(changed) } else { Err(ChangeError::Fixed(fixed)) }
    }

    /// Returns the settings in which `other` differs: key, value here and value there, as TOML.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<(String, String, String)> {
        // Checked configurations can always be printed.
        let values = |config: &Self| flat(&Table::try_from(config).unwrap_or_default());
        let (ours, theirs) = (values(self), values(other));
        let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        let shown = |value: Option<&Value>| value.map_or_else(|| "not set".into(), ToString::to_string);
        let different = keys.into_iter().map(|key| (key, ours.get(key), theirs.get(key))).filter(|(_, a, b)| a != b);
        different.map(|(key, here, there)| (key.clone(), shown(here), shown(there))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(setting: &str) -> Result<Config, ChangeError> {
        Config::default().changed(&[setting.to_owned()])
    }

    #[test]
    fn what_no_checkpoint_depends_on_may_change() {
        let settings = ["run.steps=5e6", "run.device=cpu", "run.evaluate_every=0", "training.learning_rate=1e-5"];
        for setting in settings.into_iter().chain(["planner.samples=600", "planner.horizon=4", "model.dropout=0"]) {
            let (key, value) = setting.split_once('=').unwrap();
            let changed = change(setting).unwrap();
            let differences = Config::default().differences(&changed);
            assert_eq!((differences.len(), differences[0].0.as_str()), (1, key), "{value}");
        }
    }

    #[test]
    fn what_a_checkpoint_holds_may_not_but_may_be_said_again() {
        for (setting, why) in [
            ("model.latent_dim=64", "weights"),
            ("task.name=walker-walk", "replay buffer"),
            ("algorithm.value_members=5", "learned"),
            ("run.seed=7", "random"),
            ("training.seed_decisions=1", "the start of a run"),
            ("training.buffer_capacity=77", "capacity"),
        ] {
            let error = change(setting).unwrap_err();
            let (key, _) = setting.split_once('=').unwrap();
            let text = error.to_string();
            assert!(matches!(error, ChangeError::Fixed(_)) && text.contains(key) && text.contains(why), "{text}");
        }
        assert_eq!(change("model.latent_dim=512").unwrap(), Config::default());
        assert!(matches!(change("model.latent=512"), Err(ChangeError::Config(_))));
        assert!(matches!(change("planner.elites=100000"), Err(ChangeError::Config(_))));
    }

    #[test]
    fn every_setting_is_ruled_on_by_its_name() {
        // A new table needs a decision here.
        let tables = ["task", "algorithm", "model", "planner", "training", "run"];
        for key in crate::config::layers::defaults().keys() {
            assert!(tables.contains(&key.split_once('.').unwrap().0), "{key}");
        }
    }
}
