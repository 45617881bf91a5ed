//! The tour, walked as a user walks it.

use bootstride_core::planner::PlannerConfig;
use bootstride_lab::Host;
use bootstride_lab::View;
use bootstride_lab::panes::{Context, Pane};
use bootstride_lab::runs::{RunEntry, RunIndex};
use bootstride_lab::tour::{Condition, STEPS, TourPane, plain};
use bootstride_lab::ui;
use bootstride_lab::ui::number::figure;
use bootstride_lab::view::{Cursor, Tab, Theme};
use bootstride_session::message::{Activity, Stage, WhatIfCase};
use bootstride_session::{Command, History, SessionLink};
use eframe::egui;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};

use super::engine::{DECISIONS, Scripted, config};
use crate::ui::support::bare;

/// The lab as far as the tour needs it.
struct Lab {
    history: History,
    view: View,
    engine: Scripted,
    tour: TourPane,
}

fn lab(stage: Stage) -> Lab {
    let tour = TourPane { run_index: RunIndex::of(Vec::new()), ..TourPane::default() };
    let view = View { tab: Tab::Tour, ..View::default() };
    Lab { history: History::default(), view, engine: Scripted::recorded(stage), tour }
}

fn harness(lab: Lab, size: [f32; 2], scale: f32) -> Harness<'static, Lab> {
    let theme = lab.view.theme;
    bare(lab, (size, scale, theme), |ui, lab: &mut Lab| {
        while let Some(update) = lab.engine.receive() {
            lab.history.take(update);
        }
        let palette = ui::Palette::of(lab.view.theme);
        let mut cx = Context {
            history: &lab.history,
            view: &mut lab.view,
            link: &mut lab.engine,
            palette: &palette,
            place: &mut Host::default(),
        };
        if cx.view.tab == Tab::Tour {
            lab.tour.ui(ui, &mut cx);
        } else {
            lab.tour.strip_ui(ui, &mut cx);
            ui.label("another tab");
        }
    })
}

/// Begins with the open agent.
fn begun(stage: Stage) -> Harness<'static, Lab> {
    let mut harness = harness(lab(stage), [1280.0, 760.0], 1.0);
    harness.run_steps(3);
    harness.get_by_label("Start with the open agent").click();
    harness.run_steps(5);
    harness
}

fn set(harness: &mut Harness<'_, Lab>, slider: &str, value: f64) {
    harness.get_by_role_and_label(Role::Slider, slider).set_value_accesskit(value);
    harness.run_steps(5);
}

fn click(harness: &mut Harness<'_, Lab>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(5);
}

fn met(harness: &Harness<'_, Lab>) -> bool {
    harness.state().tour.tour.met(&harness.state().history)
}

/// Does what the open step asks for, through its own controls.
fn do_the_task(harness: &mut Harness<'_, Lab>) {
    let step = harness.state().tour.tour.step().unwrap();
    match step.done {
        Condition::SamplesAtLeast(samples) => set(harness, "samples N", samples as f64),
        Condition::Scrubbed => {
            for iteration in 2..=6 {
                set(harness, "iteration", f64::from(iteration));
            }
        }
        Condition::GuidesGone => set(harness, "policy guides P", 0.0),
        Condition::TemperatureBelow(_) => set(harness, "temperature \u{3c4}", 0.05),
        Condition::Earlier => set(harness, "decision", 300.0),
        Condition::OtherHorizon => set(harness, "horizon H", 6.0),
        Condition::LargeDeltaQ => {
            let history = &harness.state().history;
            let delta_q = |number: &u32| history.decision(*number).unwrap().planned.as_ref().map(|p| p.delta_q);
            let most = (0..DECISIONS).max_by(|a, b| delta_q(a).partial_cmp(&delta_q(b)).unwrap()).unwrap();
            set(harness, "decision", f64::from(most));
        }
        Condition::Replanned => {
            set(harness, "decision", 150.0);
            assert!(!met(harness), "going back alone is not a new plan");
            click(harness, "Replan");
        }
    }
}

fn planners(engine: &Scripted) -> Vec<PlannerConfig> {
    engine.sent(|command| match command {
        Command::SetPlanner(planner) => Some((**planner).clone()),
        _ => None,
    })
}

