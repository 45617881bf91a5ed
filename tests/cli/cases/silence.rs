//! Long work reports its progress wherever standard error goes.

#[cfg(target_os = "linux")]
use std::process::Command;

#[cfg(target_os = "linux")]
use crate::tool::bootstride;
use crate::tool::{copy_of_reference, run};

#[test]
fn silence_evaluation_without_a_terminal_writes_lines() {
    let folder = copy_of_reference();
    let done = run(folder.path(), &["eval", "run", "--episodes", "2"]).with_code(0);
    let lines: Vec<_> = done.err.lines().filter(|line| line.starts_with("evaluating  ")).collect();
    assert!(lines.len() >= 2 && lines[0].contains(" 0/250 decisions of each episode"), "{}", done.err);
    assert!(lines.last().unwrap().contains("250/250") && lines.last().unwrap().contains("took "), "{}", done.err);
    assert!(!done.err.contains(['\r', '\u{1b}']), "control characters: {:?}", done.err);
}

#[test]
fn silence_export_without_a_terminal_writes_lines() {
    let folder = copy_of_reference();
    let done = run(folder.path(), &["export", "run", "--play", "60"]).with_code(0);
    assert!(done.err.contains(" 0/60 decisions") && done.err.contains(" 60/60 decisions"), "{}", done.err);
}

/// `script` gives a command a terminal.
#[cfg(target_os = "linux")]
#[test]
fn silence_a_dumb_terminal_gets_plain_lines() {
    let folder = copy_of_reference();
    let Ok(program) = bootstride(folder.path(), &[]).get_program().to_os_string().into_string() else { return };
    let on_terminal = |terminal: &str, arguments: &str| {
        let command = format!("'{program}' {arguments}");
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).env("TERM", terminal).current_dir(folder.path());
        String::from_utf8(script.output().unwrap().stdout).unwrap()
    };
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script` here");
        return;
    }
    let train = "train cartpole-swingup --config tiny.toml --steps 340 --out";
    let dumb = on_terminal("dumb", &format!("{train} dumb"));
    assert!(dumb.lines().any(|line| line.starts_with("random actions  ")), "{dumb}");
    assert!(dumb.lines().any(|line| line.starts_with("pretraining ")), "{dumb}");
    let eval = "eval dumb --policy network --episodes 1";
    assert!(on_terminal("dumb", eval).contains("evaluating  0/250 decisions"));
    let bar = on_terminal("xterm", &format!("{train} xterm"));
    assert!(!bar.lines().any(|line| line.starts_with("random actions  ")), "lines in addition to a bar: {bar}");
}
