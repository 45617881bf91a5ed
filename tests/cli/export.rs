//! Exported agents are small, complete and playable, and cannot be trained.

use std::fs;
use std::path::Path;

use bootstride_core::inspect::{Decision, Player, load_agent};
use bootstride_core::math::half::{from_half, to_half};
use bootstride_core::math::tensors::{NamedTensor, read_tensors, write_tensors};
use bootstride_core::run::{Checkpoints, RunFolder, Trained};
use bootstride_core::train::{Parts, StepObserver};
use burn::tensor::Device;
use pollster::block_on;

use crate::tool::{STEPS, copy_of_reference, reference, run};

/// All files below a folder, by their paths from there.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}")));
        } else {
            found.push(name);
        }
    }
    found.sort();
    found
}

fn weights(path: &Path) -> Vec<NamedTensor> {
    let Trained { checkpoint, .. } = RunFolder::trained(path).unwrap();
    read_tensors(checkpoint.parts.get("weights.safetensors").unwrap()).unwrap()
}

/// The first decisions of the planner of the agent in a folder.
fn decisions(path: &Path) -> Vec<Decision> {
    let Trained { config, .. } = RunFolder::trained(path).unwrap();
    let model = load_agent(&config, &weights(path), &Device::flex()).unwrap();
    let mut player = Player::new(&config, model, 5, true).unwrap();
    (0..20).map(|_| block_on(player.step(&mut StepObserver::default())).unwrap()).collect()
}

fn returns(folder: &Path, agent: &str) -> serde_json::Value {
    let report = run(folder, &["eval", agent, "--episodes", "2", "--json"]).with_code(0).json();
    serde_json::json!([report["planner"]["returns"], report["network"]["returns"]])
}

#[test]
fn an_export_holds_what_playing_and_trusting_need_and_no_more() {
    let folder = copy_of_reference();
    let done = run(folder.path(), &["export", "--play", "0", "run"]).with_code(0);
    assert!(done.out.contains("exported to: exports/run"), "{}", done.out);
    let out = folder.path().join("exports/run");
    let checkpoint = format!("checkpoints/step_{STEPS:09}");
    let expected = [
        "README.md",
        &format!("{checkpoint}/checksums.json"),
        &format!("{checkpoint}/weights.safetensors"),
        "config.toml",
        "episodes.csv",
        "eval.csv",
        "manifest.json",
        "metrics.jsonl",
    ];
    assert_eq!(files(&out), expected);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let original = |name: &str| fs::read_to_string(folder.path().join("run").join(name)).unwrap();
    for name in ["eval.csv", "episodes.csv"] {
        assert_eq!(read(name), original(name), "{name}");
    }
    // It plays wherever there is room, on whatever it was trained.
    let config = original("config.toml");
    assert_eq!(config.matches("device = \"cpu\"").count(), 1, "{config}");
    assert_eq!(read("config.toml"), config.replace("device = \"cpu\"", "device = \"auto\""));
    let kinds = ["\"evaluation\"", "\"episode-end\""];
    let kept: Vec<_> = original("metrics.jsonl")
        .lines()
        .filter(|line| kinds.iter().any(|kind| line.contains(kind)))
        .map(str::to_owned)
        .collect();
    assert!(kept.len() > 3, "{kept:?}");
    assert_eq!(read("metrics.jsonl").lines().collect::<Vec<_>>(), kept);
    assert_eq!(RunFolder::past(&out).unwrap().len(), kept.len());

    let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).unwrap();
    assert_eq!(manifest["command_line"][0], "bootstride");
    assert!(!read("manifest.json").contains("--out"), "{manifest}");
    let readme = read("README.md");
    let last = original("eval.csv").lines().last().unwrap().split(',').nth(1).unwrap().parse::<f32>().unwrap();
    let planner = format!("planner {last:.1} (2 episodes");
    for part in ["cartpole-swingup", "1200 environment steps", &planner, "--config config.toml", "16-bit"] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
    let again = run(folder.path(), &["export", "--play", "0", "run", "--out", "exports/run"]).with_code(2);
    assert!(again.err.contains("exports/run cannot be written: it already exists"), "{}", again.err);
    let next = run(folder.path(), &["export", "--play", "0", "run"]).with_code(0);
    assert!(next.out.contains("exported to: exports/run-2"), "{}", next.out);
}

#[test]
fn in_full_precision_the_exported_agent_plans_bit_for_bit_as_the_run() {
    let folder = copy_of_reference();
    run(folder.path(), &["export", "--play", "0", "run", "--precision", "full", "--out", "full"]).with_code(0);
    assert_eq!(decisions(&folder.path().join("full")), decisions(&folder.path().join("run")));
    assert_eq!(returns(folder.path(), "full"), returns(folder.path(), "run"));
}