fn cases(engine: &Scripted) -> Vec<WhatIfCase> {
    let cases = engine.sent(|command| match command {
        Command::WhatIf { cases, .. } => Some(cases.clone()),
        _ => None,
    });
    cases.into_iter().flatten().collect()
}

#[test]
fn the_tour_is_walked_from_the_first_to_the_last_step() {
    let mut harness = begun(Stage::Playing);
    let own = config().planner;
    for (place, step) in STEPS.iter().enumerate() {
        harness.get_by_label(&format!("Step {} of {}", place + 1, STEPS.len()));
        for paragraph in step.text {
            harness.get_by_label(&plain(paragraph));
        }
        harness.get_by_label(&plain(step.task));
        harness.get_by_label(step.reference);
        harness.get_by_label("not yet");
        assert!(!met(&harness), "{} is done before anything was done", step.title);
        assert!(harness.query_by_label("Result").is_none(), "{} shows a result beforehand", step.title);
        do_the_task(&mut harness);
        assert!(met(&harness), "{} is not done", step.title);
        assert!(harness.state().tour.tour.done()[place]);
        harness.get_by_label("done");
        let revealed = plain(harness.state().tour.tour.revealed().unwrap());
        harness.get_by_label(&revealed);
        assert!(!revealed.contains(['{', '*', '|', '?']), "{revealed}");
        click(&mut harness, "Next");
    }
    harness.get_by_label("The whole cycle");
    harness.get_by_label("8 of 8 tried");
    click(&mut harness, "Finish");
    assert!(!harness.state().tour.tour.is_on());
    assert_eq!(planners(&harness.state().engine).last(), Some(&own), "the user's own settings come back");
    assert_eq!(harness.state().engine.planner(), own);
    let paces = harness.state().engine.sent(|command| match command {
        Command::SetPace(pace) => Some(*pace),
        _ => None,
    });
    assert_eq!(paces.last(), Some(&None), "at full speed again");
    assert_eq!((harness.state().view.cursor, harness.state().view.kinds), (Cursor::Live, [true; 4]));
}

#[test]
fn everything_that_the_steps_ask_of_the_engine_is_valid() {
    let mut harness = begun(Stage::Playing);
    for _ in 0..STEPS.len() {
        do_the_task(&mut harness);
        click(&mut harness, "Next");
    }
    let engine = &harness.state().engine;
    let (planners, cases) = (planners(engine), cases(engine));
    assert!(planners.len() >= STEPS.len() / 2 && cases.len() >= 2 * STEPS.len());
    for planner in planners.into_iter().chain(cases.into_iter().map(|case| case.planner)) {
        let mut config = config();
        config.planner = planner;
        config.check().unwrap();
    }
}

#[test]
fn what_is_said_was_measured_on_the_frozen_state() {
    let mut harness = begun(Stage::Playing);
    do_the_task(&mut harness);
    let said = plain(harness.state().tour.tour.revealed().unwrap());
    let number = DECISIONS - 1;
    let few = PlannerConfig {
        samples: 16,
        elites: 1,
        policy_samples: 0,
        iterations: 1,
        many_actions_iterations: 0,
        ..config().planner
    };
    let many = PlannerConfig { samples: 128, ..few.clone() };
    for settings in [few, many, config().planner] {
        let value = super::engine::plan(number, 10_000, &settings).value;
        assert!(said.contains(&figure(value)), "{value} is not in: {said}");
    }
    assert!(said.contains("for 8 times the work"), "{said}");
}

#[test]
fn nothing_is_said_until_the_engine_has_answered() {
    let mut harness = harness(lab(Stage::Playing), [1280.0, 760.0], 1.0);
    harness.run_steps(3);
    harness.state().engine.0.borrow_mut().silent = true;
    click(&mut harness, "Start with the open agent");
    set(&mut harness, "samples N", 256.0);
    assert!(met(&harness) && harness.state().tour.tour.revealed().is_none());
    assert!(harness.query_by_label("Result").is_none());
}

#[test]
fn an_agent_in_training_keeps_its_settings_throughout_the_tour() {
    let mut harness = begun(Stage::Training);
    for _ in 0..STEPS.len() {
        do_the_task(&mut harness);
        assert!(harness.state().tour.tour.revealed().is_some());
        click(&mut harness, "Next");
    }
    click(&mut harness, "Finish");
    assert_eq!(planners(&harness.state().engine), [], "what it learns from is left alone");
}

