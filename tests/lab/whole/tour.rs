//! The tour with a real session: a small agent is trained for a moment, and every step is walked with its answers.

use std::path::Path;
use std::time::{Duration, Instant};

use bootstride_core::config::Config;
use bootstride_lab::Host;
use bootstride_lab::panes::{Context, Pane};
use bootstride_lab::runs::{RunIndex, known_runs, root};
use bootstride_lab::tour::{Condition, STEPS, TourPane, plain};
use bootstride_lab::view::{Cursor, Tab};
use bootstride_lab::{View, ui};
use bootstride_session::History;
use bootstride_session::ThreadLink;
use bootstride_session::message::{Activity, Command, SessionLink, Stage};
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::engine::Desk;
use crate::small::small;

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// An agent that has only just begun to learn: what it is worth does not matter here.
fn config() -> Config {
    small(&["run.steps=600", "run.evaluate_every=0", "training.seed_decisions=150"])
}

/// Trains it into a folder.
fn train(folder: &Path) {
    let mut desk = Desk::train_with(folder, config());
    desk.link.send(Command::Run);
    desk.wait_for_activity(&Activity::Finished);
}

struct Lab {
    history: History,
    view: View,
    link: ThreadLink,
    tour: TourPane,
}

impl Lab {
    fn ui(&mut self, ui: &mut eframe::egui::Ui) {
        while let Some(update) = self.link.receive() {
            self.history.take(update);
        }
        let palette = ui::Palette::of(self.view.theme);
        let Self { history, view, link, tour } = self;
        tour.ui(ui, &mut Context { history, view, link, palette: &palette, place: &mut Host::default() });
    }
}

type Walk = Harness<'static, Lab>;

fn wait(lab: &mut Walk, what: &str, done: impl Fn(&Walk) -> bool) {
    let begin = Instant::now();
    while !done(lab) {
        assert!(begin.elapsed() < PATIENCE, "{what} did not come; {:?}", lab.state().history.notices);
        lab.step();
        std::thread::sleep(Duration::from_millis(4));
    }
}

fn click(lab: &mut Walk, label: &str) {
    lab.get_by_label(label).click_accesskit();
    lab.run_steps(2);
}

fn set(lab: &mut Walk, slider: &str, value: f64) {
    // Some are there only once the engine has answered.
    wait(lab, slider, |lab| lab.query_by_role_and_label(Role::Slider, slider).is_some());
    lab.get_by_role_and_label(Role::Slider, slider).set_value_accesskit(value);
    lab.run_steps(3);
}

/// Does what the open step asks for, through its own controls.
fn do_the_task(lab: &mut Walk) {
    let step = lab.state().tour.tour.step().unwrap();
    let Cursor::At(here) = lab.state().view.cursor else { panic!("{} froze nothing", step.title) };
    match step.done {
        Condition::SamplesAtLeast(samples) => set(lab, "samples N", f64::from(u32::try_from(samples).unwrap())),
        Condition::Scrubbed => {
            for iteration in 1..=6 {
                set(lab, "iteration", f64::from(iteration));
            }
        }
        Condition::GuidesGone => set(lab, "policy guides P", 0.0),
        Condition::TemperatureBelow(_) => set(lab, "temperature \u{3c4}", 0.05),
        Condition::OtherHorizon => set(lab, "horizon H", 6.0),
        Condition::LargeDeltaQ => {
            let planned = |lab: &Walk| {
                let delta_q = |d: &bootstride_core::inspect::Decision| Some((d.number, d.planned.as_ref()?.delta_q));
                lab.state().history.decisions.iter().filter_map(delta_q).collect::<Vec<_>>()
            };
            wait(lab, "enough decisions", |lab| planned(lab).len() >= 8);
            let most = planned(lab).into_iter().filter(|(number, _)| *number != here);
            let most = most.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
            set(lab, "decision", f64::from(most));
        }
        Condition::Earlier | Condition::Replanned => {
            set(lab, "decision", 0.0);
            if step.done == Condition::Replanned {
                click(lab, "Replan");
            }
        }
    }
}

#[test]
fn the_tour_is_walked_with_a_real_agent_from_first_to_last_step() {
    let folder = tempfile::tempdir().unwrap();
    train(&folder.path().join("pendulum-swingup/bmpc-seed1"));
    let found = known_runs(folder.path());
    assert!(found.len() == 1 && found[0].env_step == Some(600), "{found:?}");
    let tour = TourPane { run_index: RunIndex::of(found), ..TourPane::default() };
    let view = View { tab: Tab::Tour, ..View::default() };
    let link = ThreadLink::start(root(), || {}).unwrap();
    let mut lab = Harness::builder()
        .with_size([1280.0, 760.0])
        .with_step_dt(0.1)
        .with_context_setup(|ctx| ui::apply(ctx, bootstride_lab::view::Theme::Dark))
        .build_ui_state(|ui, lab: &mut Lab| lab.ui(ui), Lab { history: History::default(), view, link, tour });
    lab.run_steps(3);
    click(&mut lab, "Start with the newest run");
    // Later steps go back in time, so there has to be some.
    wait(&mut lab, "decisions", |lab| lab.state().history.decisions.len() >= 24);
    assert_eq!(lab.state().history.status.stage, Stage::Playing);
    let own = config().planner;
    let mut said = Vec::new();
    for (place, step) in STEPS.iter().enumerate() {
        wait(&mut lab, step.title, |lab| lab.state().tour.tour.is_set_up());
        lab.get_by_label(&format!("Step {} of {}", place + 1, STEPS.len()));
        lab.get_by_label(step.title);
        do_the_task(&mut lab);
        wait(&mut lab, "the result", |lab| lab.state().tour.tour.revealed().is_some());
        lab.run_steps(2);
        lab.get_by_label("Result");
        let text = plain(lab.state().tour.tour.revealed().unwrap());
        assert!(!text.contains("NaN") && !text.contains("inf"), "{}: {text}", step.title);
        said.push(text);
        click(&mut lab, "Next");
    }
    said.dedup();
    assert_eq!(said.len(), STEPS.len(), "every step says something of its own");
    assert!(lab.state().tour.tour.done().iter().all(|done| *done));
    click(&mut lab, "Finish");
    wait(&mut lab, "the user's own settings", |lab| {
        lab.state().history.status.config.as_ref().is_some_and(|config| config.planner == own)
    });
    assert_eq!(lab.state().view.cursor, Cursor::Live);
}
