//! Ctrl-C, crashes and damaged checkpoints: the resumed run ends like an uninterrupted one.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::{process::Command, thread::sleep, time::Duration};

#[cfg(unix)]
use crate::tool::{TRAIN, finish, start, wait_until, workplace};
use crate::tool::{assert_same_as_reference, checkpoints, copy_of_reference, run};

const RESUME: [&str; 3] = ["train", "--resume", "run"];

#[cfg(unix)]
fn send(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_save_a_checkpoint_and_the_run_goes_on_from_there() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        stops_in_good_order(signal, code);
    }
}

#[cfg(unix)]
fn stops_in_good_order(signal: &str, code: i32) {
    let folder = workplace();
    let mut child = start(folder.path(), &TRAIN);
    assert!(wait_until(&mut child, || checkpoints(folder.path()).len() == 3), "it ended too soon");
    send(signal, child.id());
    let done = finish(child).with_code(code);
    assert!(done.out.contains("checkpoint saved\nresume with: bootstride train --resume run\n"), "{}", done.out);
    let saved = checkpoints(folder.path()).pop().unwrap();
    let said = done.out.trim_start_matches("stopped after ").split(' ').next().unwrap();
    let steps: usize = said.replace(',', "").parse().unwrap();
    assert!(saved.ends_with(format!("step_{steps:09}")), "{}: {}", saved.display(), done.out);

    let rest = run(folder.path(), &RESUME).with_code(0);
    assert!(rest.err.contains(&format!("resuming run after {said} steps")), "{}", rest.err);
    assert_same_as_reference(folder.path());
}

#[cfg(unix)]
#[test]
fn a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed() {
    let folder = workplace();
    let mut arguments = &TRAIN[..];
    let mut kills = 0;
    // Before the first checkpoint, in random actions, in pretraining and training, and in evaluation: a little later
    // after each new checkpoint, to hit the next one at different moments of its making.
    for delay in [0, 0, 3, 40, 1, 90, 7, 20, 12, 150] {
        let newest = checkpoints(folder.path()).pop();
        let mut child = start(folder.path(), arguments);
        let began = || folder.path().join("run/config.toml").exists();
        let moved = || if kills == 0 { began() } else { checkpoints(folder.path()).pop() != newest };
        wait_until(&mut child, moved);
        sleep(Duration::from_millis(delay));
        if child.try_wait().unwrap().is_some() {
            finish(child).with_code(0);
            break;
        }
        child.kill().unwrap();
        assert_eq!(finish(child).code, None, "killed");
        kills += 1;
        arguments = &RESUME;
    }
    assert!(kills >= 4, "only {kills} kills before the end");
    run(folder.path(), &RESUME).with_code(0);
    assert_same_as_reference(folder.path());
}

#[cfg(unix)]
#[test]
fn a_run_in_use_is_left_alone() {
    let folder = workplace();
    let mut child = start(folder.path(), &TRAIN);
    assert!(wait_until(&mut child, || !checkpoints(folder.path()).is_empty()), "it ended too soon");
    let second = run(folder.path(), &RESUME).with_code(2);
    assert!(second.err.contains("in use by another process"), "{}", second.err);
    run(folder.path(), &["eval", "run", "--policy", "network", "--episodes", "1"]).with_code(0);
    finish(child).with_code(0);
    assert_same_as_reference(folder.path());
}

/// Does harm to the newest checkpoint, and checks that it is named, that the one before is used, and that the run comes
/// to the same end.
fn survives(part: &str, harm: impl Fn(&Path)) {
    let folder = copy_of_reference();
    let newest = checkpoints(folder.path()).pop().unwrap();
    harm(&newest.join(part));
    let report = run(folder.path(), &["eval", "run", "--policy", "network", "--episodes", "1", "--json"]).with_code(0);
    assert!(report.err.contains("step_000001200") && report.err.contains(part), "{}", report.err);
    assert!(report.json()["checkpoint"].as_str().unwrap().ends_with("step_000001100"), "{}", report.out);
    let alone = run(folder.path(), &["eval", "run/checkpoints/step_000001200"]).with_code(2);
    assert!(alone.err.contains(part), "{}", alone.err);

    let resumed = run(folder.path(), &RESUME).with_code(0);
    assert!(resumed.err.contains("step_000001200") && resumed.err.contains(part), "{}", resumed.err);
    assert!(resumed.err.contains("after 1,100 steps"), "{}", resumed.err);
    assert_same_as_reference(folder.path());
}

#[test]
fn a_truncated_checkpoint_is_named_and_the_one_before_used() {
    survives("replay.bin", |file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    });
}

#[test]
fn an_altered_checkpoint_is_named_and_the_one_before_used() {
    survives("weights.safetensors", |file| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(file, bytes).unwrap();
    });
}

#[test]
fn without_any_whole_checkpoint_nothing_is_pretended() {
    let folder = copy_of_reference();
    for checkpoint in checkpoints(folder.path()) {
        fs::remove_file(checkpoint.join("state.json")).unwrap();
    }
    let eval = run(folder.path(), &["eval", "run"]).with_code(2);
    assert!(eval.err.contains("no intact checkpoint") && eval.err.contains("state.json"), "{}", eval.err);
    let resumed = run(folder.path(), &RESUME).with_code(2);
    assert!(resumed.err.contains("no intact checkpoint"), "{}", resumed.err);
}