#[test]
fn reanalyze_tells_how_old_the_expert_was() {
    let mut harness = begun(Stage::Training);
    harness.get_by_label(&format!("8  {}", STEPS[7].title)).click();
    harness.run_steps(5);
    do_the_task(&mut harness);
    let said = plain(harness.state().tour.tour.revealed().unwrap());
    // Decision 150 was planned after (150 - 100) * 16 updates.
    assert!(said.contains("planned at update 800; this plan uses update 10\u{2009}000"), "{said}");
}

#[test]
fn sliders_of_other_panes_count_as_well() {
    let mut harness = begun(Stage::Training);
    click(&mut harness, "Skip");
    click(&mut harness, "Skip");
    assert!(!met(&harness));
    harness.state().engine.set_planner(|planner| planner.policy_samples = 0);
    harness.run_steps(5);
    assert!(met(&harness) && harness.state().tour.tour.revealed().is_some());
    click(&mut harness, "End tour");
    assert_eq!(harness.state().engine.planner(), config().planner);
}

#[test]
fn what_if_cases_of_other_panes_count_as_well() {
    let mut harness = begun(Stage::Training);
    for _ in 0..5 {
        click(&mut harness, "Skip");
    }
    assert!(!met(&harness));
    let decision = Box::new(harness.state().history.decision(DECISIONS - 1).unwrap().clone());
    let planner = PlannerConfig { horizon: 1, ..config().planner };
    let cases = vec![WhatIfCase { label: "horizon 1".into(), planner }];
    harness.state().engine.clone().send(Command::WhatIf { decision, cases });
    harness.run_steps(5);
    assert!(met(&harness) && harness.state().tour.tour.revealed().is_some_and(|said| said.contains("With H = 1")));
}

#[test]
fn the_banner_goes_along_to_other_tabs() {
    let mut harness = begun(Stage::Training);
    click(&mut harness, "Show in One decision");
    assert_eq!(harness.state().view.tab, Tab::Decision);
    harness.get_by_label("Tour 1 of 8");
    harness.get_by_label(&plain(STEPS[0].task));
    harness.state().engine.set_planner(|planner| planner.samples = 512);
    harness.run_steps(5);
    harness.get_by_label("Done: read the result");
    click(&mut harness, "Back to the tour");
    assert_eq!(harness.state().view.tab, Tab::Tour);
    harness.get_by_label("Result");
    click(&mut harness, "Next");
    click(&mut harness, "Show in One decision");
    click(&mut harness, "Skip step");
    assert_eq!((harness.state().view.tab, harness.state().tour.tour.place()), (Tab::Tour, 2));
    click(&mut harness, "Show in One decision");
    click(&mut harness, "End tour");
    assert!(!harness.state().tour.tour.is_on());
    assert!(harness.query_by_label("Tour 3 of 8").is_none());
}

#[test]
fn arrow_keys_turn_pages_only_where_the_tour_has_the_focus() {
    let mut harness = begun(Stage::Training);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    assert_eq!(harness.state().tour.tour.place(), 0);
    harness.get_by_label("Skip").focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowRight);
    harness.run_steps(2);
    assert_eq!(harness.state().tour.tour.place(), 1);
    harness.get_by_label("Skip").focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowLeft);
    harness.run_steps(2);
    assert_eq!(harness.state().tour.tour.place(), 0);
}

#[test]
fn before_the_first_plan_the_steps_can_be_read_and_say_why_they_wait() {
    let mut lab = lab(Stage::Seed);
    let engine = Scripted::default();
    {
        let mut state = engine.0.borrow_mut();
        state.status.config = Some(Box::new(config()));
        state.status.activity = Activity::Running;
        state.status.env_step = 1200;
    }
    engine.tell(bootstride_session::Update { opened: true, ..Default::default() });
    lab.engine = engine.clone();
    let mut harness = harness(lab, [1280.0, 760.0], 1.0);
    harness.run_steps(3);
    click(&mut harness, "Start with the open agent");
    harness.get_by_label_contains("acts at random for now (step 1200)");
    assert!(harness.query_by_role_and_label(Role::Slider, "samples N").is_none());
    engine.0.borrow_mut().status.stage = Stage::Training;
    let decision = super::engine::decision(200, 10, &config());
    engine.tell(bootstride_session::Update { decisions: vec![decision], ..Default::default() });
    harness.run_steps(5);
    harness.get_by_role_and_label(Role::Slider, "samples N");
}

