//! What a user may write into a configuration, its effect, and how mistakes are reported.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking")]

use bootstride_core::agent::TargetReduction;
use bootstride_core::config::{Config, ConfigError, Layers, PresetKind, Problem, field, limit, presets};
use bootstride_core::model::{PolicyKind, PolicyLearning, ValueLearning};
use bootstride_core::planner::Guide;
use bootstride_core::settings::Limit;
use proptest::prelude::*;

const SIZES: [&str; 3] = ["paper", "small", "tiny"];
const ALGORITHMS: [&str; 5] = ["bmpc", "tdmpc2", "variant1", "variant2", "variant3"];

fn resolved(size: &str, algorithm: &str) -> Config {
    Layers::new().size_preset(size).unwrap().algorithm(algorithm).unwrap().resolve().unwrap()
}

fn with(settings: &[&str]) -> Result<Config, ConfigError> {
    settings.iter().try_fold(Layers::new(), |layers, setting| layers.set(setting))?.resolve()
}

/// Every key with its default value.
fn keys() -> Vec<(String, toml::Value)> {
    let table = toml::Table::try_from(Config::default()).unwrap();
    let inner = |(name, value): (&String, &toml::Value)| {
        let fields: Vec<_> = value.as_table().unwrap().clone().into_iter().collect();
        fields.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)).collect::<Vec<_>>()
    };
    table.iter().flat_map(inner).collect()
}

#[test]
fn the_paper_preset_is_the_default_and_leaves_nothing_about_the_algorithm_out() {
    assert_eq!(Layers::new().resolve().unwrap(), Config::default());
    assert_eq!(resolved("paper", "bmpc"), Config::default());
    let text = |name: &str| presets().into_iter().find(|preset| preset.name == name).unwrap().toml;
    let spelled_out = [text("paper"), text("bmpc")].concat();
    for (key, _) in keys() {
        let (table, name) = key.split_once('.').unwrap();
        let of_the_run = ["run.seed", "run.device", "run.engine", "run.precision", "run.steps", "planner.kind"]
            .contains(&key.as_str())
            || table == "task";
        assert!(of_the_run || spelled_out.contains(&format!("\n{name} = ")), "{key} is in no preset");
    }
}

#[test]
fn every_size_goes_with_every_algorithm_whatever_the_order() {
    for size in SIZES {
        for algorithm in ALGORITHMS {
            let config = resolved(size, algorithm);
            assert_eq!(config.algorithm.name, algorithm);
            let other = Layers::new().algorithm(algorithm).unwrap().size_preset(size).unwrap().resolve().unwrap();
            assert_eq!(config, other);
        }
    }
    assert!(presets().iter().all(|preset| preset.description.len() > 20 && preset.toml.starts_with("# ")));
    assert_eq!(presets().iter().filter(|preset| preset.kind == PresetKind::Size).count(), SIZES.len());
}

#[test]
fn the_algorithms_are_the_published_points_of_the_family() {
    let family = |name| {
        let a = resolved("paper", name).algorithm;
        (a.policy_learning, a.value_learning, a.value_members, a.target_reduction, a.target_policy, a.guide)
    };
    let (off, max_q, imitation) = (ValueLearning::QOffPolicy, PolicyKind::MaxQ, PolicyKind::Imitation);
    let (min, mean) = (TargetReduction::Min, TargetReduction::Mean);
    assert_eq!(
        family("bmpc"),
        (PolicyLearning::Imitation, ValueLearning::VOnPolicy, 2, mean, imitation, Guide::Imitation)
    );
    assert_eq!(family("tdmpc2"), (PolicyLearning::MaxQ, off, 5, min, max_q, Guide::MaxQ));
    assert_eq!(family("variant1"), (PolicyLearning::Both, off, 5, min, max_q, Guide::Imitation));
    assert_eq!(family("variant2"), (PolicyLearning::Both, off, 5, min, max_q, Guide::Both));
    assert_eq!(family("variant3"), (PolicyLearning::Imitation, off, 5, mean, imitation, Guide::Imitation));
    assert_eq!(resolved("paper", "tdmpc2").algorithm.reanalyze_interval, 0);
    assert_eq!(resolved("tiny", "variant1").algorithm.reanalyze_batch, 2);
}

#[test]
fn a_second_guide_brings_its_elites_along_at_every_size() {
    let planner = resolved("paper", "variant2").planner;
    assert_eq!((planner.policy_samples, planner.elites, planner.samples), (24, 88, 512));
    let planner = resolved("tiny", "variant2").planner;
    assert_eq!((planner.policy_samples, planner.elites, planner.samples), (12, 28, 128));
    let own = Layers::new().algorithm("variant2").unwrap().set("planner.elites=70").unwrap().resolve().unwrap();
    assert_eq!(own.planner.elites, 70, "what the user sets is taken as it is");
    let fewer =
        Layers::new().algorithm("variant2").unwrap().set("planner.policy_samples=10").unwrap().resolve().unwrap();
    assert_eq!(fewer.planner.elites, 74, "as many elites as the second guide proposes");
}

