//! Case `small-words`: inaccurate or rough messages.

use std::fs;
#[cfg(target_os = "linux")]
use std::process::Command;

#[cfg(target_os = "linux")]
use crate::tool::{Done, bootstride};
use crate::tool::{checkpoints, copy_of_reference, run, workplace};

#[cfg(target_os = "linux")]
#[test]
fn small_words_a_full_standard_output_is_told_apart_from_the_run() {
    let folder = copy_of_reference();
    let full = |arguments: &str| {
        let program = bootstride(folder.path(), &[]).get_program().to_owned();
        let script = format!("exec \"$0\" {arguments} > /dev/full");
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).arg(program).current_dir(folder.path());
        Done::from(shell.output().unwrap())
    };
    let train = full("train cartpole-swingup --config tiny.toml --steps 320 --out new").with_code(1);
    let last = train.err.lines().last().unwrap();
    assert!(last.contains("the run is saved in new; only standard output could not be written"), "{}", train.err);
    assert!(folder.path().join("new/checkpoints/step_000000320").exists());
    let export = full("export --play 0 run --out out").with_code(1);
    assert!(export.err.contains("exported to out; only standard output"), "{}", export.err);
    let tasks = full("tasks").with_code(1);
    assert!(tasks.err.contains("error: standard output could not be written: No space left"), "{}", tasks.err);
}

#[test]
fn small_words_counts_are_understood_wherever_they_are() {
    let folder = workplace();
    let steps = |arguments: &[&str]| {
        let dry = run(folder.path(), &[&["train", "cartpole-swingup", "--dry-run"], arguments].concat()).with_code(0);
        dry.out.parse::<toml::Table>().unwrap()["run"]["steps"].as_integer().unwrap()
    };
    for text in ["100000", "1e5", "100_000", "100k", "0.1M"] {
        assert_eq!(steps(&["--steps", text]), 100_000, "{text}");
        assert_eq!(steps(&["--set", &format!("run.steps={text}")]), 100_000, "{text}");
    }
    assert_eq!(steps(&["--steps", "1.5M"]), 1_500_000);
    for (text, why) in [("0.5", "not a whole number"), ("1e400", "too large"), ("-5", "below 0"), ("many", "40k")] {
        let done = run(folder.path(), &["train", "cartpole-swingup", "--steps", text]).with_code(2);
        assert!(done.err.contains(why) && done.err.contains("--steps") && done.err.contains(text), "{}", done.err);
    }
    let cases: [(&[&str], &str); 4] = [
        (&["eval", "nowhere", "--episodes", "2k"], "2000 is not in 1..=1000"),
        (&["eval", "nowhere", "--episodes", "-1"], "below 0"),
        (&["export", "nowhere", "--step", "1.5"], "not a whole number"),
        (&["bench", "plan", "--repeats", "1e9"], "1..=1000"),
    ];
    for (arguments, why) in cases {
        let done = run(folder.path(), arguments).with_code(2);
        assert!(done.err.contains(why), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn small_words_a_wrong_seed_is_told_with_what_is_allowed() {
    let folder = workplace();
    for command in [&["train", "cartpole-swingup"][..], &["eval", "nowhere"]] {
        let done = run(folder.path(), &[command, &["--seed", "-1"]].concat()).with_code(2);
        assert!(done.err.contains("--seed") && done.err.contains("0..=9223372036854775807"), "{}", done.err);
        assert!(!done.err.contains("unexpected argument"), "{}", done.err);
    }
}

#[test]
fn small_words_bounds_are_told_and_numbers_are_short() {
    let folder = workplace();
    for (setting, parts) in [
        ("planner.temperature=1e40", ["= 1e40 ", "to 3.4e38"]),
        ("planner.temperature=1e-300", ["= 1e-300 ", "at least 1e-45"]),
        ("training.rho=1e-60", ["= 1e-60 ", "a number above 0 to 1"]),
    ] {
        let done = run(folder.path(), &["train", "cartpole-swingup", "--set", setting]).with_code(2);
        for part in parts {
            assert!(done.err.contains(part), "{setting} does not say `{part}`: {}", done.err);
        }
        assert!(!done.err.contains("00000"), "{}", done.err);
    }
}

#[test]
fn small_words_a_damaged_checkpoint_is_told_with_a_colon() {
    let folder = copy_of_reference();
    let newest = checkpoints(folder.path()).pop().unwrap();
    fs::remove_file(newest.join("checksums.json")).unwrap();
    let done = run(folder.path(), &["eval", "run", "--policy", "network", "--episodes", "1"]).with_code(0);
    assert!(done.err.contains("warning: skipped "), "{}", done.err);
    assert!(done.err.contains("step_000001200: checksums.json is missing"), "{}", done.err);
}

#[test]
fn small_words_a_file_in_place_of_a_folder_is_called_a_file() {
    let folder = copy_of_reference();
    fs::write(folder.path().join("some-file"), "text").unwrap();
    let cases: [&[&str]; 5] = [
        &["eval", "some-file"],
        &["eval", "run/config.toml"],
        &["eval", "run/checkpoints/step_000001200/weights.safetensors"],
        &["export", "some-file"],
        &["train", "--resume", "some-file"],
    ];
    for arguments in cases {
        let done = run(folder.path(), arguments).with_code(2);
        let file = arguments.last().unwrap();
        assert!(done.err.contains(&format!("{file} is a file; expected the folder of a run")), "{}", done.err);
    }
}

#[test]
fn small_words_only_near_names_are_suggested() {
    let folder = workplace();
    let refused = |arguments: &[&str]| run(folder.path(), arguments).with_code(2).err;
    let far = refused(&["train", "nosuch"]);
    assert!(far.contains("no task is called `nosuch`") && !far.contains("nearest"), "{far}");
    assert!(refused(&["train", "wlaker-walk"]).contains("the nearest is `walker-walk`"));
    let preset = refused(&["train", "walker-walk", "--preset", "enormous"]);
    assert!(preset.contains("paper, small, tiny") && !preset.contains("nearest"), "{preset}");
    let key = refused(&["train", "walker-walk", "--set", "zzz.qqq=1"]);
    assert!(key.contains("unknown key `zzz.qqq`") && !key.contains("nearest"), "{key}");
    let word = refused(&["train", "walker-walk", "--set", "algorithm.guide=xylophone"]);
    assert!(word.contains("max-q, imitation, both") && !word.contains("nearest"), "{word}");
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let folder = workplace();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(folder.path(), &["completions", shell]).with_code(0).out;
        assert!(script.contains("bootstride") && script.contains("resume"), "{shell}: {script}");
    }
    assert!(run(folder.path(), &["man"]).with_code(0).out.contains(".TH bootstride"));
    let page = run(folder.path(), &["man", "train"]).with_code(0).out;
    assert!(page.contains(".TH bootstride-train") && page.contains("resume"), "{page}");
    let wrong = run(folder.path(), &["man", "fly"]).with_code(2);
    assert!(wrong.err.contains("unknown command `fly`") && wrong.err.contains("train"), "{}", wrong.err);
}
