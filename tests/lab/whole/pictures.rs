//! Snapshots of every tab of the lab. `UPDATE_SNAPSHOTS=1` writes new ones.

use bootstride_lab::panes::compare::Page;
use bootstride_lab::view::{PathChoice, Tab};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::stand::{Open, Stand, comparing, freeze, settle};
use crate::recorded::Part;

fn shot(harness: &mut Harness<'_, Open>, name: &str) {
    harness.snapshot(name);
}

#[test]
fn train_in_the_dark() {
    shot(&mut Stand::new(Tab::Train).open(), "lab_train");
}

#[test]
fn train_in_the_light() {
    shot(&mut Stand::new(Tab::Train).light().open(), "lab_train_light");
}

#[test]
fn train_before_there_is_a_run() {
    shot(&mut Stand { part: None, ..Stand::new(Tab::Train) }.open(), "lab_train_idle");
}

#[test]
fn train_while_a_trained_agent_plays() {
    let mut stand = Stand { part: Some(Part::Watching), ..Stand::new(Tab::Train) };
    stand.view.paths = PathChoice::Both;
    shot(&mut stand.open(), "lab_watch");
}

#[test]
fn one_decision_in_the_dark() {
    let mut harness = Stand::new(Tab::Decision).open();
    freeze(&mut harness);
    shot(&mut harness, "lab_decision");
}

#[test]
fn one_decision_in_the_light_beside_another_plan() {
    let mut harness = Stand::new(Tab::Decision).light().open();
    freeze(&mut harness);
    harness.state_mut().lab.kept.view.beside = Some(1);
    harness.run_steps(4);
    shot(&mut harness, "lab_decision_light");
}

#[test]
fn one_decision_at_one_and_a_half_times_the_size() {
    let mut harness = Stand { size: [853.0, 533.0], scale: 1.5, ..Stand::new(Tab::Decision) }.open();
    freeze(&mut harness);
    shot(&mut harness, "lab_decision_large");
}

#[test]
fn values() {
    shot(&mut Stand::new(Tab::Values).open(), "lab_values");
}

#[test]
fn values_in_the_light() {
    shot(&mut Stand::new(Tab::Values).light().open(), "lab_values_light");
}

#[test]
fn compare() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = comparing(folder.path(), Page::Curves).open();
    settle(&mut harness);
    shot(&mut harness, "lab_compare");
}

#[test]
fn compare_at_play() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = comparing(folder.path(), Page::Play).open();
    settle(&mut harness);
    harness.get_by_label("Play").click();
    harness.run_steps(70);
    harness.get_by_label("Pause").click();
    harness.run_steps(4);
    shot(&mut harness, "lab_compare_play");
}

#[test]
fn the_tour_begins() {
    shot(&mut Stand::new(Tab::Tour).open(), "lab_tour");
}

#[test]
fn shortcuts_are_listed() {
    let mut harness = Stand { part: None, ..Stand::new(Tab::Train) }.open();
    harness.get_by_label("Keyboard shortcuts (?)").click();
    harness.run_steps(4);
    shot(&mut harness, "lab_help");
}
