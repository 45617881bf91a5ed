//! Whatever file operation fails, and however, a run is in its old or its new state, and nothing of it is lost.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bootstride_core::config::Config;
use bootstride_core::math::tensors::{Element, NamedTensor, write_tensors_as};
use bootstride_core::run::{ExportOptions, RunFolder};
use bootstride_core::train::Parts;
use bootstride_core::vfs::fault::{Fault, inject};

use crate::small_run::{clock, config, contents, create, parts, play};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// How operations fail, and whether all later ones fail too.
type Fails = (ErrorKind, bool);
/// A permission that is missing, and a disk that fails.
const READING: [Fails; 2] = [(ErrorKind::PermissionDenied, false), (ErrorKind::Other, false)];
/// A disk that is full, and a process that is killed there.
const WRITING: [Fails; 2] = [(ErrorKind::StorageFull, false), (ErrorKind::Other, true)];

/// Fails the first operation of `work` on a copy of `folder`, then the second, until it gets through, in all ways;
/// `check` looks at what is left. It gets whether the work succeeded and whether the process seemed to be killed.
fn each<T>(folder: &Path, faults: [Fails; 2], work: impl Fn(&Path) -> T, mut check: impl FnMut(&Path, T, &Left)) {
    for (kind, lasting) in faults {
        for at in 0.. {
            let copy = tempfile::tempdir().unwrap();
            copy_folder(folder, copy.path());
            let (result, failed) = inject(Fault { at, kind, lasting }, || work(copy.path()));
            let is_over = failed.is_none();
            check(copy.path(), result, &Left { killed: lasting, failed });
            if is_over {
                assert!(at > 5, "only {at} operations");
                break;
            }
        }
    }
}

