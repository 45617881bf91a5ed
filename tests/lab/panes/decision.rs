//! Claims about the panes of "One decision".

use bootstride_core::config::Config;
use bootstride_core::inspect::PlanAnalysis;
use bootstride_core::planner::PlannerConfig;
use bootstride_lab::panes::decision::{
    AgainstPane, ElitesPane, IterationsPane, NarrowingPane, StoryPane, WhatIfPane, plain_text, standard_cases, story,
};
use bootstride_lab::ui::Exports;
use bootstride_lab::view::{Cursor, Tab};
use bootstride_session::message::{Activity, Update, WhatIfCase, WhatIfResult};
use bootstride_session::{Command, History};
use eframe::egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{Stand, click, on_tab, slide};
use crate::sample;

const NEWEST: u32 = 84 * 500 + 306;

fn walker() -> (PlannerConfig, Vec<String>) {
    let names = ["right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle"];
    (sample::config("walker-walk").planner, names.map(str::to_owned).to_vec())
}

fn told(analysis: &PlanAnalysis) -> String {
    plain_text(&story(analysis, None, &walker().1))
}

#[test]
fn the_story_tells_the_decisions_own_numbers() {
    let mut analysis = sample::analysis(NEWEST, &walker().0, 6, 71.4);
    analysis.delta_q = 0.31;
    let last = analysis.iterations.last_mut().unwrap();
    last.std[..6].copy_from_slice(&[0.1, 0.1, 0.21, 0.1, 0.1, 0.1]);
    last.weights[3] = 0.042;
    let text = told(&analysis);
    for part in [
        "The policy proposed 16 sequences. MPPI drew 240 more around its running mean",
        "imagined all 256 three steps ahead, kept the best 32",
        "After six rounds the spread of right ankle, the widest action, fell from 2.00 to 0.21.",
        "The 4th best elite, drawn by its weight of 4.2 %, became the plan.",
        "It is worth 0.31 more than the policy's own proposals",
    ] {
        assert!(text.contains(part), "{part}\nnot in\n{text}");
    }
}

#[test]
fn the_story_does_not_praise_a_plan_that_did_not_help() {
    let mut analysis = sample::analysis(NEWEST, &walker().0, 6, 71.4);
    analysis.delta_q = -0.12;
    assert!(
        told(&analysis).contains("worth 0.12 less than the policy's own proposals on average: here planning did not")
    );
    analysis.delta_q = 0.0004;
    assert!(told(&analysis).contains("here planning added nothing"));
    analysis.iterations.last_mut().unwrap().std.fill(2.0);
    assert!(told(&analysis).contains("was still 2.00: the elites disagree"));
    analysis.iterations.last_mut().unwrap().std.fill(0.05);
    assert!(told(&analysis).contains("0.05, the smallest that the settings allow"));
    let alone = PlannerConfig { policy_samples: 0, iterations: 1, horizon: 1, ..walker().0 };
    let text = told(&sample::analysis(NEWEST, &alone, 1, 10.0));
    assert!(text.starts_with("No policy proposed anything. MPPI drew 256 sequences"), "{text}");
    assert!(text.contains("one step ahead") && text.contains("After one round the spread of right hip fell"), "{text}");
    assert!(text.contains("nothing to compare it with"), "{text}");
}

#[test]
fn the_story_says_when_it_is_about_a_later_plan() {
    let history = sample::history();
    let decision = history.decision(NEWEST).unwrap();
    let mut analysis = sample::analysis(NEWEST, &walker().0, 6, 71.4);
    assert!(!plain_text(&story(&analysis, Some(decision), &[])).contains("replanned"));
    analysis.updates += 250;
    let text = plain_text(&story(&analysis, Some(decision), &[]));
    assert!(text.contains("replanned with networks that had 250 more updates"), "{text}");
}

