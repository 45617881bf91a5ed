//! Case `refused-resume-deletes`: a refused resume leaves the folder unchanged.

use std::fs;
use std::path::Path;

use crate::tool::{assert_same_as_reference, checkpoints, contents, copy_of_reference, run};

/// Edits the run's configuration by hand.
fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join("run/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn tear(folder: &Path) {
    let newest = checkpoints(folder).pop().unwrap();
    fs::write(newest.join("replay.bin"), b"torn").unwrap();
}

#[test]
fn refused_resume_deletes_neither_records_nor_the_damaged_checkpoint() {
    let folder = copy_of_reference();
    tear(folder.path());
    edit(folder.path(), "latent_dim = 16", "latent_dim = 32");
    let before = contents(&folder.path().join("run"));
    let refused = run(folder.path(), &["train", "--resume", "run"]).with_code(2);
    assert!(refused.err.contains("cannot resume from"), "{}", refused.err);
    assert_eq!(contents(&folder.path().join("run")), before);

    // The edit is undone: the run goes on, and what is damaged is kept under another name.
    edit(folder.path(), "latent_dim = 32", "latent_dim = 16");
    run(folder.path(), &["train", "--resume", "run"]).with_code(0);
    assert_same_as_reference(folder.path());
    let aside = folder.path().join("run/checkpoints/step_000001200.damaged");
    assert_eq!(fs::read(aside.join("replay.bin")).unwrap(), b"torn");
    run(folder.path(), &["eval", "run", "--policy", "network", "--episodes", "1"]).with_code(0);
    run(folder.path(), &["export", "run", "--out", "agent", "--play", "0"]).with_code(0);
}

#[test]
fn refused_resume_deletes_nothing_whatever_is_asked_for_beside() {
    let asked: [&[&str]; 5] = [
        &["--steps", "9000"],
        &["--device", "gpu:97"],
        &["--set", "model.latent_dim=16", "--set", "training.batch=4"],
        &["--set", "run.keep_checkpoints=1"],
        &["--set", "planner.elites=100000"],
    ];
    for arguments in asked {
        let folder = copy_of_reference();
        tear(folder.path());
        edit(folder.path(), "mlp_dim = 16", "mlp_dim = 24");
        let before = contents(&folder.path().join("run"));
        run(folder.path(), &[&["train", "--resume", "run"], arguments].concat()).with_code(2);
        assert_eq!(contents(&folder.path().join("run")), before, "{arguments:?}");
    }
}

#[test]
fn refused_resume_deletes_nothing_of_a_run_whose_checkpoints_have_gone() {
    let folder = copy_of_reference();
    fs::rename(folder.path().join("run/checkpoints"), folder.path().join("elsewhere")).unwrap();
    let before = contents(&folder.path().join("run"));
    let refused = run(folder.path(), &["train", "--resume", "run"]).with_code(2);
    assert!(refused.err.contains("restore its checkpoints"), "{}", refused.err);
    assert_eq!(contents(&folder.path().join("run")), before);
    fs::rename(folder.path().join("elsewhere"), folder.path().join("run/checkpoints")).unwrap();
    run(folder.path(), &["train", "--resume", "run"]).with_code(0);
    assert_same_as_reference(folder.path());
}
