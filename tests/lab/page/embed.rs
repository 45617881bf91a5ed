//! An embedded lab shows the chosen panes and saves nothing.

use bootstride_lab::DeepLink;
use bootstride_lab::PaneKind;
use bootstride_lab::view::{Tab, Theme};
use bootstride_session::message::{Activity, Command};
use eframe::egui::{Key, OutputCommand};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::deep_link::page;
use crate::whole::stand::{Open, Stand};

fn embedded(query: &str, size: [f32; 2]) -> Harness<'static, Open> {
    let (deep_link, _) = DeepLink::parse(query);
    let mut stand = Stand { part: None, place: page(), deep_link, size, ..Stand::new(Tab::Values) };
    stand.view.zoom = 1.2;
    stand.open()
}

const QUERY: &str = "embed=1&agent=walker-walk&panes=world,iterations,samples";

fn panes(harness: &Harness<'_, Open>) -> Vec<PaneKind> {
    harness.state().lab.drawn().iter().map(|(pane, _)| *pane).collect()
}

#[test]
fn it_shows_the_chosen_panes_below_a_thin_strip() {
    let mut harness = embedded(QUERY, [800.0, 520.0]);
    assert_eq!(panes(&harness), [PaneKind::World, PaneKind::Iterations, PaneKind::Samples]);
    for absent in ["Compare", "Tour", "Keyboard shortcuts (?)", "Copy link", "Menu"] {
        assert!(harness.query_by_label(absent).is_none(), "{absent} is of the whole lab");
    }
    harness.get_by_label_contains("walker-walk");
    harness.state().engine.sent();
    harness.get_by_label("Pause now").click();
    harness.run_steps(2);
    assert_eq!(harness.state().engine.sent(), [Command::Pause]);
    harness.get_by_label("Open in Bootstride").click();
    harness.step();
    let opened = harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::OpenUrl(open) => Some(open.url.clone()),
        _ => None,
    });
    let opened = opened.unwrap();
    assert!(opened.starts_with("https://example.org/lab/?agent=walker-walk"), "{opened}");
    assert!(!opened.contains("embed"), "{opened}");
}

#[test]
fn where_there_is_room_for_one_pane_the_others_are_a_tap_away() {
    let mut harness = embedded(QUERY, [300.0, 320.0]);
    assert_eq!(panes(&harness), [PaneKind::World]);
    harness.get_by_label("Pane iterations").click();
    harness.run_steps(2);
    assert_eq!(panes(&harness), [PaneKind::Iterations]);
}

#[test]
fn what_was_kept_is_neither_read_nor_changed() {
    let mut harness = embedded(QUERY, [800.0, 520.0]);
    assert!((harness.state().lab.kept.view.zoom - 1.0).abs() < 1e-6, "not the user's own");
    harness.state_mut().lab.kept.view.theme = Theme::Light;
    harness.run_steps(2);
    let kept = harness.state().lab.keep();
    assert_eq!((kept.view.zoom, kept.view.theme, kept.view.tab), (1.2, Theme::Dark, Tab::Values));
}

#[test]
fn keys_belong_to_the_page_around_until_the_lab_is_focused() {
    let mut harness = embedded(QUERY, [800.0, 520.0]);
    assert_eq!(harness.state().lab.history.status.activity, Activity::Running);
    harness.state().engine.sent();
    harness.input_mut().focused = false;
    harness.key_press(Key::Space);
    harness.run_steps(3);
    assert_eq!(harness.state().engine.sent(), []);
    harness.input_mut().focused = true;
    harness.key_press(Key::Space);
    harness.run_steps(3);
    assert_eq!(harness.state().engine.sent(), [Command::Pause]);
}
