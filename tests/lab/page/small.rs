//! On a phone every pane is one tap away, fills the screen, and is legible.

use std::collections::BTreeMap;

use bootstride_lab::PaneKind;
use bootstride_lab::panes::compare::Page;
use bootstride_lab::tour::STEPS;
use bootstride_lab::view::{Tab, Theme};
use eframe::egui::accesskit::{Action, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _, by};
use egui_kittest::{Harness, Node};

use super::deep_link::page;
use super::welcome::welcomed;
use crate::recorded::Part;
use crate::whole::stand::{Open, Stand, comparing, freeze, settle};
use crate::whole::words::faults;

/// A phone upright and lying, at its size and at 125 %.
const SIZES: [([f32; 2], f32); 4] =
    [([390.0, 844.0], 1.0), ([844.0, 390.0], 1.0), ([312.0, 675.0], 1.25), ([675.0, 312.0], 1.25)];

fn phone(tab: Tab, (size, scale): ([f32; 2], f32)) -> Stand {
    Stand { size, scale, place: page(), ..Stand::new(tab) }
}

/// The panes that can be brought to the front.
fn switches(harness: &Harness<'_, Open>) -> Vec<String> {
    let labels = harness.root().children_recursive().filter_map(|node| node.accesskit_node().label());
    labels.filter(|label| label.starts_with("Pane ")).collect()
}

fn show(harness: &mut Harness<'_, Open>, switch: &str) {
    harness.get_by_label(switch).click_accesskit();
    harness.run_steps(8);
}

/// Every pane of a tab in front, one after the other.
fn walk(mut harness: Harness<'_, Open>, what: &str, mut see: impl FnMut(&mut Harness<'_, Open>, &str)) {
    let switches = switches(&harness);
    if switches.is_empty() {
        see(&mut harness, what);
    }
    for switch in switches {
        show(&mut harness, &switch);
        see(&mut harness, &format!("{what}, {switch}"));
    }
}

/// The tabs whose panes are looked at, each with what it takes to fill them.
fn stand(tab: Tab, size: ([f32; 2], f32)) -> Harness<'static, Open> {
    if tab != Tab::Decision {
        return phone(tab, size).open();
    }
    let mut harness = phone(tab, size).open();
    show(&mut harness, "Pane what-if");
    freeze(&mut harness);
    harness
}

fn check(tabs: &[Tab]) {
    let mut found = Vec::new();
    for size in SIZES {
        for tab in tabs {
            walk(stand(*tab, size), &format!("{} at {size:?}", tab.title()), |harness, what| {
                found.extend(faults(harness, what));
            });
        }
    }
    none(found);
}

