//! The examples of the library, run as programs with their default arguments: each ends well and prints something true.
//! `cargo test` builds them.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot go on should stop; it runs natively"
)]

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs an example; returns what it prints.
fn run(name: &str, arguments: &[&str]) -> String {
    // This test is in TARGET/debug/deps, examples are in TARGET/debug/examples.
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().with_file_name("examples").join(format!("{name}{EXE_SUFFIX}"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"));
    let age = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    assert!(
        age(&program) >= age(&source),
        "{} is not built: run all tests, or `cargo build --workspace --examples`",
        program.display()
    );
    let output = Command::new(&program).args(arguments).output().unwrap();
    let decoded = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (printed, errors) = (decoded(output.stdout), decoded(output.stderr));
    assert!(output.status.success(), "{name} failed: {errors}");
    assert!(!printed.contains("NaN") && !printed.contains("inf "), "{name} printed\n{printed}");
    printed
}

/// The numbers in a text.
fn numbers(text: &str) -> Vec<f64> {
    let words = text.split(|c: char| !c.is_ascii_digit() && !"+-.e".contains(c));
    words.filter_map(|word| word.trim_end_matches('.').parse().ok()).collect()
}

/// What follows `start` in each line that has it, up to `end`.
fn parts<'a>(printed: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    let rest = printed.lines().filter_map(|line| line.split_once(start).map(|(_, rest)| rest));
    rest.map(|rest| rest.split_once(end).map_or(rest, |(part, _)| part)).collect()
}

fn assert_actions(actions: &[f64], count: usize) {
    assert_eq!(actions.len(), count);
    assert!(actions.iter().all(|action| (-1.0..=1.0).contains(action)), "{actions:?}");
}

#[test]
fn plan_once_prints_a_plan() {
    for (task, size) in [("cartpole-swingup", 1), ("walker-walk", 6)] {
        let printed = run("plan_once", &[task]);
        assert_eq!(parts(&printed, "iteration ", ":").len(), 4, "{printed}");
        assert_actions(&numbers(parts(&printed, "action [", "]")[0]), size);
        let predicted = numbers(parts(&printed, "predicted return ", "\n").last().unwrap());
        assert!(predicted.iter().all(|value| value.is_finite()) && predicted.len() == 2, "{printed}");
        let reward = numbers(parts(&printed, "reward ", "\n")[0]);
        assert!((0.0..=2.0).contains(&reward[0]), "two control steps are rewarded with at most 2: {printed}");
    }
}

#[test]
fn train_pendulum_learns_evaluates_and_finishes() {
    let printed = run("train_pendulum", &[]);
    assert!(printed.contains("finished after 1000 steps"), "{printed}");
    assert!(!parts(&printed, "pretraining ", "\n").is_empty(), "{printed}");
    assert!(!parts(&printed, "update ", ":").is_empty(), "{printed}");
    let evaluations = parts(&printed, "evaluation: planner ", "\n");
    let returns = numbers(evaluations.last().unwrap());
    assert!(returns.len() == 2 && returns.iter().all(|x| (0.0..=1000.0).contains(x)), "{printed}");
    let episodes = parts(&printed, "return ", "\n");
    assert!(!episodes.is_empty(), "{printed}");
}

#[test]
fn custom_task_trains_on_a_task_in_rust() {
    let printed = run("custom_task", &[]);
    assert!(printed.starts_with("spin: "), "{printed}");
    let episodes = parts(&printed, ": return ", "\n");
    assert!(episodes.len() >= 4, "800 steps are at least four episodes: {printed}");
    for episode in parts(&printed, "episode ", "\n") {
        let [_, total, decisions] = numbers(episode)[..] else { panic!("{episode}") };
        // A decision is two control steps, each rewarded with at most 1.
        assert!(total > 0.0 && total <= 2.0 * decisions && decisions <= 100.0, "{printed}");
        assert!(episode.contains("time is up") == (decisions >= 100.0), "{printed}");
    }
    assert!(!parts(&printed, "evaluation: return [", "]").is_empty(), "{printed}");
}

#[test]
fn custom_planner_trains_with_the_cross_entropy_method() {
    let printed = run("custom_planner", &[]);
    assert!(printed.starts_with("planners: mppi, cem\n"), "{printed}");
    assert!(parts(&printed, "episode ", "\n").len() >= 2, "a random episode and a planned one: {printed}");
    let returns = numbers(parts(&printed, "evaluation: return [", "]").last().unwrap());
    assert!(returns.len() == 1 && (0.0..=1000.0).contains(&returns[0]), "{printed}");
}

#[test]
fn custom_body_falls_without_control_and_is_trained() {
    let printed = run("custom_body", &[]);
    assert!(printed.starts_with("balancer: 2 links, 1 actuators"), "{printed}");
    let idle = parts(&printed, "without control: return ", "\n")[0];
    let [total, decisions] = numbers(idle)[..] else { panic!("{idle}") };
    assert!(idle.ends_with("it fell") && total < 2.0 * decisions && decisions < 250.0, "{printed}");
    let returns = numbers(parts(&printed, "after 800 steps: return [", "]").last().unwrap());
    assert!(returns.len() == 2 && returns.iter().all(|x| (0.0..=500.0).contains(x)), "{printed}");
}

#[test]
fn watch_decisions_shows_how_a_trained_agent_decides() {
    let printed = run("watch_decisions", &[]);
    assert!(printed.starts_with("cartpole-swingup, trained for "), "{printed}");
    let decisions = parts(&printed, "decision ", "\n");
    assert_eq!(decisions.len(), 8, "{printed}");
    for decision in decisions {
        assert_actions(&numbers(decision.split_once("action [").unwrap().1.split_once(']').unwrap().0), 1);
        let value = numbers(decision.split_once("predicted return ").unwrap().1)[0];
        assert!(value > 0.0, "a trained agent expects reward: {decision}");
    }
    let delta = parts(&printed, "delta-Q ", ",");
    assert!(delta.iter().all(|delta| numbers(delta)[0].abs() < 100.0), "{printed}");
    assert_eq!(parts(&printed, "  iteration ", ":").len() % 8, 0, "each decision has as many iterations: {printed}");
}
