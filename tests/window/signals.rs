//! Case `lab-dies-of-signals`: whatever ends a session or a terminal saves the run in training, as in `bootstride
//! train`.

use std::fs;
use std::path::Path;
use std::process::Command as Process;

use super::display::{Display, wait};
use super::program::Program;
use super::{SETTINGS, assert_plays};

/// The newest checkpoint's environment steps.
fn saved(run: &Path) -> usize {
    let names = fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| name.to_str()?.strip_prefix("step_")?.parse().ok()).max().unwrap()
}

/// Environment steps of the last update that was recorded.
fn recorded(run: &Path) -> usize {
    let table = fs::read_to_string(run.join("metrics.csv")).unwrap_or_default();
    table.lines().last().and_then(|row| row.split(',').next()?.parse().ok()).unwrap_or_default()
}

/// A run that was trained a little, and is to go on for long without a checkpoint.
fn begun(folder: &Path) {
    let mut train = Process::new(env!("CARGO_BIN_EXE_bootstride"));
    train.args(["train", "pendulum-swingup", "--out", "run", "--preset", "tiny"]).current_dir(folder);
    SETTINGS.split_whitespace().for_each(|setting| _ = train.args(["--set", setting]));
    let done = train.args(["--steps", "300"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let path = folder.join("run/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\nsteps = 300\n"));
    fs::write(path, text.replace("\nsteps = 300\n", "\nsteps = 900000\n")).unwrap();
}

#[test]
fn lab_dies_of_signals_only_after_it_has_saved() {
    let Some(display) = Display::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    begun(folder.path());
    let run = folder.path().join("run");
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let before = saved(&run);
        let mut lab = Program::start_with(&display, folder.path(), &["lab", "run", "--resume"]);
        display.window("Bootstride");
        wait("training to go on", &mut lab, || recorded(&run) > before + 200);
        let reached = recorded(&run);
        lab.signal(signal);
        let (ended, errors) = lab.ended();
        assert_eq!(ended, Some(code), "{signal}: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
        assert!(saved(&run) >= reached, "{signal}: saved at {} of {reached} steps", saved(&run));
    }
    assert_plays(folder.path(), &run);
}

#[test]
fn lab_dies_of_signals_in_good_order_with_nothing_open() {
    let Some(display) = Display::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut lab = Program::start(&display, folder.path());
    display.window("Bootstride");
    wait("something to be seen", &mut lab, || display.picture().colours() > 20);
    lab.signal("TERM");
    let (code, errors) = lab.ended();
    assert_eq!(code, Some(143), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
}