/// What may be pushed into view at the bottom is not cut off.
fn none(mut found: Vec<String>) {
    let pushed = |fault: &String| {
        let is = |pane: PaneKind| fault.contains(&format!("'{}' at", pane.spec().word));
        fault.contains("is cut off by") && PaneKind::ALL.into_iter().any(is)
    };
    found.retain(|fault| !pushed(fault));
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[test]
fn words_of_train_and_values_fit_on_a_phone() {
    check(&[Tab::Train, Tab::Values]);
}

#[test]
fn words_of_one_decision_fit_on_a_phone() {
    check(&[Tab::Decision]);
}

#[test]
fn words_of_every_step_of_the_tour_fit_on_a_phone() {
    let mut found = Vec::new();
    for size in SIZES {
        let mut harness = Stand { part: Some(Part::Watching), ..phone(Tab::Tour, size) }.open();
        found.extend(faults(&mut harness, &format!("Tour at {size:?}")));
        harness.get_by_label("Start with the open agent").click_accesskit();
        harness.run_steps(12);
        for step in 1..=STEPS.len() {
            found.extend(faults(&mut harness, &format!("Step {step} at {size:?}")));
            let next = harness.query_by_label("Skip").unwrap_or_else(|| harness.get_by_label("Next"));
            next.click_accesskit();
            harness.run_steps(8);
        }
        found.extend(faults(&mut harness, &format!("The end at {size:?}")));
    }
    none(found);
}

#[test]
fn words_of_compare_fit_on_a_phone() {
    let mut found = Vec::new();
    for (size, scale) in SIZES {
        for page in [Page::Curves, Page::Play] {
            let folder = tempfile::tempdir().unwrap();
            let mut harness = Stand { size, scale, ..comparing(folder.path(), page) }.open();
            if size[0] < 760.0 {
                harness.get_by_label("Runs").click_accesskit();
                settle(&mut harness);
                found.extend(faults(&mut harness, &format!("Runs at {size:?}")));
                harness.get_by_label(if page == Page::Curves { "Curves" } else { "Play both" }).click_accesskit();
                harness.run_steps(6);
            } else {
                settle(&mut harness);
            }
            found.extend(faults(&mut harness, &format!("Compare, {page:?} at {size:?}")));
        }
    }
    none(found);
}

#[test]
fn words_of_an_idle_lab_and_its_menu_fit_on_a_phone() {
    let mut found = Vec::new();
    for size in SIZES {
        let mut harness = Stand { part: None, ..phone(Tab::Train, size) }.open();
        show(&mut harness, "Pane setup");
        found.extend(faults(&mut harness, &format!("Setup, idle at {size:?}")));
        let screen = harness.ctx.content_rect();
        harness.get_by_label("Menu").click();
        harness.run_steps(4);
        for name in ["Train", "Copy link", "Light theme"] {
            let rect = harness.get(by().role(Role::Button).label(name)).rect();
            assert!(
                screen.x_range().contains(rect.left()) && screen.x_range().contains(rect.right()),
                "{name}: {rect:?}"
            );
        }
    }
    none(found);
}

#[test]
fn every_pane_is_a_tap_away_and_fills_the_screen() {
    let wide: BTreeMap<&str, usize> =
        [("Train", 6), ("One decision", 7), ("Values", 4), ("Compare", 0), ("Tour", 3)].into();
    for (tab, count) in Tab::ALL.into_iter().map(|tab| (tab, wide[tab.title()])) {
        let harness = phone(tab, SIZES[0]).open();
        assert_eq!(switches(&harness).len(), count, "{}", tab.title());
        walk(harness, tab.title(), |harness, what| {
            let (pane, rect) = harness.state().lab.drawn()[0];
            assert!(rect.width() >= 389.0 && rect.height() >= 600.0, "{what}: {pane:?} at {rect:?}");
        });
    }
}

#[test]
fn another_tab_is_two_taps_away() {
    let mut harness = phone(Tab::Train, SIZES[0]).open();
    harness.get_by_label("Menu").click();
    harness.run_steps(3);
    harness.get_by_label("Values").click();
    harness.run_steps(3);
    assert_eq!(harness.state().lab.kept.view.tab, Tab::Values);
    assert_eq!(harness.state().lab.drawn()[0].0, PaneKind::Values);
}

/// What a finger is to hit.
fn targets<'h>(harness: &'h Harness<'_, Open>) -> Vec<Node<'h>> {
    let operated = |node: &Node<'_>| {
        let node = node.accesskit_node();
        // A slider has a row of 50 points; the number in it can be reached by it.
        let kinds = [Role::Button, Role::CheckBox, Role::RadioButton, Role::ComboBox];
        kinds.contains(&node.role()) && !node.is_disabled() && node.data().supports_action(Action::Click)
    };
    harness.root().children_recursive().filter(operated).collect()
}

#[test]
fn what_a_finger_is_to_hit_is_large_enough() {
    let mut found = Vec::new();
    for tab in Tab::ALL {
        walk(phone(tab, SIZES[0]).open(), tab.title(), |harness, what| {
            for node in targets(harness) {
                let (rect, name) = (node.rect(), node.accesskit_node().label().unwrap_or_default());
                if rect.height() < 39.5 {
                    found.push(format!("{what}: '{name}' is {} points high", rect.height()));
                }
            }
        });
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[test]
fn phone_setup() {
    let mut harness = Stand { part: None, ..phone(Tab::Train, SIZES[0]) }.open();
    show(&mut harness, "Pane setup");
    harness.snapshot("phone_setup");
}

#[test]
fn phone_decision_in_the_light() {
    let mut stand = phone(Tab::Decision, SIZES[0]);
    stand.view.theme = Theme::Light;
    let mut harness = stand.open();
    show(&mut harness, "Pane what-if");
    freeze(&mut harness);
    show(&mut harness, "Pane iterations");
    harness.snapshot("phone_decision_light");
}

#[test]
fn phone_tour() {
    let mut harness = Stand { part: Some(Part::Watching), ..phone(Tab::Tour, SIZES[0]) }.open();
    harness.get_by_label("Start with the open agent").click_accesskit();
    harness.run_steps(12);
    harness.snapshot("phone_tour");
}

#[test]
fn phone_welcome() {
    welcomed([390.0, 844.0]).snapshot("phone_welcome");
}