#[test]
fn replan_freezes_the_decision_and_asks_for_it() {
    let mut lab = on_tab(StoryPane::default(), sample::history(), Tab::Decision, [330.0, 330.0]);
    let sent = click(&mut lab, "Replan");
    let [Command::Pause, Command::Inspect { decision, .. }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(decision.number, NEWEST);
    assert_eq!(lab.state().view.cursor, Cursor::At(NEWEST));
}

#[test]
fn compare_asks_for_the_standard_cases_and_shows_one_beside() {
    let mut lab = on_tab(StoryPane::default(), sample::history(), Tab::Decision, [330.0, 330.0]);
    let sent = click(&mut lab, "Compare plans");
    let [Command::Pause, Command::WhatIf { decision, cases }] = &sent[..] else { panic!("{sent:?}") };
    let config = lab.state().history.status.config.clone().unwrap();
    assert_eq!((decision.number, cases), (NEWEST, &standard_cases(&config)));
    assert_eq!(lab.state().view.beside, Some(1));
}

#[test]
fn what_is_tried_differs_from_the_run_and_holds() {
    for algorithm in ["bmpc", "variant2"] {
        for (samples, horizon) in [(512, 3), (32, 6)] {
            let layers = bootstride_core::config::Layers::new().algorithm(algorithm).unwrap();
            let mut config = layers.resolve().unwrap();
            config.planner = PlannerConfig { samples, horizon, elites: 16, policy_samples: 8, ..config.planner };
            let cases = standard_cases(&config);
            assert_eq!((cases[0].label.as_str(), &cases[0].planner), ("as trained", &config.planner));
            for case in &cases[1..] {
                assert_ne!(case.planner, config.planner, "{}", case.label);
                Config { planner: case.planner.clone(), ..config.clone() }.check().unwrap();
            }
            assert_eq!(cases.iter().any(|case| case.label == "N = 32"), samples == 512);
            assert!(cases.iter().any(|case| case.planner.horizon == if horizon == 3 { 6 } else { 3 }));
            assert!(cases.iter().any(|case| case.planner.iterations == 1));
        }
    }
}

fn what_if(history: History) -> Harness<'static, Stand<WhatIfPane>> {
    on_tab(WhatIfPane::default(), history, Tab::Decision, [330.0, 700.0])
}

#[test]
fn freezing_pauses_and_going_on_runs() {
    let mut lab = what_if(sample::history());
    assert_eq!(click(&mut lab, "Freeze"), [Command::Pause]);
    assert_eq!(lab.state().view.cursor, Cursor::At(NEWEST));
    lab.state_mut().history.status.activity = Activity::Paused;
    lab.run_ok();
    assert_eq!(click(&mut lab, "Continue"), [Command::Run]);
    assert_eq!(lab.state().view.cursor, Cursor::Live);
}

#[test]
fn answers_to_what_if_are_shown_against_one_zero_and_chosen() {
    let mut history = sample::history();
    let mut cases = standard_cases(history.status.config.as_ref().unwrap());
    cases.truncate(3);
    let mut outcomes = sample::outcomes(NEWEST, &cases);
    let plan = |outcomes: &mut [WhatIfResult], place: usize, value: f32, delta_q: f32| {
        let plan = outcomes[place].plan.as_mut().unwrap();
        (plan.value, plan.delta_q) = (value, delta_q);
    };
    plan(&mut outcomes, 0, 71.8, 0.3);
    // The policy as trained is worth 71.5; that this plan's own policies are worth something else does not matter.
    plan(&mut outcomes, 1, 69.7, 5.0);
    outcomes[2].plan = Err("horizon 9 is beyond what this engine holds".into());
    history.outcomes = Some((NEWEST, outcomes));
    let mut lab = what_if(history);
    lab.state_mut().view.cursor = Cursor::At(NEWEST);
    lab.run_ok();
    let says = |label| lab.get_by_role_and_label(Role::RadioButton, label).value().unwrap_or_default();
    assert_eq!(["as trained", "no policy guides", "one iteration"].map(says), ["+0.30", "−1.80", "no plan"]);
    click(&mut lab, "no policy guides");
    assert_eq!(lab.state().view.beside, Some(1));
    click(&mut lab, "no policy guides");
    assert_eq!(lab.state().view.beside, None);
}

