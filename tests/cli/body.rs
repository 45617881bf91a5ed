//! Bodies: their summary, and training a custom one.

use std::fs;
use std::path::Path;

use crate::tool::{checkpoints, run, workplace};

const SCAMP: &str = include_str!("../../assets/bodies/examples/scamp.json");

/// A folder with `tiny.toml` and the example creature.
fn workshop() -> tempfile::TempDir {
    let folder = workplace();
    fs::write(folder.path().join("scamp.json"), SCAMP).unwrap();
    folder
}

const TRAIN: [&str; 7] = ["train", "--body", "scamp.json", "--config", "tiny.toml", "--out", "run"];

/// The parts of the newest checkpoint, and the records.
fn remains(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let checkpoint = checkpoints(folder).pop().unwrap();
    let parts = ["weights.safetensors", "replay.bin", "environment.bin", "state.json", "body.json"];
    let records = ["metrics.csv", "eval.csv", "config.toml", "body.json"];
    let paths = parts.iter().map(|part| checkpoint.join(part)).chain(records.map(|name| folder.join("run").join(name)));
    paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).map(short).collect()
}

fn short((path, bytes): (String, Vec<u8>)) -> (String, Vec<u8>) {
    (path.rsplit('/').next().unwrap().to_owned(), bytes)
}

#[test]
fn every_body_has_a_summary() {
    let folder = workshop();
    let names = run(folder.path(), &["body", "--json"]).with_code(0).json();
    for name in names.as_array().unwrap().iter().map(|name| name.as_str().unwrap()) {
        let text = run(folder.path(), &["body", name]).with_code(0).out;
        let report = run(folder.path(), &["body", name, "--json"]).with_code(0).json();
        assert!(text.starts_with(&format!("{name}: ")) && text.contains("\nworld\n"), "{text}");
        for link in report["links"].as_array().unwrap() {
            assert!(text.contains(&format!("─ {}  ", link["name"].as_str().unwrap())), "{link} is not in\n{text}");
        }
        assert!(report["mass"].as_f64().unwrap() > 0.0 && report["degrees_of_freedom"].as_u64().unwrap() > 0);
    }
    let humanoid = run(folder.path(), &["body", "humanoid", "--json"]).with_code(0).json();
    assert_eq!((&humanoid["degrees_of_freedom"], &humanoid["positions"]), (&27.into(), &28.into()));
    let printed = run(folder.path(), &["body", "hopper", "--print"]).with_code(0).out;
    fs::write(folder.path().join("mine.json"), printed).unwrap();
    let own = run(folder.path(), &["body", "mine.json"]).with_code(0).out;
    assert_eq!(own, run(folder.path(), &["body", "hopper"]).with_code(0).out);
}

#[test]
fn an_own_body_trains_stops_resumes_and_is_evaluated() {
    let folder = workshop();
    let report = run(folder.path(), &["body", "scamp.json"]).with_code(0).out;
    assert!(report.contains("8.0 kg") || report.contains("8 kg"), "{report}");
    run(folder.path(), &TRAIN).with_code(0);
    let whole = remains(folder.path());

    let other = workshop();
    run(other.path(), &[&TRAIN[..], &["--steps", "700"]].concat()).with_code(0);
    // The run goes on from its own copy, whatever becomes of the file.
    fs::remove_file(other.path().join("scamp.json")).unwrap();
    run(other.path(), &["train", "--resume", "run", "--steps", "1200"]).with_code(0);
    let resumed = remains(other.path());
    for ((name, one), (_, two)) in whole.iter().zip(&resumed) {
        // The shorter run evaluated at its own end too.
        assert!(name == "eval.csv" || one == two, "{name} differs");
    }
    assert!(resumed.iter().any(|(name, bytes)| name == "body.json" && bytes == SCAMP.as_bytes()));
    let config = fs::read_to_string(other.path().join("run/config.toml")).unwrap();
    assert!(config.contains("name = \"body\"") && !config.contains("torso"), "{config}");

    let report = run(other.path(), &["eval", "run", "--episodes", "2", "--json"]).with_code(0).json();
    assert_eq!(report["task"], "scamp");
    let mean = report["planner"]["mean"].as_f64().unwrap();
    assert!(mean > 0.0 && mean < 1000.0, "{report}");

    // Another body under the same name is not the one that learned.
    let copy = other.path().join("run/body.json");
    fs::write(&copy, SCAMP.replace("\"speed\": 2", "\"speed\": 3")).unwrap();
    let refused = run(other.path(), &["train", "--resume", "run", "--steps", "1300"]).with_code(2);
    assert!(refused.err.contains("body.json is not the body"), "{}", refused.err);
    fs::remove_file(copy).unwrap();
    let lost = run(other.path(), &["eval", "run"]).with_code(2);
    assert!(lost.err.contains("body.json"), "{}", lost.err);
}

#[test]
fn a_wrong_body_is_refused_with_the_place_and_leaves_nothing_behind() {
    let folder = workshop();
    for (from, to, words) in [
        ("\"mass\": 4,", "\"mass\": -4,", ["wrong.json: $.links[0].mass", "-4"]),
        ("\"joint\": \"back_hip\"", "\"joint\": \"hip\"", ["$.actuators[0].joint", "back_hip"]),
        ("\"speed\": 2", "\"sped\": 2", ["$.task.forward.sped", "`speed`"]),
        ("\"task\": {", "\"tusk\": {", ["unknown field `tusk`", "`task`"]),
    ] {
        fs::write(folder.path().join("wrong.json"), SCAMP.replacen(from, to, 1)).unwrap();
        let done = run(folder.path(), &["train", "--body", "wrong.json", "--config", "tiny.toml"]).with_code(2);
        assert!(words.iter().all(|word| done.err.contains(word)), "{}", done.err);
        assert!(!done.err.contains("panicked"), "{}", done.err);
    }
    let hopper = run(folder.path(), &["body", "hopper", "--print"]).with_code(0).out;
    fs::write(folder.path().join("hopper.json"), hopper).unwrap();
    let done = run(folder.path(), &["train", "--body", "hopper.json"]).with_code(2);
    assert!(done.err.contains("hopper.json: $.task: found none"), "{}", done.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing but the files of this test");
}
