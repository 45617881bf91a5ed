//! Help, lists, configuration and exit codes.

use std::fs;

use bootstride_session::archive::pack;
use bootstride_tests::skip::skip;

use crate::tool::{Done, bootstride, copy_of_reference, run, workplace};

const COMMANDS: [&str; 12] =
    ["train", "eval", "export", "film", "tasks", "body", "presets", "import", "bench", "doctor", "completions", "man"];

#[test]
fn help_teaches() {
    let folder = workplace();
    let top = run(folder.path(), &["--help"]).with_code(0).out;
    assert!(top.contains("Open the lab, ") && top.contains("how it works:\n  bootstride\n"), "{top}");
    for command in COMMANDS {
        assert!(top.contains(&format!("  {command} ")), "{command} is not in\n{top}");
        let help = run(folder.path(), &[command, "--help"]).with_code(0).out;
        assert!(help.contains("Examples:\n  bootstride ") && help.contains(&format!("bootstride {command}")), "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 120), "{help}");
    }
    assert!(run(folder.path(), &["--version"]).with_code(0).out.starts_with("bootstride 0."));
}

#[test]
fn the_lab_without_a_display_says_what_is_missing_and_what_works_without() {
    let folder = workplace();
    let mut lab = bootstride(folder.path(), &[]);
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        lab.env_remove(variable);
    }
    if !cfg!(all(unix, not(target_os = "macos"))) {
        return skip("on this system a window needs no variable");
    }
    let done = Done::from(lab.output().unwrap()).with_code(1);
    assert_eq!(done.out, "");
    for word in ["error: the lab could not open a window", "DISPLAY", "bootstride train --help"] {
        assert!(done.err.contains(word), "it does not say `{word}`: {}", done.err);
    }
    assert!(!done.err.contains("panicked"), "{}", done.err);
}