#[test]
fn later_layers_win_and_settings_are_toml_or_plain_words() {
    let config = Layers::new()
        .size_preset("tiny")
        .unwrap()
        .toml("mine.toml", "[planner]\nsamples = 200\nhorizon = 5\n[run]\nsteps = 1e6\n")
        .unwrap()
        .set("planner.samples = 256")
        .unwrap()
        .set("run.device=gpu:0")
        .unwrap()
        .set("task.name=\"reacher-easy\"")
        .unwrap()
        .set("algorithm.name=2")
        .unwrap()
        .set("planner.temperature=1")
        .unwrap()
        .resolve()
        .unwrap();
    assert_eq!((config.planner.samples, config.planner.horizon, config.planner.elites), (256, 5, 16));
    assert_eq!((config.run.device.as_str(), config.task.name.as_str()), ("gpu:0", "reacher-easy"));
    assert_eq!((config.run.steps, config.algorithm.name.as_str()), (1_000_000, "2"));
    assert!((config.planner.temperature - 1.0).abs() < f32::EPSILON);
}

#[test]
fn an_unknown_key_is_told_with_its_value_what_is_allowed_and_the_nearest_known_key() {
    let message = with(&["planner.sampels=256"]).unwrap_err().to_string();
    for part in ["`planner.sampels`", "256", "`planner.samples`", "planner.horizon", "planner.sampels=256"] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    let message = Layers::new().toml("mine.toml", "[planer]\nelites = 3").unwrap_err().to_string();
    for part in
        ["`planer.elites`", "mine.toml", "the nearest known key is `planner.elites`", "algorithm, model, planner"]
    {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert!(matches!(&with(&["samples=1"]).unwrap_err().problems[0],
        Problem::UnknownKey { nearest: Some(nearest), .. } if nearest == "planner.samples"));
    assert!(with(&["planner.samples.x=1"]).is_err());
    assert!(with(&["planner.samples"]).unwrap_err().to_string().contains("key=value"));
    let message = Layers::new().size_preset("tny").unwrap_err().to_string();
    assert!(message.contains("nearest is `tiny`") && message.contains("paper, small, tiny"), "{message}");
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let text = "[planner]\nsamples = \"many\"\nelite = 3\n[algorithm]\nguide = \"max_q\"\n";
    let error = Layers::new().toml("mine.toml", text).unwrap_err();
    assert_eq!(error.problems.len(), 3, "{error}");
    let message = error.to_string();
    assert!(message.contains("`planner.samples` = \"many\" (from mine.toml): allowed: a whole number"), "{message}");
    assert!(message.contains("allowed: max-q, imitation, both; the nearest is max-q"), "{message}");
    let message = Layers::new().toml("mine.toml", "[planner\nsamples = 1").unwrap_err().to_string();
    assert!(message.contains("mine.toml") && message.contains("line 1"), "{message}");
}

#[test]
fn values_of_the_wrong_type_or_out_of_range_name_the_key_and_what_is_allowed() {
    for (setting, allowed) in [
        ("planner.samples=abc", "a whole number from 1"),
        ("planner.samples=12.5", "a whole number from 1"),
        ("planner.samples=-3", "a whole number from 1"),
        ("planner.horizon=0", "a whole number from 1"),
        ("planner=3", "a table of"),
        ("training.pretrain=1", "true or false"),
        ("training.rho=0", "a number above 0 to 1"),
        ("training.learning_rate=nan", "a number above 0"),
        ("training.gradient_clip=inf", "a number above 0"),
        ("training.rho=1e-60", "a number above 0 to 1"),
        ("model.dropout=0.999999999999", "and below 1"),
        ("algorithm.value_members=0", "a whole number from 1"),
        ("algorithm.termination=episodic", "bootstrap, learned"),
        ("training.termination_coefficient=-1", "a number from 0"),
        ("run.device=tpu", "gpu:N"),
        ("run.device=gpu:x", "gpu:N"),
        ("run.seed=-1", "a whole number from 0"),
        ("task.name=", "a name"),
    ] {
        let message = with(&[setting]).unwrap_err().to_string();
        let key = setting.split('=').next().unwrap();
        assert!(message.contains(&format!("`{key}`")) && message.contains(allowed), "{setting}: {message}");
    }
}

#[test]
fn values_at_odds_with_each_other_are_told() {
    for (settings, key, allowed) in [
        (&["planner.samples=24"][..], "planner.samples", "more than the 24 sequences"),
        (&["planner.elites=513"], "planner.elites", "at most planner.samples = 512"),
        (&["planner.min_std=3"], "planner.min_std", "at most planner.max_std = 2"),
        (&["model.latent_dim=100"], "model.latent_dim", "a multiple of model.simnorm_dim = 8"),
        (&["model.bin_max=-10"], "model.bin_min", "below model.bin_max = -10"),
        (&["training.batch=10"], "algorithm.reanalyze_batch", "at most training.batch = 10"),
        (&["training.discount_min=0.999"], "training.discount_min", "at most training.discount_max = 0.995"),
        (&["training.buffer_capacity=3"], "training.buffer_capacity", "more than planner.horizon = 3"),
        (&["training.seed_episodes=0", "training.seed_decisions=0"], "training.seed_decisions", "unless"),
        (&["algorithm.policy_learning=both"], "algorithm.value_learning", "q-off-policy, since"),
        (&["algorithm.target_policy=max-q"], "algorithm.target_policy", "imitation, the only policy"),
        (&["algorithm.guide=both"], "algorithm.guide", "imitation, the only policy"),
    ] {
        let message = with(settings).unwrap_err().to_string();
        assert!(message.contains(&format!("`{key}`")) && message.contains(allowed), "{settings:?}: {message}");
    }
    let max_q = with(&["algorithm.policy_learning=max-q"]).unwrap_err();
    assert_eq!(max_q.problems.len(), 4, "value, target, guide and reanalyze do not go with max-q: {max_q}");
    assert!(with(&["training.batch=10", "algorithm.reanalyze_interval=0"]).is_ok(), "nothing is reanalyzed");
}

#[test]
fn a_configuration_changed_in_memory_is_held_to_the_same_rules() {
    let mut config = Config::default();
    assert_eq!(config.check(), Ok(()));
    config.planner.elites = 1000;
    assert!(config.check().unwrap_err().to_string().contains("`planner.elites` = 1000"));
    config = Config::default();
    config.run.seed = u64::MAX;
    assert!(config.check().is_err() && config.to_toml().is_err());
}

#[test]
fn each_key_has_a_limit_of_its_own_type_that_its_default_keeps() {
    for (key, value) in keys() {
        let limit = limit(&key).unwrap();
        assert!(limit.allows(&value), "{key} = {value}: {limit}");
        if let Limit::OneOf(words) = limit {
            for word in words {
                let changed = with(&[&format!("{key}={word}")]).map_err(|error| error.problems);
                // At odds with another key at most: the word itself is known to the type.
                let known = |problem: &Problem| matches!(problem, Problem::WrongValue { .. });
                assert!(changed.map_or_else(|problems| problems.iter().all(known), |_| true), "{key} = {word}");
            }
        }
    }
}

#[test]
fn a_printed_configuration_is_short_of_rounding_noise() {
    let text = Config::default().to_toml().unwrap();
    assert!(text.contains("min_std = 0.05\n") && text.contains("entropy_coefficient = 0.0001\n"), "{text}");
}

/// A configuration with every kind of value away from its default.
fn unusual() -> Config {
    with(&[
        "task.name=walker-walk",
        "algorithm.policy_learning=both",
        "algorithm.value_learning=q-off-policy",
        "algorithm.guide=both",
        "algorithm.reanalyze=delayed",
        "model.latent_dim=64",
        "planner.samples=300",
        "planner.temperature=0.7",
        "training.learning_rate=1e-4",
        "training.pretrain=false",
        "run.seed=7",
        "run.device=gpu:1",
        "run.engine=plain",
    ])
    .unwrap()
}

#[test]
fn configurations_of_earlier_versions_open_unchanged_and_keep_every_line() {
    let shipped =
        ["cartpole-swingup", "cheetah-run", "hopper-stand", "pendulum-swingup", "reacher-easy", "walker-walk"];
    let shipped = shipped.map(|agent| format!("../assets/checkpoints/{agent}/config.toml"));
    let written = ["../tests/data/config/main.toml", "../tests/data/config/environments.toml"].map(str::to_owned);
    for path in shipped.iter().chain(&written) {
        let old = std::fs::read_to_string(path).unwrap();
        let config = Config::from_toml(path, &old).unwrap();
        let new = config.to_toml().unwrap();
        assert_eq!(Config::from_toml("new.toml", &new).unwrap(), config, "{path}");
        assert_eq!(config.planner.kind, "mppi");
        let mut lines = new.lines();
        for line in old.lines().filter(|line| !line.starts_with('#')) {
            assert!(lines.any(|new| new == line), "{path}: `{line}` is lost, or in another place");
        }
    }
    for path in &written {
        let config = Config::from_toml(path, &std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(config, unusual(), "{path}");
    }
}

#[test]
fn a_table_with_any_content_is_layered_key_by_key_and_printed_as_it_was_given() {
    let text = "[planner.custom]\na = 1\nwords = [\"x\", \"y\"]\n[planner.custom.inner]\ndeep = true\n";
    let layers = Layers::new().toml("mine.toml", text).unwrap();
    let config = layers.clone().set("planner.custom.inner.rate=0.5").unwrap().set("planner.custom.a=two").unwrap();
    let config = config.resolve().unwrap();
    let expected = "{ a = \"two\", inner = { deep = true, rate = 0.5 }, words = [\"x\", \"y\"] }";
    assert_eq!(toml::Value::Table(config.planner.custom.clone()).to_string(), expected);
    assert_eq!(Config::from_toml("config.toml", &config.to_toml().unwrap()).unwrap(), config);
    // One layer has a value where another has a table.
    let table = layers.set("planner.custom.a.b=1").unwrap().resolve().unwrap();
    assert_eq!(table.planner.custom["a"].to_string(), "{ b = 1 }");
    let dotted = Layers::new().toml("mine.toml", "[planner.custom]\n\"a.b\" = 1\n").unwrap_err().to_string();
    assert!(dotted.contains("`planner.custom`") && dotted.contains("names without dots"), "{dotted}");
}

#[test]
fn every_setting_says_what_it_does() {
    for (key, _) in keys() {
        let help = field(&key).unwrap().help;
        assert!(help.len() > 10 && help.ends_with('.') && !help.contains("[`"), "{key}: {help}");
    }
    assert!(field("planner.sampels").is_none() && field("planner").is_none() && field("planner.custom").is_some());
}

/// A setting that the key allows by itself.
fn allowed(key: &str, default: &toml::Value) -> BoxedStrategy<String> {
    use std::ops::Bound::{Excluded, Included};
    let value = match limit(key).unwrap() {
        Limit::Whole(low, high) => (low..=high.min(low + 2000)).prop_map(|n| n.to_string()).boxed(),
        Limit::Real(low, high) => {
            let low = if let Included(low) | Excluded(low) = low { low } else { -100.0 };
            let high = if let Included(high) | Excluded(high) = high { high } else { 100.0 };
            (low..high).prop_map(|x| format!("{x:?}")).boxed()
        }
        Limit::OneOf(words) => proptest::sample::select(words).prop_map(str::to_owned).boxed(),
        Limit::Flag => any::<bool>().prop_map(|flag| flag.to_string()).boxed(),
        _ => Just(default.as_str().unwrap().to_owned()).boxed(),
    };
    let key = key.to_owned();
    value.prop_map(move |value| format!("{key}={value}")).boxed()
}

fn settings() -> impl Strategy<Value = Vec<String>> {
    let one = proptest::sample::select(keys()).prop_flat_map(|(key, default)| allowed(&key, &default));
    proptest::collection::vec(one, 0..4)
}

#[test]
fn a_text_that_is_too_long_for_a_configuration_is_refused() {
    let error = Config::from_toml("long.toml", &"# comment\n".repeat(4000)).unwrap_err().to_string();
    assert!(error.contains("long.toml") && error.contains("40000 bytes") && error.contains("at most 32768"), "{error}");
    assert!(Config::from_toml("short.toml", &"# comment\n".repeat(3000)).is_ok());
}

proptest! {
    #![proptest_config(bootstride_tests::property::cases(256))]

    #[test]
    fn a_resolved_configuration_survives_being_printed_and_read(
        size in proptest::sample::select(&SIZES[..]),
        algorithm in proptest::sample::select(&ALGORITHMS[..]),
        settings in settings(),
    ) {
        let layers = Layers::new().size_preset(size).unwrap().algorithm(algorithm).unwrap();
        let layers = settings.iter().fold(layers, |layers, setting| layers.set(setting).unwrap());
        // Values that are allowed each may contradict each other; too many of those fail the test.
        let config = layers.resolve();
        prop_assume!(config.is_ok());
        let config = config.unwrap();
        let text = config.to_toml().unwrap();
        prop_assert_eq!(&Config::from_toml("config.toml", &text).unwrap(), &config);
        prop_assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn no_setting_makes_the_program_panic(
        (key, _) in proptest::sample::select(keys()),
        at in 0_usize..40,
        letter in ".*",
        value in ".*",
    ) {
        let _ = with(&[&format!("{key}={value}")]);
        let at = at.min(key.len());
        let mutated = format!("{}{letter}{}", &key[..at], &key[at..]);
        if let Err(error) = with(&[&format!("{mutated}={value}")]) {
            prop_assert!(!error.to_string().is_empty());
        }
        let _ = Layers::new().toml("text", &format!("{mutated} = {value}"));
    }
}
