//! What a page has in place of folders: shipped agents, files, and a choice for hidden tabs.

use std::cell::RefCell;
use std::rc::Rc;

use bootstride_lab::Host;
use bootstride_lab::shell::Hidden;
use bootstride_lab::view::Tab;
use bootstride_session::message::{Agent, Command, SessionLink as _};
use eframe::egui::pos2;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::deep_link::page;
use crate::recorded::Part;
use crate::whole::stand::{Open, Stand};

/// A page, and what it was asked.
fn noting() -> (Host, Rc<RefCell<Vec<String>>>) {
    let asked = Rc::<RefCell<Vec<String>>>::default();
    let note = |text: &'static str| {
        let asked = asked.clone();
        Box::new(move || asked.borrow_mut().push(text.to_owned()))
    };
    let saved = asked.clone();
    let place = Host {
        open_files: Some(note("open")),
        clear_runs: Some(note("clear")),
        save_run: Some(Box::new(move |folder: &str| saved.borrow_mut().push(format!("save {folder}")))),
        ..page()
    };
    (place, asked)
}

fn open(place: Host, part: Option<Part>) -> Harness<'static, Open> {
    Stand { part, place, ..Stand::new(Tab::Train) }.open()
}

#[test]
fn agents_that_came_along_are_opened_by_name() {
    let (place, asked) = noting();
    let mut harness = open(place, None);
    harness.get_by_label("Open…").click();
    harness.run_steps(3);
    assert!(harness.query_by_label("Folder").is_none(), "a page has no paths");
    harness.get_by_label("cheetah-run").click();
    harness.run_steps(2);
    harness.get_by_label("Open files…").click();
    harness.run_steps(2);
    assert_eq!(*asked.borrow(), ["open"]);
    harness.get_by_label("Watch the agent").click();
    harness.run_steps(2);
    let agent = Agent::Folder("agents/cheetah-run".into());
    assert_eq!(harness.state().engine.sent()[0], Command::Watch { agent, seed: 1, planner: true });
}

#[test]
fn a_run_in_training_can_be_saved_to_a_file() {
    let (place, asked) = noting();
    let mut harness = open(place, Some(Part::Training));
    harness.get_by_label("Save to file").click();
    harness.run_steps(2);
    assert_eq!(*asked.borrow(), ["save runs/walker-walk/bmpc-seed1"]);
    let watching = open(noting().0, Some(Part::Watching));
    assert!(watching.query_by_label("Save to file").is_none(), "who only watches has nothing to save");
}

#[test]
fn stored_runs_are_cleared_at_the_second_press() {
    let (place, asked) = noting();
    let mut harness = open(place, None);
    harness.get_by_label("Files and page").click();
    harness.run_steps(3);
    harness.get_by_label("Clear stored runs").click();
    harness.run_steps(3);
    assert!(asked.borrow().is_empty());
    harness.get_by_label("Clear all? Tap again").click();
    harness.run_steps(3);
    assert_eq!(*asked.borrow(), ["clear"]);
}

#[test]
fn what_a_hidden_tab_does_is_chosen_and_kept() {
    let mut harness = open(page(), None);
    assert_eq!(harness.state().lab.kept.hidden, Hidden::GoOn);
    harness.get_by_label("Files and page").click();
    harness.run_steps(3);
    harness.get_by_label("Pause").click();
    harness.run_steps(3);
    assert_eq!(harness.state().lab.keep().hidden, Hidden::Pause);
}

#[test]
fn it_is_told_what_computes_and_why() {
    let harness = open(page(), None);
    harness.state().engine.change(|status| {
        status.device = "CPU, SIMD".into();
        status.device_reason = "this browser does not support WebGPU".into();
    });
    let mut harness = harness;
    harness.run_steps(3);
    harness.get_by_label("CPU, SIMD: this browser does not support WebGPU");
}

#[test]
fn where_the_processor_draws_few_frames_must_do_until_somebody_touches_the_lab() {
    let seconds = [false, true].map(|draws_in_software| {
        let mut harness = open(Host { draws_in_software, ..page() }, Some(Part::Training));
        harness.state_mut().engine.send(Command::Run);
        harness.run_steps(30);
        let left_alone = harness.state().lab.frame_seconds();
        assert_eq!(harness.state().engine.attends(), Some(left_alone), "nothing is found out more often than drawn");
        harness.hover_at(pos2(400.0, 300.0));
        harness.run_steps(2);
        assert!(harness.state().lab.frame_seconds() <= 0.0, "at the display's rate");
        left_alone
    });
    assert!(seconds[0] > 0.0 && seconds[1] >= 10.0 * seconds[0], "{seconds:?}");
}
