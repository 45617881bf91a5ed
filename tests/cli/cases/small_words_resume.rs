//! Case `small-words` for resumed runs.

use std::fs;

use crate::tool::{STEPS, TRAIN, checkpoints, contents, copy_of_reference, finish, run, start, wait_until, workplace};

#[test]
fn small_words_a_run_with_nothing_to_do_says_so_and_stores_nothing() {
    let shorter = "nothing to do: run already has 1,200 environment steps, and the requested total is 50";
    let finished = "nothing to do: the run is complete after 1,200 environment steps";
    for (arguments, said) in [
        (&["--steps", "50"][..], shorter),
        (&["--set", "run.steps=50"], shorter),
        (&[], finished),
        (&["--set", "training.learning_rate=1e-5"], finished),
    ] {
        let folder = copy_of_reference();
        let before = contents(&folder.path().join("run"));
        let done = run(folder.path(), &[&["train", "--resume", "run"], arguments].concat()).with_code(0);
        assert!(done.out.starts_with(said) && done.out.contains("nothing was changed"), "{}", done.out);
        assert_eq!(contents(&folder.path().join("run")), before, "{arguments:?}");
    }
}

#[test]
fn small_words_a_run_whose_folder_was_moved_says_where_its_checkpoints_are() {
    let folder = workplace();
    let mut child = start(folder.path(), &[&TRAIN[..], &["--steps", "1000000"]].concat());
    assert!(wait_until(&mut child, || !checkpoints(folder.path()).is_empty()), "it ended too soon");
    fs::rename(folder.path().join("run"), folder.path().join("moved")).unwrap();
    let done = finish(child).with_code(1);
    assert!(done.err.contains("run was moved or removed during training"), "{}", done.err);
    assert!(!done.err.contains("no checkpoint has been saved"), "{}", done.err);
    assert!(!folder.path().join("run").exists(), "no second folder appears in its place");
    run(folder.path(), &["train", "--resume", "moved", "--steps", "1"]).with_code(0);
}

#[test]
fn small_words_lost_losses_are_told_with_the_way_to_go_on() {
    let folder = workplace();
    let lost = run(folder.path(), &[&TRAIN[..], &["--set", "training.learning_rate=1e30"]].concat()).with_code(1);
    assert!(lost.err.contains("try a smaller training.learning_rate"), "{}", lost.err);
    let advice = "bootstride train --resume run --set training.learning_rate=3e29";
    assert!(lost.err.contains(advice), "{}", lost.err);
    let set = ["train", "--resume", "run", "--set", "training.learning_rate=3e-4"];
    let done = run(folder.path(), &set).with_code(0);
    assert!(done.out.contains(&format!("done: {},{:03}", STEPS / 1000, STEPS % 1000)), "{}", done.out);
    let config = fs::read_to_string(folder.path().join("run/config.toml")).unwrap();
    assert!(config.contains("learning_rate = 0.0003"), "{config}");
    let events = fs::read_to_string(folder.path().join("run/metrics.jsonl")).unwrap();
    assert!(
        events.contains("settings changed by hand at step") && events.contains("training.learning_rate"),
        "{events}"
    );
}

#[test]
fn a_resumed_run_takes_the_settings_that_may_change_and_says_which_may_not() {
    let folder = copy_of_reference();
    let before = contents(&folder.path().join("run"));
    for (setting, why) in [
        ("model.latent_dim=32", "`model.latent_dim` stays 16 for the whole run: the weights"),
        ("task.name=walker-walk", "`task.name` stays \"cartpole-swingup\""),
        ("run.seed=2", "`run.seed` stays 1"),
        ("planner.sampels=3", "unknown key `planner.sampels`"),
        ("planner.elites=5000", "planner.elites"),
    ] {
        let refused = run(folder.path(), &["train", "--resume", "run", "--set", setting]).with_code(2);
        assert!(refused.err.contains(why), "{}", refused.err);
        assert_eq!(contents(&folder.path().join("run")), before, "{setting}");
    }
    let settings = ["--set", "run.steps=1300", "--set", "planner.samples=32", "--set", "run.keep_checkpoints=1"];
    let done = run(folder.path(), &[&["train", "--resume", "run"], &settings[..]].concat()).with_code(0);
    assert!(done.out.contains("done: 1,300"), "{}", done.out);
    assert_eq!(checkpoints(folder.path()).len(), 1);
    let config = fs::read_to_string(folder.path().join("run/config.toml")).unwrap();
    assert!(config.contains("steps = 1300") && config.contains("\nsamples = 32\n"), "{config}");
}
