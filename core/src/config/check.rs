//! Checks that the values of a configuration are in range and consistent: the limits and rules of all tables.

use std::collections::BTreeMap;

use toml::Value;

use super::error::shown;
use super::layers::value_of;
use super::{Config, ConfigError, Problem};
use crate::agent::AlgorithmConfig;
use crate::model::ModelConfig;
use crate::planner::PlannerConfig;
use crate::run::RunConfig;
use crate::settings::{Field, Limit, Rule, Settings};
use crate::task::TaskConfig;
use crate::train::TrainingConfig;

/// Returns the setting `table.name`; `None` if there is none.
#[must_use]
pub fn field(key: &str) -> Option<Field> {
    fn of<T: Settings>() -> (&'static str, fn(&str) -> Option<Field>) {
        (T::TABLE, T::field)
    }
    let tables = [
        of::<TaskConfig>(),
        of::<AlgorithmConfig>(),
        of::<ModelConfig>(),
        of::<PlannerConfig>(),
        of::<TrainingConfig>(),
        of::<RunConfig>(),
    ];
    let (table, name) = key.split_once('.')?;
    tables.into_iter().find(|(known, _)| *known == table).and_then(|(_, field)| field(name))
}

/// Returns what the setting `table.name` allows by itself; `None` if there is no such setting.
#[must_use]
pub fn limit(key: &str) -> Option<Limit> {
    field(key).map(|field| field.limit)
}

/// Returns whether a key lies in a table with any content: `planner.custom.population`.
pub(super) fn is_free(key: &str) -> bool {
    let mut dots = key.match_indices('.').skip(1);
    dots.next().is_some_and(|(dot, _)| limit(&key[..dot]) == Some(Limit::Table))
}

/// Checks each value (`values`, by dotted key) by itself; `origin` returns where a key was set.
pub(super) fn alone(values: &BTreeMap<String, Value>, origin: impl Fn(&str) -> String) -> Result<(), ConfigError> {
    let wrong = values.iter().filter_map(|(key, value)| {
        let limit = limit(key)?;
        (!limit.allows(value)).then(|| (key.as_str(), limit.to_string()))
    });
    report(wrong, values, origin)
}

/// Checks values, each valid by itself, against each other.
pub(super) fn together(
    config: &Config,
    values: &BTreeMap<String, Value>,
    origin: impl Fn(&str) -> String,
) -> Result<(), ConfigError> {
    let broken = rules(config).filter(|rule| !rule.holds);
    report(broken.map(|rule| (rule.key, rule.allowed)), values, origin)
}

fn rules(config: &Config) -> impl Iterator<Item = Rule> {
    let Config { task: _, algorithm, model, planner, training, run: _ } = config;
    let sequence = (if training.sequence > 0 { "training.sequence" } else { "planner.horizon" }, config.sequence());
    let lists = [
        planner.rules(algorithm.guide),
        model.rules(),
        algorithm.reanalyze_rules(training.batch, sequence),
        training.rules(sequence),
        algorithm.family_rules(),
    ];
    lists.into_iter().flatten()
}

fn report<'a>(
    wrong: impl Iterator<Item = (&'a str, String)>,
    values: &BTreeMap<String, Value>,
    origin: impl Fn(&str) -> String,
) -> Result<(), ConfigError> {
    let problem = |(key, allowed): (&str, String)| Problem::WrongValue {
        origin: origin(key),
        key: key.into(),
        value: value_of(values, key).as_ref().map(shown).unwrap_or_default(),
        allowed,
        nearest: None,
    };
    let problems: Vec<Problem> = wrong.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(ConfigError { problems }) }
}
