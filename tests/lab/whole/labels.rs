//! Every control has a unique name, and operating it breaks nothing.

use std::collections::BTreeMap;

use bootstride_lab::panes::compare::Page;
use bootstride_lab::view::Tab;
use eframe::egui::accesskit::{Action, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _, by};
use egui_kittest::{Harness, Node};

use super::stand::{Open, Stand, comparing, freeze, settle};
use crate::recorded::Part;

/// What can be operated.
fn controls<'h>(harness: &'h Harness<'_, Open>) -> Vec<Node<'h>> {
    let operated = |node: &Node<'_>| {
        let node = node.accesskit_node();
        let acts = [Action::Click, Action::SetValue, Action::Increment];
        let role = !matches!(node.role(), Role::Label | Role::Window | Role::GenericContainer | Role::ScrollView);
        // What egui itself lets one drag in addition to the content: borders between panes, bars that scroll a pane.
        let beside = matches!(node.role(), Role::Unknown | Role::ScrollBar) && node.label().is_none();
        role && !beside
            && !node.is_disabled()
            && !node.is_hidden()
            && acts.iter().any(|act| node.data().supports_action(*act))
    };
    harness.root().children_recursive().filter(operated).collect()
}

fn label(node: &Node<'_>) -> String {
    node.accesskit_node().label().unwrap_or_default()
}

/// All states of the lab whose controls are looked at.
fn stands() -> Vec<(&'static str, Box<dyn Fn() -> Harness<'static, Open>>)> {
    let plain = |tab: Tab| -> Box<dyn Fn() -> Harness<'static, Open>> { Box::new(move || Stand::new(tab).open()) };
    let with = |part: Option<Part>| -> Box<dyn Fn() -> Harness<'static, Open>> {
        Box::new(move || Stand { part, ..Stand::new(Tab::Train) }.open())
    };
    let compare = |page: Page| -> Box<dyn Fn() -> Harness<'static, Open>> {
        Box::new(move || {
            let folder = tempfile::tempdir().unwrap();
            let mut harness = comparing(folder.path(), page).open();
            settle(&mut harness);
            harness
        })
    };
    vec![
        ("Train", plain(Tab::Train)),
        ("Train, nothing open", with(None)),
        ("Train, watching", with(Some(Part::Watching))),
        (
            "One decision",
            Box::new(|| {
                let mut harness = Stand::new(Tab::Decision).open();
                freeze(&mut harness);
                harness
            }),
        ),
        ("Values", plain(Tab::Values)),
        ("Compare, curves", compare(Page::Curves)),
        ("Compare, play", compare(Page::Play)),
        ("Tour", plain(Tab::Tour)),
        (
            "Tour, step 1",
            Box::new(|| {
                let mut harness = Stand::new(Tab::Tour).open();
                harness.get_by_label("Start with the open agent").click_accesskit();
                harness.run_steps(12);
                harness
            }),
        ),
    ]
}

#[test]
fn every_control_has_a_name_of_its_own() {
    let mut faults = Vec::new();
    for (what, open) in stands() {
        let harness = open();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let controls = controls(&harness);
        for node in &controls {
            let name = label(node);
            if name.trim().is_empty() {
                faults.push(format!("{what}: a {:?} at {:?} has no name", node.accesskit_node().role(), node.rect()));
            }
            *names.entry(name).or_default() += 1;
        }
        let least = if what.starts_with("Tour") { 10 } else { 12 };
        assert!(controls.len() >= least, "{what} has only {} controls", controls.len());
        for (name, count) in names.into_iter().filter(|(name, count)| *count > 1 && !name.is_empty()) {
            faults.push(format!("{what}: {count} controls are called '{name}'"));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Operates one, as a screen reader would: a slider is set to its ends, everything else is pressed.
fn operate(harness: &mut Harness<'_, Open>, role: Role, name: &str) {
    let find = |harness: &Harness<'_, Open>, act: &dyn Fn(&Node<'_>)| {
        let node = harness.query_all(by().role(role).label(name)).next();
        node.inspect(|node| act(node)).is_some()
    };
    match role {
        Role::Slider | Role::SpinButton => {
            let ends = {
                let node = harness.query_all(by().role(role).label(name)).next();
                let Some(node) = node else { return };
                let node = node.accesskit_node();
                [node.min_numeric_value().unwrap_or(0.0), node.max_numeric_value().unwrap_or(100.0)]
            };
            for end in [ends[1], ends[0], f64::midpoint(ends[0], ends[1])] {
                find(harness, &|node| node.set_value_accesskit(end));
                harness.run_steps(2);
            }
        }
        Role::TextInput => {
            find(harness, &|node| node.focus());
            harness.run_steps(1);
            find(harness, &|node| node.type_text("walker"));
        }
        _ => {
            find(harness, &|node| node.click_accesskit());
        }
    }
    harness.run_steps(4);
}

fn operate_all(places: std::ops::Range<usize>) {
    for (what, open) in stands().drain(places) {
        let known: Vec<(Role, String)> = {
            let harness = open();
            controls(&harness).iter().map(|node| (node.accesskit_node().role(), label(node))).collect()
        };
        // Each in a lab of its own would take minutes; a new one is opened where one led elsewhere.
        let exports = tempfile::tempdir().unwrap();
        let open = || {
            let mut harness = open();
            harness.state().engine.set_folder(exports.path());
            harness.run_steps(2);
            harness
        };
        let mut harness = open();
        let mut operated = 0;
        for (role, name) in &known {
            if harness.query_all(by().role(*role).label(name)).next().is_none() {
                harness = open();
            }
            assert!(harness.query_all(by().role(*role).label(name)).next().is_some(), "{what}: {name} has gone");
            operate(&mut harness, *role, name);
            operated += 1;
            // What was opened is closed again.
            harness.key_press(eframe::egui::Key::Escape);
            harness.run_steps(2);
        }
        assert_eq!(operated, known.len());
    }
}

#[test]
fn every_control_of_train_can_be_operated() {
    operate_all(0..3);
}

#[test]
fn every_control_of_one_decision_and_values_can_be_operated() {
    operate_all(3..5);
}

#[test]
fn every_control_of_compare_and_the_tour_can_be_operated() {
    operate_all(5..9);
}
