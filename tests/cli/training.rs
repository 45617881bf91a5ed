//! Training and evaluation.

use std::fs;

use bootstride_tests::skip::skip;

use crate::tool::{STEPS, TRAIN, assert_same_as_reference, checkpoints, copy_of_reference, reference, run, workplace};

#[test]
fn training_leaves_a_whole_run_folder() {
    let folder = reference();
    let read = |name: &str| fs::read_to_string(folder.join("run").join(name)).unwrap();
    assert_eq!(checkpoints(folder).len(), 3, "the newest three are kept");
    assert!(checkpoints(folder)[2].ends_with(format!("step_{STEPS:09}")));
    let config: toml::Table = read("config.toml").parse().unwrap();
    assert_eq!(config["model"]["latent_dim"].as_integer(), Some(16));
    let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).unwrap();
    assert_eq!((&manifest["task"], &manifest["device"]), (&"cartpole-swingup".into(), &"cpu".into()));
    assert!(read("metrics.csv").starts_with("env_step,update,"));
    assert!(read("metrics.csv").lines().count() >= 2);
    let steps: Vec<_> = read("eval.csv").lines().skip(1).map(|row| row.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(steps, ["400", "800", "1200"]);
    for line in read("metrics.jsonl").lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["event"].is_string(), "{line}");
    }
    let events = fs::read_dir(folder.join("run")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(events.into_iter().any(|name| name.to_str().unwrap().starts_with("events.out.tfevents.")));
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let folder = workplace();
    run(folder.path(), &TRAIN).with_code(0);
    assert_same_as_reference(folder.path());
    let other =
        run(folder.path(), &["train", "cartpole-swingup", "--config", "tiny.toml", "--seed", "2", "--steps", "400"])
            .with_code(0);
    assert!(other.out.contains("runs/cartpole-swingup/bmpc-seed2"), "{}", other.out);
    let metrics = |run: &str| fs::read_to_string(folder.path().join(run).join("metrics.csv")).unwrap();
    let row = |run: &str| metrics(run).lines().nth(1).unwrap().to_owned();
    assert_ne!(row("run"), row("runs/cartpole-swingup/bmpc-seed2"));
}

#[test]
fn progress_away_from_a_terminal_is_plain_lines_and_the_result_tells_the_next_command() {
    let folder = workplace();
    let done = run(folder.path(), &[&TRAIN[..], &["--steps", "400"]].concat()).with_code(0);
    assert!(done.err.lines().any(|line| line.starts_with("pretraining")), "{}", done.err);
    assert!(done.err.contains("evaluation at 400 steps: planner "), "{}", done.err);
    assert!(!done.err.contains(['\r', '\u{1b}']), "control characters: {:?}", done.err);
    assert!(done.out.contains("evaluate it: bootstride eval run\n"), "{}", done.out);
    let taken = run(folder.path(), &TRAIN).with_code(2);
    assert!(taken.err.contains("run already holds a run"), "{}", taken.err);
}

#[test]
fn evaluation_repeats_what_training_measured() {
    let folder = reference();
    let report = run(folder, &["eval", "run", "--episodes", "2", "--json"]).with_code(0).json();
    let text = fs::read_to_string(folder.join("run/eval.csv")).unwrap();
    let row: Vec<f64> = text.lines().last().unwrap().split(',').map(|cell| cell.parse().unwrap()).collect();
    assert_eq!(report["task"], "cartpole-swingup");
    assert!(report["checkpoint"].as_str().unwrap().ends_with("step_000001200"), "{report}");
    for (player, mean, std) in [("planner", row[1], row[2]), ("network", row[3], row[4])] {
        let player = &report[player];
        assert!((player["mean"].as_f64().unwrap() - mean).abs() < 1e-3, "{report}");
        assert!((player["std"].as_f64().unwrap() - std).abs() < 1e-3, "{report}");
        assert_eq!((player["episodes"].as_u64(), player["returns"].as_array().map(Vec::len)), (Some(2), Some(2)));
    }
}

