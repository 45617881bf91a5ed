//! The lab as a user has it: the real program in a real window, operated with mouse and keyboard under a virtual
//! display, from opening it to closing it.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a test that cannot go on should stop; it runs natively"
)]
#![cfg(target_os = "linux")]

mod display;
mod program;
#[path = "../lab/sample.rs"]
#[allow(dead_code, reason = "the lab's own tests use all of it")]
mod sample;
mod signals;
mod twin;

use std::fs;
use std::path::Path;
use std::process::Command as Process;

use self::display::{Display, wait};
use self::program::Program;
use self::twin::Twin;

/// Sizes and a schedule that a slow machine gets through: an evaluation every 300 decisions, no checkpoint but those
/// that are asked for.
const SETTINGS: &str = "run.steps=200000 run.evaluate_every=600 run.evaluate_episodes=1 run.checkpoint_every=0 \
                        run.device=cpu training.seed_episodes=0 training.seed_decisions=100 \
                        training.seed_episodes_limit=0 training.pretrain=false training.batch=16 \
                        model.latent_dim=32 model.mlp_dim=32 model.encoder_dim=32 planner.samples=32 \
                        planner.elites=8 planner.policy_samples=4 planner.iterations=2";

/// Evaluations that a run has recorded.
fn evaluations(run: &Path) -> usize {
    let text = fs::read_to_string(run.join("eval.csv")).unwrap_or_default();
    text.lines().count().saturating_sub(1)
}

fn checkpoints(run: &Path) -> usize {
    let Ok(entries) = fs::read_dir(run.join("checkpoints")) else { return 0 };
    entries.filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("step_")).count()
}

#[test]
fn a_person_trains_looks_back_replans_saves_and_closes_the_lab() {
    let Some(display) = Display::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut lab = Program::start(&display, folder.path());
    let window = display.window("Bootstride");
    wait("something to be seen", &mut lab, || display.picture().colours() > 20);

    // Start training, with settings that are written into the last line of the pane "Task and agent".
    let mut twin = Twin::new();
    let click = |twin: &mut Twin, label: &str| display.click(twin.click(label));
    let pane = twin.scroll_setup();
    display.scroll_down(pane);
    click(&mut twin, "More settings…");
    display.scroll_down(twin.scroll_setup());
    click(&mut twin, "More settings, key=value");
    display.write(SETTINGS);
    twin.write(SETTINGS);
    let before = display.picture();
    click(&mut twin, "Start");
    let run = folder.path().join("runs/pendulum-swingup/bmpc-seed1");
    wait("a run's folder", &mut lab, || run.join("config.toml").exists());
    let config = twin.started();
    let kept: toml::Table = fs::read_to_string(run.join("config.toml")).unwrap().parse().unwrap();
    assert_eq!(kept["planner"]["samples"].as_integer(), Some(32), "what was written is what is trained");
    assert_eq!(config.planner.samples, 32, "and what the button sends");
    wait("two evaluations", &mut lab, || evaluations(&run) >= 2);
    assert!(display.picture().differs(&before), "training is to be seen");

    // Pause: nothing moves any more.
    assert!(display.moves(), "training is to be seen as it goes on");
    display.key("space");
    wait("the picture to stand still", &mut lab, || !display.moves());

    // Look back.
    let now = display.picture();
    for _ in 0..5 {
        display.key("Left");
    }
    wait("an earlier decision", &mut lab, || display.picture().differs(&now));
    let earlier = display.picture();
    display.key("Home");
    wait("the oldest decision", &mut lab, || display.picture().differs(&earlier));

    // Freeze the newest and replan it under other settings.
    display.key("End");
    let mut live = display.picture();
    wait("the newest decision again", &mut lab, || {
        let still = !display.moves();
        live = display.picture();
        still
    });
    display.key("f");
    wait("the tab \"One decision\"", &mut lab, || display.picture().differs(&live) && !display.moves());
    twin.paused_at_a_decision(&config);
    let table = twin.place_of("as trained");
    let untried = display.picture();
    click(&mut twin, "Try these");
    display.away();
    wait("what other settings plan", &mut lab, || display.picture().differs_in(&untried, table));

    // Go on, and save by hand.
    let done = evaluations(&run);
    display.key("space");
    wait("another evaluation", &mut lab, || evaluations(&run) > done);
    assert_eq!(checkpoints(&run), 0, "nobody has saved yet");
    display.key("ctrl+s");
    wait("a checkpoint", &mut lab, || checkpoints(&run) == 1);

    // Close, as window managers do. The run is saved then.
    display.close(window);
    let (code, errors) = lab.ended();
    assert_eq!(code, Some(0), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    for file in ["config.toml", "manifest.json", "metrics.jsonl", "metrics.csv", "episodes.csv", "eval.csv"] {
        let length = fs::metadata(run.join(file)).unwrap_or_else(|error| panic!("{file}: {error}")).len();
        assert!(length > 0, "{file} is empty");
    }
    assert!(checkpoints(&run) >= 1);
    assert_plays(folder.path(), &run);
    let kept = folder.path().join("data/bootstride/app.ron");
    assert!(fs::read_to_string(&kept).unwrap().contains("Decision"), "the next start shows this tab again");
}

#[test]
fn a_lab_with_nothing_open_closes_at_once_by_its_shortcut() {
    let Some(display) = Display::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut lab = Program::start(&display, folder.path());
    display.window("Bootstride");
    wait("something to be seen", &mut lab, || display.picture().colours() > 20);
    display.key("ctrl+q");
    let (code, errors) = lab.ended();
    assert_eq!(code, Some(0), "{errors}");
    assert!(!folder.path().join("runs").exists(), "nothing was started");
}

/// The run's agent plays as `bootstride eval` has it.
fn assert_plays(folder: &Path, run: &Path) {
    let mut eval = Process::new(env!("CARGO_BIN_EXE_bootstride"));
    eval.arg("eval").arg(run).args(["--episodes", "1", "--json"]).current_dir(folder);
    let done = eval.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(report.is_object() || report.is_array(), "{report}");
}