#[test]
fn in_half_precision_it_is_the_agent_with_each_weight_rounded() {
    let folder = copy_of_reference();
    run(folder.path(), &["export", "--play", "0", "run", "--out", "half"]).with_code(0);
    // The whole agent, target ensemble included, with weights rounded by hand and kept as 32-bit numbers.
    let rounded = folder.path().join("rounded");
    fs::create_dir(&rounded).unwrap();
    for name in ["config.toml", "manifest.json"] {
        fs::copy(folder.path().join("run").join(name), rounded.join(name)).unwrap();
    }
    let mut tensors = weights(&folder.path().join("run"));
    tensors.iter_mut().flat_map(|tensor| &mut tensor.data).for_each(|x| *x = from_half(to_half(*x)));
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", write_tensors(&tensors).unwrap());
    Checkpoints::new(rounded.join("checkpoints")).save(STEPS, parts, 1).unwrap();

    let half = folder.path().join("half");
    assert_eq!(decisions(&half), decisions(&rounded));
    assert_eq!(returns(folder.path(), "half"), returns(folder.path(), "rounded"));
    assert_ne!(decisions(&half), decisions(&folder.path().join("run")), "rounding changes something");
    let size = |run: &Path| {
        let path = run.join(format!("checkpoints/step_{STEPS:09}/weights.safetensors"));
        fs::metadata(path).unwrap().len()
    };
    assert!(size(&half) * 2 < size(&rounded), "{} against {}", size(&half), size(&rounded));
}

#[test]
fn a_checkpoint_is_chosen_by_its_step_or_its_path_and_records_end_there() {
    let folder = copy_of_reference();
    run(folder.path(), &["export", "--play", "0", "run", "--step", "1100", "--out", "a"]).with_code(0);
    run(folder.path(), &["export", "--play", "0", "run/checkpoints/step_000001100", "--out", "b"]).with_code(0);
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    assert_eq!(files(&a), files(&b));
    for file in files(&a) {
        assert_eq!(fs::read(a.join(&file)).unwrap(), fs::read(b.join(&file)).unwrap(), "{file}");
    }
    let table = fs::read_to_string(a.join("eval.csv")).unwrap();
    let steps: Vec<_> = table.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(steps, ["400", "800"]);
    let readme = fs::read_to_string(a.join("README.md")).unwrap();
    assert!(readme.contains("at 800 steps, the last time before"), "{readme}");
    assert!(readme.contains("The run continued: at 1200 steps"), "{readme}");

    let unknown = run(folder.path(), &["export", "--play", "0", "run", "--step", "7", "--out", "c"]).with_code(2);
    assert!(
        unknown.err.contains("no checkpoint at 7 environment steps; available: 1000, 1100, 1200"),
        "{}",
        unknown.err
    );
    assert!(!folder.path().join("c").exists());
}

#[test]
fn training_does_not_go_on_from_an_export_and_leaves_it_alone() {
    let folder = copy_of_reference();
    run(folder.path(), &["export", "--play", "0", "run", "--out", "agent"]).with_code(0);
    let agent = folder.path().join("agent");
    let before: Vec<_> = files(&agent).into_iter().map(|file| (fs::read(agent.join(&file)).unwrap(), file)).collect();
    let refused = run(folder.path(), &["train", "--resume", "agent", "--steps", "5000"]).with_code(2);
    for part in ["cannot resume training from", "optimiser.safetensors", "replay.bin", "state.json", "exported from"] {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    let after: Vec<_> = files(&agent).into_iter().map(|file| (fs::read(agent.join(&file)).unwrap(), file)).collect();
    assert!(before == after, "{:?}", files(&agent));
}

#[test]
fn an_export_can_be_exported_again_and_what_fails_leaves_nothing() {
    let folder = copy_of_reference();
    run(folder.path(), &["export", "--play", "0", "run", "--out", "one"]).with_code(0);
    run(folder.path(), &["export", "--play", "0", "one", "--out", "two"]).with_code(0);
    assert_eq!(weights(&folder.path().join("one")), weights(&folder.path().join("two")));
    let newest = folder.path().join(format!("one/checkpoints/step_{STEPS:09}/weights.safetensors"));
    fs::write(&newest, b"other").unwrap();
    let damaged = run(folder.path(), &["export", "--play", "0", "one", "--out", "three"]).with_code(2);
    assert!(damaged.err.contains("weights.safetensors has 5 bytes"), "{}", damaged.err);
    assert!(!folder.path().join("three").exists());
    assert!(reference().join("run").exists());
}