#[test]
fn the_lab_opens_an_archive_of_a_run_by_unpacking_it_and_nothing_else() {
    let folder = copy_of_reference();
    let lab = |file: &str| {
        let mut lab = bootstride(folder.path(), &["lab", file]);
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            lab.env_remove(variable);
        }
        Done::from(lab.output().unwrap())
    };
    let packed = pack(&folder.path().join("run")).unwrap();
    fs::write(folder.path().join("half.tar"), &packed[..packed.len() / 2]).unwrap();
    let refused = lab("half.tar").with_code(2);
    assert!(refused.err.contains("half.tar: not a run archive"), "{}", refused.err);
    assert!(!folder.path().join("runs").exists());
    if !cfg!(all(unix, not(target_os = "macos"))) {
        return skip("on this system a window needs no variable");
    }
    fs::write(folder.path().join("whole.tar"), &packed).unwrap();
    let opened = lab("whole.tar").with_code(1);
    assert!(opened.err.contains("unpacked to runs/run"), "{}", opened.err);
    run(folder.path(), &["eval", "runs/run", "--episodes", "1", "--policy", "network"]).with_code(0);
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_wrong() {
    let folder = workplace();
    fs::write(folder.path().join("wrong.toml"), "[planner]\nsampels = 3\n").unwrap();
    fs::write(folder.path().join("broken.toml"), "[planner\n").unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (&["fly"], &["unrecognized subcommand", "fly"]),
        (&["train"], &["<TASK>"]),
        (&["train", "cartpole-swingpu"], &["cartpole-swingpu", "cartpole-swingup", "bootstride tasks"]),
        (&["train", "cartpole-swingup", "--preset", "tinny"], &["tinny", "`tiny`", "paper, small, tiny"]),
        (&["train", "cartpole-swingup", "--algorithm", "bmcp"], &["bmcp", "`bmpc`"]),
        (&["train", "cartpole-swingup", "--set", "planner.sampels=3"], &["planner.sampels", "3", "`planner.samples`"]),
        (&["train", "cartpole-swingup", "--set", "planner.samples=-3"], &["planner.samples", "-3", "1 to 65536"]),
        (&["train", "cartpole-swingup", "--set", "nonsense"], &["nonsense", "key=value"]),
        (&["train", "cartpole-swingup", "--config", "wrong.toml"], &["wrong.toml", "sampels", "`planner.samples`"]),
        (&["train", "cartpole-swingup", "--config", "broken.toml"], &["broken.toml", "line 1"]),
        (&["train", "cartpole-swingup", "--config", "none.toml"], &["none.toml", "No such file"]),
        (&["train", "cartpole-swingup", "--device", "cuda"], &["cuda", "auto", "cpu", "gpu:N"]),
        (&["train", "cartpole-swingup", "--device", "gpu:99"], &["gpu:99", "cpu"]),
        (&["train", "cartpole-swingup", "--steps", "0"], &["run.steps", "0"]),
        (&["train", "--resume", "nowhere"], &["nowhere", "no run"]),
        (&["train", "--resume", "nowhere", "--seed", "3"], &["--seed", "--resume"]),
        (&["train", "--body", "none.json"], &["none.json", "No such file"]),
        (&["train", "--body", "tiny.toml"], &["tiny.toml: $", "expected value"]),
        (&["train", "cartpole-swingup", "--body", "none.json"], &["--body", "cannot be used"]),
        (&["train", "body"], &["custom body", "--body FILE"]),
        (&["body", "unicorn"], &["unicorn", "acrobot", "walker", ".json"]),
        (&["body", "none.json"], &["none.json", "No such file"]),
        (&["eval"], &["RUN_OR_CHECKPOINT"]),
        (&["eval", "nowhere"], &["nowhere"]),
        (&["eval", "nowhere", "--policy", "coin"], &["coin", "planner", "network", "both"]),
        (&["eval", "nowhere", "--episodes", "0"], &["0", "1..=1000"]),
        (&["presets", "huge"], &["huge", "paper", "bmpc"]),
        (&["import", "none.pt", "agent"], &["none.pt"]),
        (&["import", "tiny.toml", "agent"], &["tiny.toml", "PyTorch"]),
        (&["bench", "dream"], &["dream", "plan", "reanalyze", "all"]),
        (&["bench", "--preset", "tinny"], &["tinny", "`tiny`"]),
        (&["bench", "--task", "cartpole-swingpu"], &["cartpole-swingup", "bootstride tasks"]),
        (&["bench", "--engine", "steam"], &["steam", "plain"]),
        (&["bench", "--repeats", "0"], &["0", "1..=1000"]),
        (&["bench", "plan", "--minutes", "5"], &["--minutes", "bench lab"]),
        (&["bench", "reanalyze", "--algorithm", "tdmpc2"], &["reanalyze_interval", "tdmpc2"]),
        (&["doctor", "--device", "gpu:99"], &["gpu:99"]),
    ];
    for (arguments, words) in cases {
        let done = run(folder.path(), arguments).with_code(2);
        assert_eq!(done.out, "", "{arguments:?}");
        assert!(done.err.contains("error: "), "{arguments:?}: {}", done.err);
        for word in *words {
            assert!(done.err.contains(word), "{arguments:?} does not say `{word}`: {}", done.err);
        }
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "a refused command leaves nothing behind: {left:?}");
}

#[test]
fn tasks_are_an_array_of_objects() {
    let folder = workplace();
    let tasks = run(folder.path(), &["tasks", "--json"]).with_code(0).json();
    let tasks = tasks.as_array().unwrap();
    let text = run(folder.path(), &["tasks"]).with_code(0).out;
    for task in tasks {
        assert!(text.contains(task["name"].as_str().unwrap()));
        assert!(task["observation_size"].as_u64().unwrap() > 0 && task["action_size"].as_u64().unwrap() > 0);
        assert!(task["control_timestep"].as_f64().unwrap() > 0.0);
        assert_eq!(task["episode_control_steps"], 1000);
        assert!(!task["description"].as_str().unwrap().is_empty());
    }
    let cartpole = tasks.iter().find(|task| task["name"] == "cartpole-swingup").unwrap();
    assert_eq!((&cartpole["observation_size"], &cartpole["action_size"]), (&5.into(), &1.into()));
}

