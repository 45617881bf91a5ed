//! The shipped agents perform their tasks in the browser.

use std::fs;
use std::path::Path;

use bootstride_core::run::{RunFolder, Trained};
use bootstride_core::task::task_info;

use super::{LONG, Lab, shipped, site, start_small};
use crate::harness::Gpu;

/// The seconds of simulated time that count: the last ten of the first twenty, or of a shorter episode.
const SECONDS: f64 = 10.0;

/// The share of its evaluation that an agent must reach in the tab: start states differ, and so do last digits.
const SHARE: f32 = 0.6;

/// The mean reward of a control step that was measured for the agent when it was trained.
fn measured(folder: &Path) -> f32 {
    let table = fs::read_to_string(folder.join("eval.csv")).unwrap();
    let last = table.lines().last().unwrap();
    // An episode has a thousand control steps.
    last.split(',').nth(1).unwrap().parse::<f32>().unwrap() / 1000.0
}

/// Decisions in so many seconds of simulated time.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
fn decisions_in(seconds: f64, decision_seconds: f64) -> usize {
    (seconds / decision_seconds).round() as usize
}

/// Mean reward of a control step over the seconds that count.
fn earns(lab: &Lab, name: &str, folder: &Path, seed: u64) -> f32 {
    let Trained { config, .. } = RunFolder::trained(folder).unwrap();
    let (repeat, info) = (config.task.action_repeat, task_info(&config.task.name).unwrap());
    let repeat = u8::try_from(repeat).unwrap();
    let each = info.control_timestep * f64::from(repeat);
    let episode = 1000 / usize::from(repeat);
    let end = decisions_in(2.0 * SECONDS, each).min(episode);
    let begin = end - decisions_in(SECONDS, each).min(end);
    lab.watch(name, seed);
    lab.look_away();
    let folder = format!("agents/{name}");
    let told = lab.wait("the agent's play", LONG, |told| {
        let of_first = told.recent.iter().filter(|(episode, _)| *episode == 0).count();
        told.status.folder.as_deref() == Some(&*folder) && of_first >= end
    });
    let rewards: Vec<f32> =
        told.recent.iter().filter(|(episode, _)| *episode == 0).map(|(_, reward)| *reward).collect();
    let counted = &rewards[begin..end];
    counted.iter().sum::<f32>() / (f32::from(repeat) * f32::from(u16::try_from(counted.len()).unwrap()))
}

#[test]
fn every_shipped_agent_lasts_ten_seconds() {
    let Some(browser) = start_small(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "?tab=train");
    let agents = shipped();
    assert!(!agents.is_empty());
    for (name, folder) in agents {
        let asked = SHARE * measured(&folder);
        let mut earned = Vec::new();
        // From two starts: after some seconds another rounding is another episode, and a few starts fail natively too.
        for seed in 1..=3 {
            earned.push(earns(&lab, &name, &folder, seed));
            if earned.iter().filter(|mean| **mean >= asked).count() == 2 {
                break;
            }
        }
        println!("{name}: {earned:.2?} a control step, {asked:.2} asked");
        assert!(earned.iter().filter(|mean| **mean >= asked).count() >= 2, "{name}: {earned:?}, {asked} asked");
    }
    lab.assert_quiet();
}
