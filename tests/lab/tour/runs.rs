//! Run folders as the lab reads them.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use bootstride_core::config::{Config, Layers};
use bootstride_core::run::{Manifest, RunFolder};
use bootstride_core::train::{Evaluation, Event, Parts};
use bootstride_lab::runs::{known_runs, read_run};

/// Configuration of a short run.
fn config(seed: u64) -> Config {
    let layers = Layers::new().size_preset("tiny").unwrap().set("task.name=pendulum-swingup").unwrap();
    layers.set(&format!("run.seed={seed}")).unwrap().resolve().unwrap()
}

/// A run with these evaluations, written as training writes it; with a checkpoint at step 2000.
pub fn write_run(path: &Path, seed: u64, evaluations: &[(usize, [f32; 2], [f32; 2])]) {
    let config = config(seed);
    let manifest = Manifest::new(&config, "tiny", "cpu", SystemTime::UNIX_EPOCH, ["bootstride".to_owned()]);
    let mut folder = RunFolder::create(path, &config, &manifest).unwrap();
    for (env_step, planner, network) in evaluations {
        let metrics = vec![("value_loss".to_owned(), 0.5), ("odd".to_owned(), f32::NAN)];
        folder.record(&Event::Update { env_step: *env_step, update: *env_step, metrics }).unwrap();
        folder
            .record(&Event::EpisodeEnd {
                env_step: *env_step,
                episode: 1,
                episode_return: planner[0] - 1.0,
                decisions: 500,
                terminated: false,
            })
            .unwrap();
        let evaluation = Evaluation { env_step: *env_step, planner: planner.to_vec(), network: network.to_vec() };
        folder.record(&Event::Evaluation(evaluation)).unwrap();
        if *env_step == 2000 {
            let mut parts = Parts::default();
            parts.insert("weights.safetensors", vec![1, 2, 3]);
            folder.save(2000, parts).unwrap();
        }
    }
}

const CURVE: [(usize, [f32; 2], [f32; 2]); 3] =
    [(1000, [10.0, 20.0], [5.0, 5.0]), (2000, [300.0, 500.0], [100.0, 200.0]), (3000, [700.0, 800.0], [600.0, 700.0])];

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_run_is_read_as_it_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("bmpc-seed4");
    write_run(&run, 4, &CURVE);
    let read = read_run(&text(&run)).unwrap();
    assert_eq!(
        (read.name.as_str(), read.task.as_str(), read.algorithm.as_str(), read.size.as_str(), read.seed),
        ("bmpc-seed4", "pendulum-swingup", "bmpc", "tiny", 4)
    );
    let evaluations: Vec<_> =
        read.evaluations.iter().map(|e| (e.env_step, e.planner.clone(), e.network.clone())).collect();
    let expected: Vec<_> = CURVE.iter().map(|(step, p, n)| (*step, p.to_vec(), n.to_vec())).collect();
    assert_eq!(evaluations, expected);
    assert_eq!(read.episodes, [(1000, 9.0), (2000, 299.0), (3000, 699.0)]);
}

#[test]
fn of_a_checkpoint_only_what_came_before_counts() {
    let folder = tempfile::tempdir().unwrap();
    write_run(&folder.path().join("r"), 4, &CURVE);
    let checkpoint = folder.path().join("r/checkpoints/step_000002000");
    let read = read_run(&text(&checkpoint)).unwrap();
    assert_eq!((read.checkpoint, read.evaluations.len(), read.episodes.len()), (Some(2000), 2, 2));
    assert_eq!((read.name.as_str(), read.folder), ("r, step 2000", text(&checkpoint)));
    let copy = folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(checkpoint.join("checksums.json"), copy.join("checksums.json")).unwrap();
    assert!(read_run(&text(&copy)).unwrap_err().contains("checkpoint outside its run"));
}

#[test]
fn without_its_events_a_run_still_has_its_table() {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), 1, &CURVE);
    fs::remove_file(folder.path().join("metrics.jsonl")).unwrap();
    let read = read_run(&text(folder.path())).unwrap();
    let means: Vec<_> = read.evaluations.iter().map(|e| (e.planner[0], e.network[0])).collect();
    assert_eq!(means, [(15.0, 5.0), (400.0, 150.0), (750.0, 650.0)]);
}

#[test]
fn what_is_wrong_with_a_folder_is_told_with_its_place() {
    type Spoil = fn(&Path);
    let cases: [(Spoil, &[&str]); 6] = [
        (|run| fs::remove_file(run.join("manifest.json")).unwrap(), &["holds no run", "manifest.json"]),
        (|run| fs::remove_file(run.join("config.toml")).unwrap(), &["holds no run", "config.toml"]),
        (
            |run| fs::write(run.join("config.toml"), "[planner]\nsampels = 3\n").unwrap(),
            &["sampels", "planner.samples"],
        ),
        (
            |run| {
                let file = run.join("metrics.jsonl");
                let spoiled = fs::read_to_string(&file).unwrap().replacen("evaluation", "evolution", 1);
                fs::write(file, spoiled).unwrap();
            },
            &["metrics.jsonl is damaged: line 3", "evolution"],
        ),
        (
            |run| {
                fs::remove_file(run.join("metrics.jsonl")).unwrap();
                let table = fs::read_to_string(run.join("eval.csv")).unwrap().replace("400.0", "forty");
                fs::write(run.join("eval.csv"), table).unwrap();
            },
            &["eval.csv is damaged in line 3", "planner_mean", "forty"],
        ),
        (
            |run| {
                fs::remove_file(run.join("metrics.jsonl")).unwrap();
                fs::write(run.join("eval.csv"), "step,return\n1,2\n").unwrap();
            },
            &["eval.csv is damaged", "no column env_step"],
        ),
    ];
    for (spoil, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        write_run(folder.path(), 1, &CURVE);
        spoil(folder.path());
        let error = read_run(&text(folder.path())).unwrap_err();
        assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
    }
    assert!(read_run("no/such/run").unwrap_err().contains("no/such/run is not a folder"));
}

#[test]
fn a_line_that_is_still_being_written_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), 1, &CURVE);
    let file = folder.path().join("metrics.jsonl");
    let begun = fs::read_to_string(&file).unwrap() + r#"{"event":"evaluation","env_st"#;
    fs::write(&file, begun).unwrap();
    assert_eq!(read_run(&text(folder.path())).unwrap().evaluations.len(), 3);
}

#[test]
fn runs_are_found_where_they_lie_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = |run: &Path, started: &str| {
        let file = run.join("manifest.json");
        let text = fs::read_to_string(&file).unwrap().replace("1970-01-01T00:00:00Z", started);
        fs::write(file, text).unwrap();
    };
    for (name, started) in [("pendulum/a", "2026-01-01T00:00:00Z"), ("pendulum/b", "2026-02-01T00:00:00Z")] {
        write_run(&folder.path().join(name), 2, &CURVE);
        manifest(&folder.path().join(name), started);
    }
    fs::create_dir(folder.path().join("pendulum/none")).unwrap();
    let found = known_runs(folder.path());
    assert_eq!(found.len(), 2);
    assert!(found[0].folder.ends_with('b') && found[1].folder.ends_with('a'), "{found:?}");
    assert_eq!((found[0].task.as_str(), found[0].algorithm.as_str()), ("pendulum-swingup", "bmpc"));
    assert_eq!((found[0].env_step, found[0].last_return, found[0].seed), (Some(2000), Some(750.0), 2));
    assert_eq!(known_runs(Path::new("no/such/folder")), []);
}
