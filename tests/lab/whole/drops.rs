//! What is dropped on the lab: opened, or refused with the reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bootstride_core::math::tensors::write_tensors;
use bootstride_core::run::{Checkpoints, ExportOptions, RunFolder};
use bootstride_core::train::Parts;
use bootstride_lab::view::Tab;
use bootstride_session::archive::pack;
use bootstride_session::message::Activity;
use eframe::egui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::stand::{Open, Stand, write_run};

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// An empty lab on which a file or folder is dropped.
fn dropped(path: &Path) -> Harness<'static, Open> {
    let mut harness = Stand { part: None, ..Stand::new(Tab::Train) }.open();
    harness.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
    harness.step();
    harness.run_steps(3);
    harness
}

/// A run with a checkpoint that can be exported.
fn run(folder: &Path) -> PathBuf {
    let run = folder.join("bmpc-seed1");
    write_run(&run);
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", write_tensors(&[]).unwrap());
    parts.insert("state.json", b"{}".to_vec());
    Checkpoints::new(run.join("checkpoints")).save(400, parts, 1).unwrap();
    run
}

#[test]
fn a_run_is_asked_about_and_an_exported_agent_is_watched_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path());
    let agent = folder.path().join("agent");
    RunFolder::export(&run, &agent, ExportOptions::default()).unwrap();
    let harness = dropped(&run);
    assert!(harness.query_by_label("Resume training").is_some() && harness.query_by_label("Watch the agent").is_some());
    let harness = dropped(&agent);
    assert!(harness.query_by_label("Resume training").is_none());
    assert_eq!(harness.state().lab.history.status.activity, Activity::Running);
}

#[test]
fn what_cannot_be_opened_is_told_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let packed = pack(&run(folder.path())).unwrap();
    let cases: [(&str, &[u8], &str); 7] = [
        (
            "run_archives_as_people_pack_them.zip",
            b"PK\x03\x04",
            "is a zip file; pack the run's folder as .tar, .tar.gz",
        ),
        ("half.tgz", &[0x1f, 0x8b, 8, 0], "truncated"),
        ("byte_order_mark.json", b"\xff\xfe{\0}\0", "UTF-16"),
        ("half.tar", &packed[..packed.len() / 2], "truncated"),
        ("words.tar", b"not an archive", "not a run archive"),
        ("weights.safetensors", &[0; 40], "weights alone are not an agent"),
        ("notes.txt", b"hello", "is not a body's file"),
    ];
    for (name, bytes, why) in cases {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let harness = dropped(&file);
        assert!(harness.query_all_by_label_contains(why).next().is_some(), "{name}: {harness:?}");
        assert_eq!(harness.state().lab.history.status.activity, Activity::Idle);
    }
    assert!(!Path::new("runs").exists(), "a refused archive leaves nothing in the working folder");
}
