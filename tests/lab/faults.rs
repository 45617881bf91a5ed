//! Whatever file operation fails while the lab opens a run, the run stays unchanged and opens afterwards.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bootstride_core::config::Config;
use bootstride_core::vfs::fault::{Fault, inject};
use bootstride_session::message::{Activity, Agent, Command};
use bootstride_session::{Session, Work};
use bootstride_tests::smallest::tiny;
use pollster::block_on;

fn config() -> Config {
    tiny(&[
        "task.name=pendulum-swingup",
        "run.device=cpu",
        "run.steps=400",
        "run.evaluate_every=0",
        "run.checkpoint_every=20",
        "model.latent_dim=16",
        "model.mlp_dim=16",
        "model.encoder_dim=16",
    ])
}

fn engine() -> Session {
    Session::new(|| 0.0)
}

/// A run of 25 decisions with checkpoints, of which the newest is damaged.
fn stopped(folder: &Path) -> PathBuf {
    let run = folder.join("run");
    let mut engine = engine();
    let place = Some(run.display().to_string());
    block_on(engine.handle(Command::Train { config: Box::new(config()), preset: "tiny".into(), folder: place }));
    block_on(engine.handle(Command::Run));
    for _ in 0..25 {
        assert_eq!(block_on(engine.advance()), Work::Now);
    }
    block_on(engine.close());
    let newest = run.join("checkpoints/step_000000050");
    fs::write(newest.join("weights.safetensors"), b"torn").unwrap();
    run
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false if path.ends_with("run.lock") => {}
            false => all.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    all.sort();
    all
}

fn opens(command: Command) -> bool {
    let mut engine = engine();
    block_on(engine.handle(command));
    engine.take_update().unwrap().status.activity == Activity::Paused
}

#[test]
fn opening_a_run_that_fails_anywhere_changes_nothing() {
    for (resumes, kind) in
        [(false, ErrorKind::Other), (true, ErrorKind::PermissionDenied), (true, ErrorKind::StorageFull)]
    {
        let dir = tempfile::tempdir().unwrap();
        let run = stopped(dir.path());
        let folder = run.display().to_string();
        let command = if resumes {
            Command::Resume { folder, steps: Some(600) }
        } else {
            Command::Watch { agent: Agent::Folder(folder), seed: 1, planner: true }
        };
        let before = files(&run);
        for at in 0.. {
            let (opened, failed) = inject(Fault { at, kind, lasting: false }, || opens(command.clone()));
            assert!(opened || failed.is_some());
            if resumes && opened {
                // After the last change, tidying up may fail without a report.
                break;
            }
            assert_eq!(files(&run), before, "{failed:?}");
            if failed.is_none() {
                assert!(at > 10, "only {at} operations");
                break;
            }
        }
        assert!(opens(command), "it still goes on");
        assert_eq!(run.join("checkpoints/step_000000050.damaged").is_dir(), resumes);
        assert_eq!(files(&run).iter().filter(|(path, _)| path.ends_with("records.json")).count(), 3);
    }
}
