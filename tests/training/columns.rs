//! What replay stores, how long training sequences are, and checkpoints of earlier formats.

use std::fs;
use std::path::Path;

use bootstride_core::agent::Agent;
use bootstride_core::config::{Config, Layers};
use bootstride_core::replay::EXPERT_MEAN;
use bootstride_core::train::{Event, Parts, Phase, Trainer};
use burn::tensor::Device;
use pollster::block_on;

use crate::config;

fn steps(trainer: &mut Trainer, count: usize) -> Vec<Event> {
    (0..count).flat_map(|_| block_on(trainer.step()).unwrap()).collect()
}

/// A trainer after `decisions` decisions of training.
fn trained(config: &Config, decisions: usize) -> Trainer {
    let mut trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    while trainer.progress().phase != Phase::Training {
        block_on(trainer.step()).unwrap();
    }
    steps(&mut trainer, decisions);
    trainer
}

#[test]
fn only_an_imitation_policy_makes_replay_store_experts() {
    for (algorithm, experts) in [("bmpc", true), ("tdmpc2", false), ("variant1", true), ("variant2", true)] {
        let config = config(algorithm, &["run.steps=200"]);
        let trainer = trained(&config, 2);
        let replay = trainer.replay();
        assert_eq!(replay.columns(), &Agent::columns(&config, 3, 1), "{algorithm}");
        let transition = 4 * if experts { 3 + 1 + 1 + 4 } else { 3 + 1 + 1 };
        assert_eq!(replay.memory_bytes(), replay.len() * transition + 4 * 3 * replay.episodes(), "{algorithm}");
        assert_eq!(replay.expert(31).is_some(), experts, "{algorithm}");
        assert_eq!(replay.columns().extras.iter().any(|column| column.name == EXPERT_MEAN), experts, "{algorithm}");
    }
}

/// The configuration and the parts of a checkpoint in `tests/data/replay`.
fn stored(name: &str) -> (Config, Parts) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/replay").join(name);
    let toml = fs::read_to_string(folder.join("config.toml")).unwrap();
    let config = Layers::new().toml("config.toml", &toml).unwrap().resolve().unwrap();
    let mut parts = Parts::default();
    for part in ["environment.bin", "optimiser.safetensors", "replay.bin", "state.json", "weights.safetensors"] {
        parts.insert(part, fs::read(folder.join(part)).unwrap());
    }
    (config, parts)
}

#[test]
fn runs_whose_checkpoint_has_the_second_replay_format_go_on() {
    for (name, experts) in [("tdmpc2", false), ("bmpc", true)] {
        let (mut config, parts) = stored(name);
        assert!(parts.get("replay.bin").unwrap().starts_with(b"BSREPLY2"));
        config.run.steps = 900;
        let mut trainer = Trainer::resume(config.clone(), &Device::flex(), &parts).unwrap();
        let replay = trainer.replay();
        assert_eq!((replay.len(), trainer.updates(), trainer.progress().env_step), (30, 10, 600), "{name}");
        // Decisions 0 to 19 were random, the others planned.
        let origins: Vec<_> = (0..30).map(|number| Some(replay.expert(number)?.origin)).collect();
        assert!(origins.iter().all(|origin| origin.is_some() == experts), "{name}: {origins:?}");
        assert!(!experts || (origins[19] == Some(None) && origins[29].unwrap().is_some()), "{origins:?}");
        let saved = block_on(trainer.save()).unwrap();
        assert!(saved.get("replay.bin").unwrap().starts_with(b"BSREPLY3"));
        let mut again = Trainer::resume(config, &Device::flex(), &saved).unwrap();
        assert!(again.replay() == trainer.replay(), "{name}");
        assert_eq!(steps(&mut again, 12), steps(&mut trainer, 12), "{name}");
        assert_eq!(trainer.updates(), 22, "{name}");
    }
}

/// Sequences of 5 under a horizon of 3.
const LONG: [&str; 2] = ["training.sequence=5", "planner.horizon=3"];

#[test]
fn training_sequences_may_be_longer_than_plans() {
    for (algorithm, reanalyze) in [("bmpc", "inline"), ("variant1", "delayed"), ("tdmpc2", "inline")] {
        let reanalyze = format!("algorithm.reanalyze={reanalyze}");
        let rounds: &[&str] = if algorithm == "tdmpc2" {
            &[]
        } else {
            &["algorithm.reanalyze_interval=1", "algorithm.reanalyze_delay=2"]
        };
        let config = config(algorithm, &[&LONG[..], &["run.steps=2000", &reanalyze], rounds].concat());
        assert_eq!(config.sequence(), 5);
        let mut trainer = trained(&config, 6);
        assert_eq!(trainer.settings().config.horizon, 3);
        let saved = block_on(trainer.save()).unwrap();
        let mut resumed = Trainer::resume(config, &Device::flex(), &saved).unwrap();
        assert_eq!(steps(&mut resumed, 8), steps(&mut trainer, 8), "{algorithm}");
        assert!(block_on(resumed.save()).unwrap() == block_on(trainer.save()).unwrap(), "{algorithm}");
    }
}

/// The number of states whose experts are pending, `reanalyze_batch` times the length of the sequences.
fn pending_states(trainer: &Trainer) -> usize {
    let state: serde_json::Value =
        serde_json::from_slice(block_on(trainer.save()).unwrap().get("state.json").unwrap()).unwrap();
    state["pending_rounds"][0]["transitions"].as_array().unwrap().len()
}

#[test]
fn another_horizon_changes_the_training_sequences_only_if_they_have_no_length_of_their_own() {
    let rounds = ["algorithm.reanalyze=delayed", "algorithm.reanalyze_interval=1", "algorithm.reanalyze_delay=1"];
    for (sequence, expected) in [("training.sequence=5", [10, 10]), ("training.sequence=0", [6, 4])] {
        let config = config("bmpc", &[&["planner.horizon=3", sequence, "run.steps=2000"], &rounds[..]].concat());
        let mut trainer = trained(&config, 3);
        let before = pending_states(&trainer);
        let mut planner = config.planner.clone();
        planner.horizon = 2;
        trainer.set_planner(planner).unwrap();
        steps(&mut trainer, 3);
        assert_eq!([before, pending_states(&trainer)], expected, "{sequence}");
    }
}

#[test]
fn a_sequence_as_long_as_the_horizon_is_the_same_run() {
    let run = |settings: &[&str]| {
        let mut trainer = trained(&config("bmpc", &[&["run.steps=2000"], settings].concat()), 5);
        (steps(&mut trainer, 5), block_on(trainer.save()).unwrap())
    };
    assert!(run(&["planner.horizon=4"]) == run(&["planner.horizon=4", "training.sequence=4"]));
    assert!(run(&["planner.horizon=4"]).1 != run(&["planner.horizon=4", "training.sequence=3"]).1);
}

#[test]
fn the_length_of_sequences_may_change_in_a_run_and_is_held_against_the_other_sizes() {
    let config = config("bmpc", &LONG);
    assert_eq!(config.changed(&["training.sequence=7".into()]).unwrap().sequence(), 7);
    for (setting, said) in [
        ("training.buffer_capacity=5", "more than training.sequence = 5"),
        ("training.seed_decisions=5", "more than training.sequence = 5"),
        ("algorithm.reanalyze_batch=20000", "at most 65536 / training.sequence = 13107"),
    ] {
        let settings = [&LONG[..], &["training.batch=100000", "training.seed_episodes=0", setting]].concat();
        let layers = settings.iter().fold(Layers::new(), |layers, setting| layers.set(setting).unwrap());
        let error = layers.resolve().unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