/// What happened.
struct Left {
    killed: bool,
    failed: Option<String>,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.killed { "killed at" } else { "failed at" };
        write!(f, "{how} {}", self.failed.as_deref().unwrap_or("nothing"))
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (name, bytes) in contents(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A run that was stopped at step 130 with checkpoints of 80 and 120, of which the newer is damaged, and an older
/// configuration.
fn stopped() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    play(&mut create(folder.path()), 0, 130);
    fs::write(folder.path().join("checkpoints/step_000000120/weights.safetensors"), b"torn").unwrap();
    folder
}

fn longer() -> Config {
    let mut longer = config();
    longer.run.steps = 5_000_000;
    longer
}

fn resume(path: &Path, config: &Config) -> Result<RunFolder, bootstride_core::run::RunError> {
    RunFolder::prepare(path)?.take_up(config)
}

/// Files without those that an interrupted change leaves next to them.
fn seen(path: &Path) -> Files {
    let mut files = contents(path);
    files.retain(|name, _| !name.to_str().unwrap().contains("/.") && !name.to_str().unwrap().starts_with('.'));
    files
}

#[test]
fn a_resume_that_fails_anywhere_changes_nothing_and_one_that_is_killed_anywhere_can_be_repeated() {
    let folder = stopped();
    let before = contents(folder.path());
    let after = {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        resume(copy.path(), &longer()).unwrap();
        contents(copy.path())
    };
    assert!(after.len() >= before.len() - 1 && after.keys().any(|name| name.to_str().unwrap().contains(".damaged")));
    each(
        folder.path(),
        WRITING,
        |path| resume(path, &longer()).map(drop),
        |path, result, left| {
            match (&result, left.killed) {
                (Ok(()), _) => assert_eq!(seen(path), after, "{left}"),
                (Err(error), false) => assert_eq!(contents(path), before, "{left}: {error}"),
                (Err(_), true) => nothing_lost(&before, &after, &contents(path), left),
            }
            resume(path, &longer()).unwrap_or_else(|error| panic!("{left}: {error}"));
            assert_eq!(seen(path), after, "{left}: it goes on as if nothing had happened");
        },
    );
}

/// Every file is as it was or as it was to be, and its old bytes are there until the last change was made.
fn nothing_lost(before: &Files, after: &Files, found: &Files, left: &Left) {
    for (name, old) in before {
        let (new, there) = (after.get(name), found.get(name));
        assert!(there == Some(old) || there == new, "{left}: {} is neither", name.display());
        let is_kept = found.values().any(|bytes| bytes == old);
        assert!(is_kept || there == new, "{left}: {} is lost", name.display());
    }
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_not_damaged() {
    let folder = tempfile::tempdir().unwrap();
    play(&mut create(folder.path()), 0, 130);
    let before = contents(folder.path());
    let read = |path: &Path| RunFolder::prepare(path).map(|run| (run.checkpoint.unwrap().env_step, run.damaged));
    each(folder.path(), READING, read, |path, result, left| {
        assert_eq!(contents(path), before, "{left}");
        let is_newest = |(env_step, damaged): &(usize, Vec<_>)| *env_step == 120 && damaged.is_empty();
        assert!(result.as_ref().map_or(true, is_newest), "{left}: {result:?}");
    });
}

#[test]
fn looking_at_a_run_changes_nothing() {
    let folder = stopped();
    let before = contents(folder.path());
    let look = |path: &Path| RunFolder::trained(path).map(|trained| trained.checkpoint.env_step);
    each(folder.path(), READING, look, |path, result, left| {
        assert_eq!(contents(path), before, "{left}");
        assert!(result.is_err() || result.is_ok_and(|env_step| env_step == 80), "{left}");
    });
}

#[test]
fn a_checkpoint_is_saved_whole_or_those_before_it_stay() {
    let folder = tempfile::tempdir().unwrap();
    play(&mut create(folder.path()), 0, 130);
    // Also in place of one of the same step.
    for env_step in [120, 130] {
        let save = |path: &Path| -> Result<(), bootstride_core::run::RunError> {
            resume(path, &config())?.save(env_step, parts(9)).map(drop)
        };
        each(folder.path(), WRITING, save, |path, result, left| {
            let (trained, trouble) = (RunFolder::trained(path).unwrap(), format!("{left}: {result:?}"));
            let newest = (trained.checkpoint.env_step, trained.checkpoint.parts.0["state.json"].clone());
            let (old, new) = ((120, parts(1).0["state.json"].clone()), (env_step, parts(9).0["state.json"].clone()));
            assert!(trained.damaged.is_empty() && (newest == new || (result.is_err() && newest == old)), "{trouble}");
            resume(path, &config()).unwrap().save(140, parts(3)).unwrap();
            let names = contents(path).into_keys().map(|name| name.to_str().unwrap().to_owned());
            assert!(!names.into_iter().any(|name| name.contains("/.")), "{trouble}: nothing half made stays");
        });
    }
}

/// A run whose newest checkpoint holds networks.
fn exportable() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut run = create(folder.path());
    play(&mut run, 0, 90);
    let tensor = NamedTensor { name: "encoder.0.weight".into(), shape: [1, 1, 2], data: vec![0.5, 1.0] };
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", write_tensors_as(&[tensor], Element::F32).unwrap());
    run.save(90, parts).unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/notes"), b"mine").unwrap();
    folder
}

#[test]
fn an_export_is_whole_or_not_there_and_harms_nothing() {
    let folder = exportable();
    let before = contents(folder.path());
    for out in ["agent", "mine"] {
        let export = |path: &Path| RunFolder::export(path, path.join(out), ExportOptions::default()).map(drop);
        each(folder.path(), WRITING, export, |path, result, left| {
            let mut found = seen(path);
            let exported: Vec<_> = found.keys().filter(|name| name.starts_with("agent")).cloned().collect();
            for name in &exported {
                found.remove(name);
            }
            assert_eq!(found, before, "{left}: {result:?}");
            if !exported.is_empty() {
                assert_eq!(RunFolder::trained(path.join("agent")).unwrap().checkpoint.env_step, 90, "{left}");
            }
            assert!(result.is_err() || !exported.is_empty(), "{left}");
        });
    }
}

#[test]
fn a_new_run_leaves_what_is_there_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("eval.csv"), b"mine").unwrap();
    fs::write(folder.path().join("notes"), b"mine too").unwrap();
    let before = contents(folder.path());
    let manifest = bootstride_core::run::Manifest::new(&config(), "tiny", "cpu", clock(), []);
    let create = |path: &Path| RunFolder::create(path, &config(), &manifest).map(drop);
    for (kind, lasting) in READING.into_iter().chain(WRITING) {
        for at in 0..4 {
            let (result, failed) = inject(Fault { at, kind, lasting }, || create(folder.path()));
            assert!(result.is_err(), "{failed:?}");
            assert_eq!(contents(folder.path()), before, "{failed:?}");
        }
    }
}
