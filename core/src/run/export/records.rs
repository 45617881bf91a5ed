//! A run's records as they were at one of its checkpoints, without those that only its training needs.

use serde_json::Value;

use crate::train::{Evaluation, Event};

/// Returns a table's rows up to `env_step`, which is in its first column, with its header; empty without rows.
pub(super) fn rows_until(table: &str, env_step: usize) -> String {
    let mut lines = whole_lines(table);
    let Some(header) = lines.next() else { return String::new() };
    let within = |line: &&str| {
        let step = line.split(',').next().and_then(|cell| cell.parse::<usize>().ok());
        step.is_some_and(|step| step <= env_step)
    };
    let rows: Vec<&str> = lines.filter(within).collect();
    if rows.is_empty() { String::new() } else { format!("{header}\n{}\n", rows.join("\n")) }
}

/// Returns evaluations, episodes and warnings up to `env_step`, each as the line originally recorded.
pub(super) fn events_until(lines: &str, env_step: usize) -> String {
    let mut kept = String::new();
    for line in whole_lines(lines) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        if event["env_step"].as_u64().is_some_and(|step| step > env_step as u64) {
            // Warnings have no step, only a position.
            break;
        }
        if matches!(event["event"].as_str(), Some("evaluation" | "episode-end" | "warning")) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Returns the last evaluation among events.
pub(super) fn last_evaluation(lines: &str) -> Option<Evaluation> {
    whole_lines(lines).rev().find_map(|line| match serde_json::from_str(line) {
        Ok(Event::Evaluation(evaluation)) => Some(evaluation),
        _ => None,
    })
}

/// Returns the warnings recorded in the run.
pub(super) fn warnings(lines: &str) -> Vec<String> {
    let warning = |line| match serde_json::from_str(line) {
        Ok(Event::Warning { message }) => Some(message),
        _ => None,
    };
    whole_lines(lines).filter_map(warning).collect()
}

/// Returns complete lines; a last line without an end is still being written.
fn whole_lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text[..text.rfind('\n').map_or(0, |end| end + 1)].lines()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_ends_with_the_checkpoint() {
        let table = "env_step,a\n400,1\n800,2\n1200,3\n16";
        assert_eq!(rows_until(table, 800), "env_step,a\n400,1\n800,2\n");
        assert_eq!(rows_until(table, 5000), "env_step,a\n400,1\n800,2\n1200,3\n");
        assert_eq!((rows_until(table, 399), rows_until("", 400)), (String::new(), String::new()));
    }

    #[test]
    fn evaluations_episodes_and_warnings_are_kept_up_to_the_checkpoint() {
        let episode = r#"{"event":"episode-end","env_step":400,"episode":1,"episode_return":1.5,"decisions":9,"terminated":false}"#;
        let update = r#"{"event":"update","env_step":400,"update":7,"total_loss":0.25}"#;
        let evaluation = r#"{"event":"evaluation","env_step":400,"planner":[1.0],"network":[2.0]}"#;
        let warning = r#"{"event":"warning","message":"planner changed by hand"}"#;
        let later = r#"{"event":"evaluation","env_step":800,"planner":[3.0],"network":[4.0]}"#;
        let lines = [episode, update, warning, evaluation, later, warning].join("\n") + "\n{\"half";
        let kept = events_until(&lines, 400);
        assert_eq!(kept, [episode, warning, evaluation].join("\n") + "\n");
        let evaluation = last_evaluation(&kept).unwrap();
        assert_eq!((evaluation.env_step, evaluation.planner, evaluation.network), (400, vec![1.0], vec![2.0]));
        assert_eq!(warnings(&kept), ["planner changed by hand"]);
        assert_eq!(last_evaluation(episode), None);
    }
}
