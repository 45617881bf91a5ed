//! Checks that the values of a configuration are in range and consistent.

use std::collections::BTreeMap;

use toml::Value;

use super::error::shown;
use super::limits::{STATES, limit};
use super::{Config, ConfigError, PolicyKind, PolicyLearning, Problem, ValueLearning};

/// A rule between keys: the key reported, whether the rule holds, and what is allowed.
struct Rule {
    key: &'static str,
    holds: bool,
    allowed: String,
}

/// Checks each value (`values`, by dotted key) by itself; `origin` returns where a key was set.
pub(super) fn alone(values: &BTreeMap<String, Value>, origin: impl Fn(&str) -> String) -> Result<(), ConfigError> {
    let wrong = values.iter().filter(|(key, value)| !limit(key).allows(value));
    report(wrong.map(|(key, _)| (key.as_str(), limit(key).to_string())), values, origin)
}

/// Checks values, each valid by itself, against each other.
pub(super) fn together(
    config: &Config,
    values: &BTreeMap<String, Value>,
    origin: impl Fn(&str) -> String,
) -> Result<(), ConfigError> {
    let broken = sizes(config).into_iter().chain(family(config)).filter(|rule| !rule.holds);
    report(broken.map(|rule| (rule.key, rule.allowed)), values, origin)
}

fn report<'a>(
    wrong: impl Iterator<Item = (&'a str, String)>,
    values: &BTreeMap<String, Value>,
    origin: impl Fn(&str) -> String,
) -> Result<(), ConfigError> {
    let problem = |(key, allowed): (&str, String)| Problem::WrongValue {
        origin: origin(key),
        key: key.into(),
        value: values.get(key).map(shown).unwrap_or_default(),
        allowed,
        nearest: None,
    };
    let problems: Vec<Problem> = wrong.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(ConfigError { problems }) }
}

fn sizes(config: &Config) -> Vec<Rule> {
    let Config { model, planner, training, algorithm, .. } = config;
    let rule = |key, holds, allowed| Rule { key, holds, allowed };
    let proposed = algorithm.guide.policies().len() * planner.policy_samples;
    let reanalyzes = algorithm.reanalyze_interval > 0;
    let sequence = config.sequence();
    let sequence_key = if training.sequence > 0 { "training.sequence" } else { "planner.horizon" };
    vec![
        rule(
            "planner.samples",
            planner.samples > proposed,
            format!(
                "more than the {proposed} sequences that the guiding policies propose (planner.policy_samples each)"
            ),
        ),
        rule(
            "planner.elites",
            planner.elites <= planner.samples,
            format!("at most planner.samples = {}", planner.samples),
        ),
        rule(
            "planner.min_std",
            planner.min_std <= planner.max_std,
            format!("at most planner.max_std = {}", planner.max_std),
        ),
        rule(
            "model.latent_dim",
            model.latent_dim.is_multiple_of(model.simnorm_dim),
            format!("a multiple of model.simnorm_dim = {}", model.simnorm_dim),
        ),
        rule("model.bin_min", model.bin_min < model.bin_max, format!("below model.bin_max = {}", model.bin_max)),
        rule(
            "algorithm.reanalyze_batch",
            !reanalyzes || algorithm.reanalyze_batch <= training.batch,
            format!("at most training.batch = {}", training.batch),
        ),
        rule(
            "algorithm.reanalyze_batch",
            !reanalyzes || algorithm.reanalyze_batch * sequence <= STATES,
            format!("at most {STATES} / {sequence_key} = {}", STATES / sequence.max(1)),
        ),
        rule(
            "training.discount_min",
            training.discount_min <= training.discount_max,
            format!("at most training.discount_max = {}", training.discount_max),
        ),
        rule(
            "training.buffer_capacity",
            training.buffer_capacity > sequence,
            format!("more than {sequence_key} = {sequence}"),
        ),
        rule(
            "training.seed_decisions",
            training.seed_episodes > 0 || training.seed_decisions > sequence,
            format!("more than {sequence_key} = {sequence}, unless training.seed_episodes is 1 or more"),
        ),
    ]
}

/// The combinations of the four axes that make sense: a policy can only be used if it is learned, a policy that
/// maximises Q needs a Q, and reanalyze renews what a policy imitates.
fn family(config: &Config) -> Vec<Rule> {
    let algorithm = &config.algorithm;
    let (learning, on_policy) = (algorithm.policy_learning, algorithm.value_learning == ValueLearning::VOnPolicy);
    let rule = |key, holds, allowed: &str| Rule { key, holds, allowed: allowed.into() };
    let learned = match learning {
        PolicyLearning::MaxQ => "max-q, the only policy that algorithm.policy_learning = max-q learns",
        PolicyLearning::Imitation => "imitation, the only policy that algorithm.policy_learning = imitation learns",
        PolicyLearning::Both => "max-q or imitation",
    };
    vec![
        rule(
            "algorithm.value_learning",
            !on_policy || learning == PolicyLearning::Imitation,
            "q-off-policy, since a policy that maximises Q needs a Q; v-on-policy goes with \
             algorithm.policy_learning = imitation alone",
        ),
        rule("algorithm.target_policy", learning.learns(algorithm.target_policy), learned),
        rule("algorithm.guide", algorithm.guide.policies().iter().all(|kind| learning.learns(*kind)), learned),
        rule(
            "algorithm.reanalyze_interval",
            algorithm.reanalyze_interval == 0 || learning.learns(PolicyKind::Imitation),
            "0, since reanalyze renews the experts that a policy imitates, and algorithm.policy_learning = max-q learns \
             no such policy",
        ),
    ]
}