#[test]
fn presets_print_as_toml_and_as_json() {
    let folder = workplace();
    let all = run(folder.path(), &["presets", "--json"]).with_code(0).json();
    let names: Vec<_> = all.as_array().unwrap().iter().map(|preset| preset["name"].as_str().unwrap()).collect();
    for name in ["paper", "small", "tiny", "bmpc", "tdmpc2", "variant1", "variant2", "variant3"] {
        assert!(names.contains(&name), "{name} is missing from {names:?}");
    }
    let tiny = run(folder.path(), &["presets", "tiny"]).with_code(0).out;
    let table: toml::Table = tiny.parse().unwrap();
    let json = run(folder.path(), &["presets", "tiny", "--json"]).with_code(0).json();
    assert_eq!(json["settings"]["model"]["latent_dim"].as_i64(), table["model"]["latent_dim"].as_integer());
}

#[test]
fn a_dry_run_prints_a_configuration_that_gives_itself() {
    let folder = workplace();
    let arguments = ["train", "cartpole-balance", "--config", "tiny.toml", "--algorithm", "tdmpc2", "--seed", "7"];
    let more = ["--set", "planner.horizon=4", "--steps", "5000", "--set", "run.steps=1", "--dry-run"];
    let first = run(folder.path(), &[&arguments[..], &more[..]].concat()).with_code(0).out;
    fs::write(folder.path().join("printed.toml"), &first).unwrap();
    let again = run(folder.path(), &["train", "--config", "printed.toml", "--dry-run"]).with_code(0).out;
    assert_eq!(first, again);

    let config: toml::Table = first.parse().unwrap();
    assert_eq!(config["task"]["name"].as_str(), Some("cartpole-balance"));
    assert_eq!(config["algorithm"]["name"].as_str(), Some("tdmpc2"));
    assert_eq!(config["planner"]["horizon"].as_integer(), Some(4), "a setting lies on top of file and presets");
    assert_eq!(config["run"]["steps"].as_integer(), Some(5000), "a flag lies on top of settings");
    assert_eq!(config["run"]["seed"].as_integer(), Some(7));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing but the two files of this test");
}

#[test]
fn every_algorithm_resolves_at_every_size() {
    let folder = workplace();
    for preset in ["paper", "small", "tiny"] {
        for algorithm in ["bmpc", "tdmpc2", "variant1", "variant2", "variant3"] {
            let arguments = ["train", "reacher-easy", "--preset", preset, "--algorithm", algorithm, "--dry-run"];
            let done = run(folder.path(), &[&arguments[..], &["--device", "cpu"]].concat()).with_code(0);
            assert!(done.out.contains(&format!("name = \"{algorithm}\"")), "{}", done.out);
        }
    }
}

#[test]
fn doctor_reports_this_machine() {
    let folder = workplace();
    let report = run(folder.path(), &["doctor", "--json"]).with_code(0).json();
    assert!(report["cpu"]["threads"].as_u64().unwrap() > 0);
    assert_eq!(report["checks"][0]["device"], "cpu");
    assert_eq!(report["checks"][0]["passed"], true);
    let adapters = report["adapters"].as_array().unwrap();
    let hardware = adapters.iter().any(|adapter| adapter["kind"] != "software");
    assert_eq!(report["auto"]["device"] == "cpu", !hardware, "a software adapter is never picked: {report}");
    let text = run(folder.path(), &["doctor"]).with_code(0).out;
    let engines = &report["engines"][0];
    assert_eq!(engines["device"], "cpu");
    assert!(engines["auto"].as_str().unwrap().starts_with("fused for the CPU: "), "{engines}");
    assert_eq!(engines["forced"][0]["setting"], "run.engine=plain");
    assert!(report["compute"]["threads"].as_u64().unwrap() > 0 && report["compute"]["instructions"].is_string());
    assert!(text.contains("cpu: auto uses fused") && text.contains("--set run.engine=plain uses plain"), "{text}");
    assert!(text.contains("auto ") && text.contains("matrix product correct"), "{text}");
    if !adapters.is_empty() {
        let checked = run(folder.path(), &["doctor", "--json", "--device", "gpu:0"]).with_code(0).json();
        assert_eq!(checked["checks"][1]["passed"], true, "{checked}");
    }
}
