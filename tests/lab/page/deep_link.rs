//! A deep link opens the state that it describes, and a link made from that state is the same.

use bootstride_lab::PaneKind;
use bootstride_lab::view::{Tab, Theme};
use bootstride_lab::{DeepLink, Host};
use bootstride_session::message::{Agent, Command};
use eframe::egui::OutputCommand;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::whole::stand::{Open, Stand};

/// A page with two agents.
pub fn page() -> Host {
    Host::page("https://example.org/lab/", vec!["walker-walk".into(), "cheetah-run".into()])
}

/// A lab in a page, with nothing open, where this link leads.
pub fn at(query: &str) -> Harness<'static, Open> {
    let (deep_link, notices) = DeepLink::parse(query);
    assert!(notices.is_empty(), "{notices:?}");
    Stand { part: None, place: page(), deep_link, ..Stand::new(Tab::Train) }.open()
}

fn watch(name: &str, seed: u64) -> Command {
    Command::Watch { agent: Agent::Folder(format!("agents/{name}")), seed, planner: true }
}

#[test]
fn a_link_opens_its_agent_tab_and_pane() {
    let mut harness = at("agent=walker-walk&seed=3&tab=decision&pane=iterations&theme=light");
    let state = harness.state();
    assert_eq!(state.engine.sent()[..2], [watch("walker-walk", 3), Command::Run]);
    assert_eq!((state.lab.kept.view.tab, state.lab.kept.view.theme), (Tab::Decision, Theme::Light));
    let shown: Vec<PaneKind> = state.lab.drawn().iter().map(|(pane, _)| *pane).collect();
    assert_eq!(shown, [PaneKind::Iterations], "the pane is alone");
    harness.get_by_label("Show all panes").click();
    harness.run_steps(3);
    assert!(harness.state().lab.drawn().len() > 5);
}

#[test]
fn an_agent_may_wait_at_its_first_decision() {
    let harness = at("agent=cheetah-run&play=0");
    assert_eq!(harness.state().engine.sent()[..2], [watch("cheetah-run", 1), Command::Step]);
    assert_eq!(harness.state().lab.history.decisions.len(), 1);
}

#[test]
fn a_pane_alone_opens_the_tab_where_it_is() {
    for (pane, tab) in [("what-if", Tab::Decision), ("learning", Tab::Values), ("world", Tab::Train)] {
        assert_eq!(at(&format!("pane={pane}")).state().lab.kept.view.tab, tab, "{pane}");
    }
}

#[test]
fn a_task_is_set_up_and_one_click_trains_it() {
    let mut harness = at("task=hopper-hop");
    harness.get_by_label("Start").click();
    harness.run_steps(3);
    let sent = harness.state().engine.sent();
    let Some(Command::Train { config, .. }) = sent.first() else { panic!("{sent:?}") };
    assert_eq!(config.task.name, "hopper-hop");
}

#[test]
fn a_step_of_the_tour_is_open_with_somebody_to_speak_of() {
    let harness = at("step=3");
    let state = harness.state();
    assert_eq!(state.lab.kept.view.tab, Tab::Tour);
    assert_eq!(state.engine.sent()[..2], [watch("walker-walk", 1), Command::Run], "the page's first agent");
    harness.get_by_label("Step 3 of 8");
    harness.get_by_label("Try it");
}

#[test]
fn the_link_to_where_one_is_leads_back() {
    for query in [
        "agent=walker-walk&tab=decision&pane=iterations",
        "agent=walker-walk&seed=9&tab=values",
        "task=hopper-hop&tab=train",
        "agent=cheetah-run&play=0&tab=train",
        "agent=walker-walk&tab=tour&step=2",
        "agent=walker-walk&tab=compare",
    ] {
        let harness = at(query);
        let query = DeepLink::parse(query).0.to_query();
        assert_eq!(harness.state().lab.deep_link().to_query(), query);
    }
}

#[test]
fn a_page_copies_the_link_and_a_window_has_none() {
    let mut harness = at("agent=walker-walk&tab=values");
    harness.get_by_label("Copy link").click();
    harness.step();
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied.as_deref(), Some("https://example.org/lab/?agent=walker-walk&tab=values"));
    harness.run_steps(2);
    assert!(harness.query_all_by_label_contains("Copied a link").next().is_some());
    let window = Stand::new(Tab::Train).open();
    assert!(window.query_by_label("Copy link").is_none() && window.query_by_label("Files and page").is_none());
}
