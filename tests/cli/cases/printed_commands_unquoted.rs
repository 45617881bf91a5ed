//! Printed commands can be pasted into a shell, whatever the folder is called.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tool::{TRAIN, checkpoints, copy_of_reference, finish, run, start, wait_until, workplace};

const FOLDERS: [&str; 6] = ["my first run", "-p", "p/it's $HOME", "~", "a;touch pwned", "`id`&*?[x]#\"\\"];

/// The command after `label` in what was printed.
#[track_caller]
fn printed(text: &str, label: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(label));
    line.unwrap_or_else(|| panic!("no line begins with {label}: {text}")).trim().to_owned()
}

/// Pastes a command into a shell, with more options behind it.
#[track_caller]
fn paste(folder: &Path, command: &str, more: &str) -> String {
    let programs = PathBuf::from(env!("CARGO_BIN_EXE_bootstride"));
    let path = format!("{}:{}", programs.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{command} {more}")]).current_dir(folder).env("PATH", path);
    let done = shell.output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{command}: {err}");
    String::from_utf8(done.stdout).unwrap()
}

const QUICK: &str = "--policy network --episodes 1 --device cpu";

#[test]
fn printed_commands_unquoted_after_training_export_and_import() {
    for name in FOLDERS {
        let folder = copy_of_reference();
        let at = folder.path();
        let given = format!("--out={name}");
        let trained = run(at, &["train", "cartpole-swingup", "--config", "tiny.toml", "--steps", "310", &given]);
        let command = printed(&trained.with_code(0).out, "evaluate it: ");
        assert!(paste(at, &command, QUICK).contains(" environment steps"), "{command}");
        fs::remove_dir_all(at.join(name)).unwrap();

        let exported = run(at, &["export", "--play", "0", &given, "run"]).with_code(0);
        let command = printed(&exported.out, "watch it: ");
        assert!(command.starts_with("bootstride lab "), "{command}");
        paste(at, &command.replacen("lab", "eval", 1), QUICK);
        fs::remove_dir_all(at.join(name)).unwrap();

        let official = bootstride_tests::repository("tests/data/import/one_action.pt");
        let imported = run(at, &["import", "--task", "cartpole-swingup", official.to_str().unwrap(), "--", name]);
        let command = printed(&imported.with_code(0).err, "evaluate it with: ");
        paste(at, &command, QUICK);
        assert!(!at.join("pwned").exists(), "{name} was run as a command");
    }
}

#[test]
fn printed_commands_unquoted_after_an_interruption() {
    let folder = workplace();
    let mut train = TRAIN;
    train[5] = "-my run";
    let given = format!("--out={}", train[5]);
    let mut child = start(folder.path(), &[&train[..4], &[&given]].concat());
    let run_folder = folder.path().join(train[5]);
    assert!(wait_until(&mut child, || run_folder.join("checkpoints/step_000000300").exists()), "it ended too soon");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let done = finish(child);
    let command = printed(&done.out, "resume with: ");
    assert!(paste(folder.path(), &command, "").contains("evaluate it: bootstride eval './-my run'"));
    assert!(checkpoints(folder.path()).is_empty(), "another folder was made");
}
