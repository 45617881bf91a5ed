//! Agents from official checkpoints.

use std::fs;
use std::path::PathBuf;

use crate::tool::{run, workplace};

fn official(name: &str) -> PathBuf {
    bootstride_tests::repository("tests/data/torch").join(name)
}

#[test]
fn official_checkpoints_become_agents() {
    let folder = workplace();
    let cases =
        [("bmpc_official.pt", "bmpc"), ("tdmpc2_official.pt", "tdmpc2"), ("tdmpc2_official_old_layout.pt", "tdmpc2")];
    for (file, algorithm) in cases {
        let out = file.trim_end_matches(".pt");
        let done = run(folder.path(), &["import", official(file).to_str().unwrap(), out]).with_code(0);
        assert!(!done.out.contains("-> encoder.0.weight"), "{}", done.out);
        assert!(done.out.contains(&format!("{algorithm} agent for 5 observations and 2 actions")), "{}", done.out);
        assert!(done.err.contains("no built-in task has 5 observations and 2 actions"), "{}", done.err);
        let config: toml::Table =
            fs::read_to_string(folder.path().join(out).join("config.toml")).unwrap().parse().unwrap();
        assert_eq!(config["algorithm"]["name"].as_str(), Some(algorithm));
        assert_eq!(config["model"]["latent_dim"].as_integer(), Some(32));

        let eval = run(folder.path(), &["eval", out]).with_code(2);
        assert!(eval.err.contains("--task") && eval.err.contains("5 observations and 2 actions"), "{}", eval.err);
        let eval = run(folder.path(), &["eval", out, "--task", "reacher-easy"]).with_code(2);
        assert!(eval.err.contains("reacher-easy has 6 observations and 2 actions"), "{}", eval.err);
        let again = run(folder.path(), &["import", official(file).to_str().unwrap(), out]).with_code(2);
        assert!(again.err.contains("already holds a run"), "{}", again.err);
    }
}

#[test]
fn an_imported_agent_plays() {
    let folder = workplace();
    let file = official("../import/one_action.pt");
    let arguments = ["import", file.to_str().unwrap(), "agent", "--task", "cartpole-swingup"];
    let done = run(folder.path(), &arguments).with_code(0);
    assert!(done.err.contains("bootstride eval agent --task cartpole-swingup"), "{}", done.err);
    let fast = ["--policy", "network", "--episodes", "2", "--device", "cpu", "--json"];
    let report = run(folder.path(), &[&["eval", "agent"], &fast[..]].concat()).with_code(0).json();
    assert_eq!(report["task"], "cartpole-swingup");
    assert_eq!(report["network"]["returns"].as_array().unwrap().len(), 2);
    let other =
        run(folder.path(), &[&["eval", "agent", "--task", "cartpole-balance"], &fast[..]].concat()).with_code(0);
    assert_eq!(other.json()["task"], "cartpole-balance");
    let resumed = run(folder.path(), &["train", "--resume", "agent"]).with_code(2);
    assert!(resumed.err.contains("cannot resume training from agent"), "{}", resumed.err);
}

#[test]
fn what_is_no_checkpoint_leaves_nothing_behind() {
    let folder = workplace();
    let whole = fs::read(official("bmpc_official.pt")).unwrap();
    fs::write(folder.path().join("half.pt"), &whole[..whole.len() / 2]).unwrap();
    let half = run(folder.path(), &["import", "half.pt", "agent"]).with_code(2);
    assert!(half.err.contains("half.pt"), "{}", half.err);
    let wrong = run(
        folder.path(),
        &["import", official("bmpc_official.pt").to_str().unwrap(), "agent", "--task", "reacher-easy"],
    )
    .with_code(2);
    assert!(wrong.err.contains("reacher-easy has 6 and 2"), "{}", wrong.err);
    assert!(!folder.path().join("agent").exists());
}