#[test]
fn one_player_one_checkpoint_another_seed() {
    let folder = reference();
    let path = checkpoints(folder)[0].to_str().unwrap().to_owned();
    let eval = |seed: &str| {
        let arguments = ["eval", &path, "--policy", "network", "--episodes", "3", "--seed", seed, "--json"];
        run(folder, &arguments).with_code(0).json()
    };
    let (one, two) = (eval("1"), eval("2"));
    assert!(one["planner"].is_null() && one["checkpoint"].as_str().unwrap().ends_with("step_000001000"), "{one}");
    assert_ne!(one["network"]["returns"], two["network"]["returns"]);
    assert_eq!(one, eval("1"));
    let text = run(folder, &["eval", "run", "--policy", "network", "--episodes", "2"]).with_code(0).out;
    assert!(text.contains("network  ") && !text.contains("planner  "), "{text}");
    let wrong = run(folder, &["eval", "run", "--task", "reacher-easy"]).with_code(2);
    assert!(
        wrong.err.contains("5 observations and 1 actions") && wrong.err.contains("cartpole-balance"),
        "{}",
        wrong.err
    );
}

#[test]
fn every_algorithm_trains() {
    let folder = workplace();
    for algorithm in ["tdmpc2", "variant1", "variant2", "variant3"] {
        let arguments = ["train", "pendulum-swingup", "--config", "tiny.toml", "--algorithm", algorithm];
        let more = ["--steps", "340", "--out", algorithm, "--set", "run.evaluate_episodes=1"];
        run(folder.path(), &[&arguments[..], &more[..]].concat()).with_code(0);
        let report = run(folder.path(), &["eval", algorithm, "--episodes", "1", "--json"]).with_code(0).json();
        assert!(report["planner"]["mean"].is_number() && report["network"]["mean"].is_number(), "{report}");
    }
}

#[test]
fn without_pretraining_evaluations_come_all_the_same() {
    let folder = workplace();
    let more = ["--set", "training.pretrain=false", "--set", "run.evaluate_episodes=1", "--steps", "420"];
    run(folder.path(), &[&TRAIN[..], &more[..]].concat()).with_code(0);
    let table = fs::read_to_string(folder.path().join("run/eval.csv")).unwrap();
    assert!(table.contains("\n400,"), "{table}");
}

#[test]
fn a_lost_loss_is_named_and_the_last_checkpoint_kept() {
    let folder = workplace();
    let done = run(folder.path(), &[&TRAIN[..], &["--set", "training.learning_rate=1e30"]].concat()).with_code(1);
    let error = done.err.lines().last().unwrap();
    assert!(error.starts_with("error: ") && error.contains("_loss became"), "{}", done.err);
    let kept = checkpoints(folder.path()).pop().unwrap();
    assert!(done.err.contains(kept.file_name().unwrap().to_str().unwrap()), "{}", done.err);
}

#[test]
fn a_finished_run_goes_on_when_it_is_given_more_steps() {
    let folder = copy_of_reference();
    let again = run(folder.path(), &["train", "--resume", "run"]).with_code(0);
    assert!(again.out.contains("nothing to do: the run is complete after 1,200 environment steps"), "{}", again.out);
    assert_same_as_reference(folder.path());
    run(folder.path(), &["train", "--resume", "run", "--steps", "1300"]).with_code(0);
    assert!(checkpoints(folder.path())[2].ends_with("step_000001300"));
    let config: toml::Table = fs::read_to_string(folder.path().join("run/config.toml")).unwrap().parse().unwrap();
    assert_eq!(config["run"]["steps"].as_integer(), Some(1300));
}

#[test]
fn training_works_on_a_graphics_adapter() {
    let folder = workplace();
    let report = run(folder.path(), &["doctor", "--json"]).with_code(0).json();
    if report["adapters"].as_array().unwrap().is_empty() {
        return skip("no wgpu adapter on this computer (Mesa's llvmpipe would do)");
    }
    let more = ["--device", "gpu", "--steps", "320", "--set", "task.action_repeat=20"];
    let short = ["--set", "training.seed_decisions=12", "--set", "run.evaluate_episodes=1"];
    let done = run(folder.path(), &[&TRAIN[..], &more[..], &short[..]].concat()).with_code(0);
    assert!(done.err.contains("device gpu:0 "), "{}", done.err);
    let report = run(folder.path(), &["eval", "run", "--episodes", "1", "--json"]).with_code(0).json();
    assert!(report["planner"]["mean"].is_number(), "{report}");
}