#[test]
fn without_an_agent_one_is_taken_from_a_folder_or_trained() {
    let mut lab = lab(Stage::Training);
    lab.engine = Scripted::default();
    let found =
        RunEntry { folder: "runs/a/b".into(), env_step: Some(4000), task: "cheetah-run".into(), ..RunEntry::default() };
    lab.tour.run_index = RunIndex::of(vec![found]);
    let mut with_run = harness(lab, [1280.0, 760.0], 1.0);
    with_run.run_steps(3);
    assert!(with_run.query_by_label("Start with the open agent").is_none());
    click(&mut with_run, "Start with the newest run");
    let watched = with_run.state().engine.sent(|command| matches!(command, Command::Watch { .. }).then_some(()));
    assert_eq!(watched.len(), 1);

    let mut lab = self::lab(Stage::Training);
    lab.engine = Scripted::default();
    let mut fresh = harness(lab, [1280.0, 760.0], 1.0);
    fresh.run_steps(3);
    click(&mut fresh, "Start with a new agent");
    let trained = fresh.state().engine.sent(|command| match command {
        Command::Train { config, preset, .. } => {
            Some((config.task.name.clone(), preset.clone(), config.check().is_ok()))
        }
        _ => None,
    });
    assert_eq!(trained, [("pendulum-swingup".to_owned(), "tiny".to_owned(), true)]);
}

#[test]
fn how_far_the_person_came_is_kept() {
    let mut harness = begun(Stage::Training);
    do_the_task(&mut harness);
    click(&mut harness, "Next");
    let kept = serde_json::to_string(&harness.state().tour).unwrap();
    let again: TourPane = serde_json::from_str(&kept).unwrap();
    assert_eq!((again.tour.place(), again.tour.done()[0], again.tour.is_on()), (1, true, false));
    let mut lab = lab(Stage::Training);
    lab.tour = TourPane { run_index: RunIndex::of(Vec::new()), ..again };
    let mut harness = self::harness(lab, [1280.0, 760.0], 1.0);
    harness.run_steps(3);
    click(&mut harness, "Continue with the open agent");
    harness.get_by_label("Step 2 of 8");
}

/// Everything with text lies inside the window, as far as it is not in a scrolled part.
#[test]
fn pictures_of_the_tour() {
    let mut results = egui_kittest::SnapshotResults::new();
    let options = SnapshotOptions::new().output_path("../../tests/lab/snapshots");
    let mut shot = |harness: &mut Harness<'_, Lab>, name: &str| {
        results.add(harness.try_snapshot_options(name, &options));
    };
    let mut start = harness(lab(Stage::Training), [1280.0, 760.0], 1.0);
    start.run_steps(3);
    shot(&mut start, "tour_start");
    let mut dark = begun(Stage::Training);
    do_the_task(&mut dark);
    shot(&mut dark, "tour_1_shooting");
    for name in [
        "tour_2_mppi",
        "tour_3_guide",
        "tour_4_temperature",
        "tour_5_imitation",
        "tour_6_value",
        "tour_7_gap",
        "tour_8_reanalyze",
    ] {
        click(&mut dark, "Next");
        do_the_task(&mut dark);
        shot(&mut dark, name);
    }
    let mut light = lab(Stage::Playing);
    light.view.theme = Theme::Light;
    let mut light = harness(light, [1280.0, 760.0], 1.0);
    light.run_steps(3);
    click(&mut light, "Start with the open agent");
    click(&mut light, "Skip");
    click(&mut light, "Skip");
    do_the_task(&mut light);
    shot(&mut light, "tour_3_guide_light");
    let mut scaled = harness(lab(Stage::Training), [853.0, 507.0], 1.5);
    scaled.run_steps(3);
    click(&mut scaled, "Start with the open agent");
    shot(&mut scaled, "tour_1_at_150_percent");
    let mut banner = begun(Stage::Training);
    click(&mut banner, "Show in One decision");
    banner.set_size(egui::vec2(1280.0, 120.0));
    banner.run_steps(2);
    shot(&mut banner, "tour_banner");
}
