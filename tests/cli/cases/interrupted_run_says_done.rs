//! Case `interrupted-run-says-done`: a run that was stopped early has an exit code of its own, so that loops and `&&`
//! stop.
#![cfg(unix)]

use std::process::{Command, Stdio};

use crate::tool::{TRAIN, checkpoints, finish, run, start, wait_until, workplace};

fn send(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

/// Fails under `nohup`, as it should: such a run does not stop on SIGHUP.
#[test]
fn interrupted_run_says_done_only_when_it_is_done() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let folder = workplace();
        let mut child = start(folder.path(), &TRAIN);
        assert!(wait_until(&mut child, || !checkpoints(folder.path()).is_empty()), "it ended too soon");
        send(signal, child.id());
        let done = finish(child).with_code(code);
        assert!(done.out.contains("checkpoint saved") && !done.out.contains("done:"), "{}", done.out);
        assert!(!done.err.contains("error"), "{}", done.err);
    }
}

#[test]
fn interrupted_run_says_done_in_no_shell_that_goes_on_after_it() {
    let folder = workplace();
    let train = format!("{} {} && echo went on", env!("CARGO_BIN_EXE_bootstride"), TRAIN.join(" "));
    let mut shell = Command::new("sh");
    // Ignored in a background job of the test's own shell.
    shell.args(["-c", &format!("trap - INT; {train}")]).current_dir(folder.path());
    let mut child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(wait_until(&mut child, || !checkpoints(folder.path()).is_empty()), "it ended too soon");
    let children = Command::new("pgrep").args(["-P", &child.id().to_string()]).output().unwrap();
    let process = String::from_utf8(children.stdout).unwrap().trim().parse().unwrap();
    send("-TERM", process);
    let done = finish(child).with_code(143);
    assert!(!done.out.contains("went on"), "{}", done.out);
}

#[test]
fn a_run_under_nohup_outlives_its_terminal() {
    let folder = workplace();
    let train = format!("trap '' HUP; exec {} {}", env!("CARGO_BIN_EXE_bootstride"), TRAIN.join(" "));
    let mut shell = Command::new("sh");
    shell.args(["-c", &train]).current_dir(folder.path());
    let mut child = shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(wait_until(&mut child, || !checkpoints(folder.path()).is_empty()), "it ended too soon");
    send("-HUP", child.id());
    let first = checkpoints(folder.path()).pop();
    assert!(wait_until(&mut child, || checkpoints(folder.path()).pop() != first), "it ended");
    send("-TERM", child.id());
    finish(child).with_code(143);
}

#[test]
fn an_interrupted_run_has_its_own_exit_code_in_the_help() {
    let folder = workplace();
    for arguments in [&["--help"][..], &["train", "--help"]] {
        let help = run(folder.path(), arguments).with_code(0).out;
        assert!(help.contains("Exit codes: 0 success") && ["130", "143", "129"].iter().all(|code| help.contains(code)));
    }
}
