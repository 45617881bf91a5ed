//! The benchmark's output, but never its speed.

use bootstride_tests::skip::skip;

use crate::tool::{run, workplace};

const CASES: [&str; 5] = ["plan", "reanalyze", "update", "decision", "env"];

/// As small as it gets, so that the test takes no time.
const SMALLEST: [&str; 16] = [
    "--preset",
    "tiny",
    "--device",
    "cpu",
    "--repeats",
    "1",
    "--set",
    "planner.samples=24",
    "--set",
    "planner.elites=8",
    "--set",
    "model.mlp_dim=16",
    "--set",
    "training.batch=8",
    "--set",
    "algorithm.reanalyze_batch=2",
];

#[test]
fn every_case_is_an_object_with_positive_figures() {
    let folder = workplace();
    let report = run(folder.path(), &[&["bench", "--json"], &SMALLEST[..]].concat()).with_code(0).json();
    let rows = report.as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["case"].as_str().unwrap()).collect::<Vec<_>>(), CASES);
    for row in rows {
        assert_eq!((&row["preset"], &row["engine"], &row["device"]), (&"tiny".into(), &"fused".into(), &"cpu".into()));
        assert_eq!((&row["task"], &row["repeats"]), (&"cartpole-swingup".into(), &1.into()));
        assert_eq!(row["settings"][0], "planner.samples=24");
        assert!(row["threads"].as_u64().unwrap() > 0);
        let figure = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key} of {row}"));
        for key in ["median_ms", "min_ms", "max_ms", "sgemm_gflops"] {
            assert!(figure(key) > 0.0, "{key} of {row}");
        }
        assert!(row.get("launches").unwrap().is_null() && row.get("gpu_ms").unwrap().is_null(), "no GPU: {row}");
        assert!(figure("min_ms") <= figure("median_ms") && figure("median_ms") <= figure("max_ms"), "{row}");
        assert_eq!(row["control_steps_per_second"].is_f64(), row["case"] == "env", "{row}");
        if row["case"] == "env" {
            let (steps, factor) = (figure("control_steps_per_second"), figure("real_time_factor"));
            assert!((steps * figure("median_ms") / 2e3 - 1.0).abs() < 1e-9, "two control steps a decision: {row}");
            assert!((factor / steps - 0.01).abs() < 1e-9, "a control step of 10 ms: {row}");
            assert!(row["gflop"].is_null() && row["efficiency"].is_null(), "{row}");
        } else {
            let expected = figure("gflop") / figure("sgemm_gflops") / figure("median_ms") * 1e3;
            assert!((figure("efficiency") / expected - 1.0).abs() < 1e-6 && expected > 0.0, "{row}");
        }
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "a benchmark leaves nothing behind");
}

#[test]
fn one_case_is_a_table_of_one_row() {
    let folder = workplace();
    let done = run(folder.path(), &[&["bench", "plan"], &SMALLEST[..]].concat()).with_code(0);
    let rows: Vec<_> = done.out.lines().filter(|line| CASES.iter().any(|case| line.starts_with(case))).collect();
    assert!(matches!(rows[..], [row] if row.starts_with("plan ")), "{}", done.out);
    assert!(done.out.contains("preset tiny, planner.samples=24") && done.out.contains("efficiency"), "{}", done.out);
    // An algorithm without reanalyze has no such case.
    let arguments = ["bench", "--json", "--algorithm", "tdmpc2"];
    let report = run(folder.path(), &[&arguments[..], &SMALLEST[..]].concat()).with_code(0).json();
    assert_eq!(report.as_array().unwrap().len(), 4, "{report}");
}

#[test]
fn the_simulation_is_measured_for_every_task_or_the_one_named() {
    let folder = workplace();
    let arguments = ["bench", "env", "--repeats", "1", "--device", "cpu"];
    let report = run(folder.path(), &[&arguments[..], &["--json"]].concat()).with_code(0).json();
    let tasks = run(folder.path(), &["tasks", "--json"]).with_code(0).json();
    let names = |list: &serde_json::Value, key: &str| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&report, "task"), names(&tasks, "name"));
    assert!(report.as_array().unwrap().iter().all(|row| row["control_steps_per_second"].as_f64().unwrap() > 0.0));
    let one = run(folder.path(), &[&arguments[..], &["--task", "reacher-easy", "--json"]].concat()).with_code(0).json();
    assert_eq!(names(&one, "task"), ["reacher-easy"]);
    assert!(one[0].get("side_by_side").is_none(), "it was not asked for: {one}");
    let together = ["--task", "reacher-easy", "--side-by-side", "3", "--json"];
    let together = run(folder.path(), &[&arguments[..], &together].concat()).with_code(0).json();
    let found = &together[0]["side_by_side"];
    assert_eq!(found["environments"], 3);
    let figure = |value: &serde_json::Value| value.as_f64().unwrap();
    let ratio = figure(&found["control_steps_per_second"]) / figure(&together[0]["control_steps_per_second"]);
    assert!(ratio > 0.0 && (figure(&found["speed_up"]) / ratio - 1.0).abs() < 1e-9, "{together}");
}

