//! Settings that need more memory than is available are refused before anything starts.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::tool::{Done, bootstride, run, workplace};

/// Runs the program with `kilobytes` of address space.
fn limited(kilobytes: u32, arguments: &str) -> Done {
    let folder = workplace();
    let program = bootstride(folder.path(), &[]).get_program().to_owned();
    let script = format!("ulimit -v {kilobytes}; exec \"$0\" {arguments}");
    let done = Command::new("bash").arg("-c").arg(script).arg(program).current_dir(folder.path()).output().unwrap();
    assert!(!folder.path().join("out").exists(), "a refused run leaves no folder");
    done.into()
}

#[test]
fn too_large_aborts_settings_beyond_memory_are_refused_by_name() {
    let cases = [
        ("model.mlp_dim=65536", "model.mlp_dim (it is 65536)"),
        ("model.latent_dim=65536 --set model.mlp_dim=4096", "model.latent_dim (it is 65536)"),
        ("training.batch=1000000", "training.batch (it is 1000000)"),
        ("model.bins=65536 --set training.batch=4096", "model.bins (it is 65536)"),
    ];
    for (setting, blamed) in cases {
        let train = "train cartpole-balance --device cpu --preset tiny --steps 2300 --out out --set";
        let done = limited(6_000_000, &format!("{train} {setting}")).with_code(2);
        for part in [blamed, "ulimit -v", " GB"] {
            assert!(done.err.contains(part), "{setting} does not say {part}: {}", done.err);
        }
        assert!(!done.err.contains("memory allocation"), "{}", done.err);
    }
}

#[test]
fn too_large_aborts_the_largest_configuration_that_is_published_is_not_refused() {
    let folder = workplace();
    let mut train =
        bootstride(folder.path(), &["train", "dog-run", "--device", "cpu", "--preset", "paper", "--out", "out"]);
    let mut child = train.spawn().unwrap();
    let begin = Instant::now();
    while !folder.path().join("out/config.toml").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it was refused");
        assert!(begin.elapsed() < Duration::from_mins(2), "it did not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn too_large_aborts_more_samples_than_a_plan_can_count_are_refused() {
    let folder = workplace();
    for setting in ["planner.samples=1000000", "run.evaluate_episodes=1e6", "planner.many_actions_iterations=5000"] {
        let done =
            run(folder.path(), &["train", "cartpole-balance", "--preset", "tiny", "--set", setting, "--dry-run"]);
        let key = setting.split('=').next().unwrap();
        let err = done.with_code(2).err;
        assert!(err.contains(key) && err.contains("a whole number from "), "{err}");
    }
    let many =
        ["--set", "planner.horizon=100", "--set", "training.batch=1000", "--set", "algorithm.reanalyze_batch=900"];
    let done = run(folder.path(), &[&["train", "cartpole-balance", "--dry-run"][..], &many[..]].concat()).with_code(2);
    assert!(done.err.contains("algorithm.reanalyze_batch") && done.err.contains("655"), "{}", done.err);
}
