//! A first-time user sees an agent walk and reads in three sentences what it does, once.

use bootstride_lab::view::{PathChoice, Tab};
use bootstride_lab::{DeepLink, Host};
use bootstride_session::Update;
use bootstride_session::message::{Agent, Command};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::deep_link::page;
use crate::recorded::session;
use crate::whole::stand::{Open, Stand};

pub fn welcomed(size: [f32; 2]) -> Harness<'static, Open> {
    let mut stand = Stand { part: None, place: page(), size, ..Stand::new(Tab::Values) };
    stand.view.paths = PathChoice::Off;
    let mut harness = stand.open();
    harness.state_mut().lab.welcome("walker-walk");
    harness.run_steps(4);
    let analyses = session().watching.iter().flat_map(|update| update.analyses.clone()).collect();
    harness.state().engine.tell(Update { analyses, ..Update::default() });
    harness.run_steps(6);
    harness
}

#[test]
fn an_agent_walks_with_its_plans_drawn() {
    let mut harness = welcomed([1280.0, 800.0]);
    let agent = Agent::Folder("agents/walker-walk".into());
    let sent = harness.state().engine.sent();
    assert_eq!(sent[..2], [Command::Watch { agent, seed: 1, planner: true }, Command::Run]);
    let view = &harness.state().lab.kept.view;
    assert_eq!((view.tab, view.paths), (Tab::Train, PathChoice::Imagined));
    let horizon = harness.state().lab.history.status.config.as_ref().unwrap().planner.horizon;
    harness.get_by_label_contains(&format!("This agent plans {horizon} steps ahead"));
    harness.get_by_label("Close the welcome").click();
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("This agent plans").is_none());
    assert!(harness.state().lab.keep().welcomed, "dismissed for good");
    harness.state_mut().lab.welcome("walker-walk");
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("This agent plans").is_none());
}

#[test]
fn the_card_leads_to_the_tour() {
    let mut harness = welcomed([1280.0, 800.0]);
    harness.get_by_label("Take the tour (5 minutes)").click();
    harness.run_steps(6);
    assert_eq!(harness.state().lab.kept.view.tab, Tab::Tour);
    harness.get_by_label("Step 1 of 8");
}

#[test]
fn one_click_trains_a_new_agent() {
    let mut harness = welcomed([1280.0, 800.0]);
    harness.state().engine.sent();
    harness.get_by_label("Train your own").click();
    harness.run_steps(4);
    let sent = harness.state().engine.sent();
    let trains =
        |command: &Command| matches!(command, Command::Train { config, .. } if config.task.name == "pendulum-swingup");
    assert!(sent.iter().any(trains), "{sent:?}");
    assert!(sent.contains(&Command::Run));
}

#[test]
fn nobody_is_welcomed_where_a_link_led() {
    let deep_link = DeepLink::parse("agent=walker-walk").0;
    let harness = Stand { part: None, place: Host::default(), deep_link, ..Stand::new(Tab::Train) }.open();
    assert!(harness.query_by_label_contains("This agent plans").is_none());
}