#[test]
fn on_a_graphics_adapter_the_fused_engine_plans_in_few_launches_and_the_plain_one_in_many() {
    let folder = workplace();
    let report = run(folder.path(), &["doctor", "--json"]).with_code(0).json();
    if report["adapters"].as_array().unwrap().is_empty() {
        return skip("no wgpu adapter on this computer (Mesa's llvmpipe would do)");
    }
    let launches = |engine: &str| {
        let more = ["--device", "gpu", "--engine", engine, "--set", "planner.iterations=2", "--json"];
        // The last of two devices would be a usage error.
        let rest = SMALLEST.iter().filter(|word| !["--device", "cpu"].contains(word)).copied();
        let arguments: Vec<&str> = ["bench", "plan"].into_iter().chain(more).chain(rest).collect();
        let report = run(folder.path(), &arguments).with_code(0).json();
        report[0]["launches"].as_f64().unwrap_or_else(|| panic!("launches of {report}"))
    };
    let (fused, plain) = (launches("fused"), launches("plain"));
    // What Burn adds of its own would be seen here too.
    assert!((4.0..=8.0 + 3.0 * 2.0).contains(&fused), "{fused}");
    assert!(plain > 5.0 * fused, "{plain} and {fused}");
}

#[test]
fn a_full_buffer_is_held_once_also_while_it_is_saved_and_resumed() {
    let folder = workplace();
    let arguments = ["bench", "memory", "--json", "--set", "training.buffer_capacity=60000"];
    let report = run(folder.path(), &[&arguments[..], &SMALLEST[..]].concat()).with_code(0).json();
    let [row] = report.as_array().unwrap().as_slice() else { panic!("one row: {report}") };
    assert_eq!((&row["case"], &row["transitions"]), (&"memory".into(), &60_000.into()));
    let figure = |row: &serde_json::Value, key: &str| row[key].as_f64();
    let buffer = figure(row, "replay_mb").unwrap();
    assert!((80.0..82.0).contains(&buffer), "1,360 bytes a transition: {row}");
    let stages = row["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 5, "{row}");
    let Some(before) = figure(&stages[2], "peak_mb") else {
        assert_ne!(std::env::consts::OS, "linux", "{row}");
        return skip("on this system the memory of a process is not read");
    };
    let peak = figure(row, "peak_mb").unwrap();
    assert!(peak > buffer && peak < before + buffer * 0.75, "a copy of the buffer would take {buffer} MB more: {row}");
}

#[test]
fn the_lab_is_measured_by_what_it_takes_from_training_and_its_frames_stay_short() {
    let folder = workplace();
    let report = run(folder.path(), &[&["bench", "lab", "--json"], &SMALLEST[..]].concat()).with_code(0).json();
    let rows = report.as_array().unwrap();
    let looks: Vec<_> = rows.iter().map(|row| row["look"].as_str().unwrap()).collect();
    assert_eq!(looks[..3], ["no lab", "nobody looks", "traces closed"]);
    assert_eq!(looks[3..], ["Train", "One decision", "Values", "everything open"]);
    for row in rows {
        assert_eq!((&row["task"], &row["repeats"]), (&"walker-walk".into(), &1.into()));
        let figure = |key: &str| row[key].as_f64();
        assert!(figure("decisions_per_second").unwrap() > 0.0 && figure("of_training_alone").unwrap() > 0.0, "{row}");
        let drawn = !["no lab", "nobody looks"].contains(&row["look"].as_str().unwrap());
        assert_eq!(figure("frame_cpu_ms").is_some(), drawn, "{row}");
        // CPU time: other processes are not in it.
        assert!(figure("frame_cpu_ms").is_none_or(|ms| ms > 0.0 && ms < 8.0), "a frame takes too long: {row}");
        let taken_apart = drawn && row["look"] != "traces closed";
        assert_eq!(figure("anatomies_per_second").unwrap() > 0.0, taken_apart, "{row}");
    }
    assert_eq!(rows[0]["of_training_alone"], 1.0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "it leaves nothing behind");
}