#[test]
fn an_own_case_is_set_by_sliders_and_tried_with_the_others() {
    let mut lab = what_if(sample::history());
    click(&mut lab, "Add custom settings…");
    assert!(slide(&mut lab, "samples N", 64.0).is_empty(), "the running planner is left alone");
    slide(&mut lab, "temperature τ", 3.0);
    let sent = click(&mut lab, "Try these");
    let [Command::Pause, Command::WhatIf { cases, .. }] = &sent[..] else { panic!("{sent:?}") };
    let WhatIfCase { label, planner } = cases.last().unwrap();
    assert_eq!((label.as_str(), planner.samples, planner.temperature), ("custom", 64, 3.0));
    assert!(click(&mut lab, "Try these").is_empty(), "not twice while it waits");
    let answer = (NEWEST, sample::outcomes(NEWEST, cases));
    let status = lab.state().history.status.clone();
    lab.state_mut().history.take(Update { status, outcomes: vec![answer], ..Update::default() });
    lab.run_ok();
    assert!(!click(&mut lab, "Try these").is_empty(), "again when it is answered");
}

#[test]
fn an_iteration_is_chosen_by_its_picture_or_the_slider() {
    let mut lab = on_tab(IterationsPane::default(), sample::history(), Tab::Decision, [640.0, 340.0]);
    lab.get_by_label("Six iterations of MPPI");
    click(&mut lab, "iteration 2");
    assert_eq!(lab.state().view.iteration, Some(1));
    slide(&mut lab, "Iteration of MPPI", 5.0);
    assert_eq!(lab.state().view.iteration, Some(4));
    click(&mut lab, "iteration 6");
    assert_eq!(lab.state().view.iteration, None, "the last one is followed when their number changes");
    let node = lab.get_by_role_and_label(Role::RadioButton, "iteration 6");
    assert!(node.accesskit_node().is_selected() == Some(true) || node.accesskit_node().toggled().is_some());
}

#[test]
fn the_numbers_of_a_pane_are_exported_from_its_title() {
    let mut lab = on_tab(IterationsPane::default(), sample::history(), Tab::Decision, [640.0, 340.0]);
    lab.get_by_label("Six iterations of MPPI").click_secondary();
    lab.run_ok();
    click(&mut lab, "Export CSV");
    let files = Exports::default().take(&lab.ctx);
    let Ok(file) = &files[0] else { panic!("no file") };
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    assert_eq!(text.lines().count(), 1 + 6 * 256, "a row for every sequence of every iteration");
    assert_eq!(text.lines().filter(|line| line.contains(",true,")).count(), 6 * 32);
}

#[test]
fn all_panes_say_why_they_are_empty() {
    fn says<P: bootstride_lab::panes::Pane + 'static>(pane: P) {
        let lab = on_tab(pane, History::default(), Tab::Decision, [400.0, 300.0]);
        lab.get_by_label_contains("Start a run or open one");
    }
    says(IterationsPane::default());
    says(NarrowingPane::default());
    says(ElitesPane);
    says(AgainstPane);
    says(WhatIfPane::default());
    says(StoryPane::default());
}

#[test]
fn panes_stand_plans_of_every_size() {
    fn draws<P: bootstride_lab::panes::Pane + Default + 'static>() {
        let base = walker().0;
        let sizes = [(1, 1, 8, 1, 1), (2, 12, 300, 24, 12), (9, 30, 64, 64, 3)];
        for (iterations, horizon, samples, elites, dims) in sizes {
            let planner = PlannerConfig { iterations, horizon, samples, elites, policy_samples: 4, ..base.clone() };
            let mut history = sample::history();
            history.analyses.push_back(std::sync::Arc::new(sample::analysis(NEWEST, &planner, dims, -3.0)));
            for size in [[180.0, 120.0], [900.0, 600.0]] {
                drop(on_tab(P::default(), history.clone(), Tab::Decision, size));
            }
        }
    }
    draws::<IterationsPane>();
    draws::<NarrowingPane>();
    draws::<ElitesPane>();
    draws::<AgainstPane>();
    draws::<WhatIfPane>();
    draws::<StoryPane>();
}
