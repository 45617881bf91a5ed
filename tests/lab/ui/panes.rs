//! Panes about learning show what the history says, whatever their size, and cost little.

use std::cell::RefCell;
use std::time::Instant;

use bootstride_lab::Host;
use bootstride_lab::panes::derive::{self, calibration, mean, outcomes};
use bootstride_lab::panes::{Context, DeltaQPane, ExpertsPane, LearningPane, Pane, ReturnsPane, ValuesPane};
use bootstride_lab::view::{Cursor, Theme};
use bootstride_lab::{View, ui::Palette};
use bootstride_session::history::History;
use bootstride_session::message::{Command, SessionLink, Update};
use eframe::egui::{Role, Ui, Vec2, vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};

use super::history::trained;
use super::support::{assert_words_fit, assert_words_fit_across, harness, words};

/// An engine that nobody listens to.
struct Nobody;

impl SessionLink for Nobody {
    fn send(&mut self, _: Command) {}
    fn receive(&mut self) -> Option<Update> {
        None
    }
}

fn pane_ui(pane: &mut dyn Pane, ui: &mut Ui, palette: &Palette, history: &History, view: &mut View) {
    pane.ui(ui, &mut Context { history, view, link: &mut Nobody, palette, place: &mut Host::default() });
}

fn shown(mut pane: Box<dyn Pane>, theme: Theme, size: Vec2, history: &History) -> Harness<'_> {
    let mut view = View::default();
    let mut harness = harness(theme, size, move |ui, palette| pane_ui(&mut *pane, ui, palette, history, &mut view));
    harness.run();
    harness
}

fn all() -> [(&'static str, Box<dyn Pane>); 5] {
    [
        ("returns", Box::<ReturnsPane>::default()),
        ("delta_q", Box::<DeltaQPane>::default()),
        ("experts", Box::<ExpertsPane>::default()),
        ("learning", Box::<LearningPane>::default()),
        ("values", Box::<ValuesPane>::default()),
    ]
}

fn texts(harness: &Harness<'_>) -> Vec<String> {
    words(harness).into_iter().map(|word| word.0).collect()
}

#[test]
fn panes_look_as_they_should() {
    let mut results = SnapshotResults::new();
    let history = crate::recorded::history();
    let sizes = [vec2(470.0, 400.0), vec2(470.0, 220.0), vec2(470.0, 440.0), vec2(720.0, 400.0), vec2(840.0, 460.0)];
    for ((name, pane), size) in all().into_iter().zip(sizes) {
        let mut harness = shown(pane, Theme::Dark, size, &history);
        assert_words_fit(&harness, name);
        harness.snapshot(format!("pane_{name}"));
        results.extend(harness.take_snapshot_results());
    }
    let mut harness = shown(Box::<ValuesPane>::default(), Theme::Light, sizes[4], &history);
    harness.snapshot("pane_values_light");
    results.extend(harness.take_snapshot_results());
}

#[test]
fn panes_fit_rooms_of_all_shapes() {
    let history = trained();
    for size in [vec2(300.0, 180.0), vec2(340.0, 700.0), vec2(1000.0, 260.0), vec2(1280.0, 760.0)] {
        for (name, pane) in all() {
            let harness = shown(pane, Theme::Dark, size, &history);
            let what = format!("{name} in {size:?}");
            assert_words_fit_across(&harness, &what);
            if size.y > 700.0 {
                assert_words_fit(&harness, &what);
            }
        }
    }
}

#[test]
fn panes_without_a_history_say_what_will_come() {
    let history = History::default();
    for (name, pane) in all() {
        let harness = shown(pane, Theme::Dark, vec2(700.0, 400.0), &history);
        let texts = texts(&harness);
        assert!(texts.iter().any(|text| text.contains("ppear")), "{name}: {texts:?}");
        assert_words_fit_across(&harness, name);
    }
}

#[test]
fn the_gap_is_that_of_the_newest_evaluation() {
    let history = trained();
    let newest = history.evaluations.last().unwrap();
    let of = |returns: &[f32]| returns.iter().sum::<f32>() / 10.0;
    let gap = 100.0 * (1.0 - of(&newest.network) / of(&newest.planner));
    let harness = shown(Box::<ReturnsPane>::default(), Theme::Dark, vec2(470.0, 400.0), &history);
    assert!(texts(&harness).contains(&format!("gap {gap:.1} %")), "{gap}: {:?}", texts(&harness));
}

#[test]
fn a_click_on_the_course_of_an_episode_goes_to_that_decision() {
    let history = trained();
    let view = RefCell::new(View::default());
    let mut pane = ValuesPane::default();
    let mut harness = harness(Theme::Dark, vec2(840.0, 460.0), |ui, palette| {
        pane_ui(&mut pane, ui, palette, &history, &mut view.borrow_mut());
    });
    harness.run();
    let plot = harness
        .get_by(|node| {
            node.role() == Role::Image
                && node.label().is_some_and(|label| label.starts_with("Predicted and actual return"))
        })
        .rect();
    harness.drag_at(plot.center());
    harness.step();
    harness.drop_at(plot.center());
    harness.run_steps(2);
    let Cursor::At(number) = view.borrow().cursor else { panic!("the cursor stays live") };
    let decision = history.decision(number).unwrap();
    assert_eq!(decision.episode, history.newest().unwrap().episode);
    assert!((60..200).contains(&decision.t), "{}", decision.t);
}

#[test]
fn what_came_is_the_discounted_return_of_the_rewards() {
    let history = trained();
    let range = derive::episode(&history.decisions, 7_250);
    assert_eq!(range, 7_000..7_500);
    let all = outcomes(&history.decisions, range, 0.5, 500);
    let here = all[250];
    let rewards = history.decisions.range(7_250..7_290).map(|decision| f64::from(decision.reward));
    let expected: f64 = rewards.enumerate().map(|(k, reward)| reward * 0.5_f64.powi(i32::try_from(k).unwrap())).sum();
    assert!((here.came - expected).abs() < 1e-6, "{} instead of {expected}", here.came);
    assert_eq!((here.t, here.predicted.map(f64::is_finite)), (250, Some(true)));
    // At the end nothing is known but the prediction itself.
    let last = all.last().unwrap();
    assert_eq!((last.unknown, Some(last.came)), (1.0, last.predicted));
}

#[test]
fn an_episode_that_ended_early_has_no_future() {
    let history = trained();
    // The same record, in a task whose episodes may be longer: then the episode ended for good.
    let all = outcomes(&history.decisions, 7_000..7_500, 0.9, 600);
    let last = all.last().unwrap();
    assert_eq!(last.unknown, 0.0);
    assert!((last.came - f64::from(history.decisions[7_499].reward)).abs() < 1e-9);
}

#[test]
fn calibration_tells_bias_and_correlation() {
    let outcome = |t: u32, predicted: f64, came: f64| derive::Outcome {
        number: t,
        t,
        predicted: Some(predicted),
        came,
        unknown: 0.0,
    };
    let all: Vec<_> = (0..20).map(|t| outcome(t, 3.0 + 2.0 * f64::from(t), 2.0 * f64::from(t))).collect();
    let found = calibration(&all).unwrap();
    assert!((found.bias - 3.0).abs() < 1e-9 && (found.correlation - 1.0).abs() < 1e-9, "{found:?}");
    assert_eq!(calibration(&all[..4]), None);
}

#[test]
fn confidence_follows_student() {
    let ten = mean(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
    // s = 3.0277, t(9) = 2.262, n = 10.
    assert!((ten.mean - 5.5).abs() < 1e-9 && (ten.half - 2.1657).abs() < 1e-3, "{ten:?}");
    let twenty: Vec<f32> = (0..20_u8).map(|i| f32::from(i % 2)).collect();
    // s = 0.51299, t(19) = 2.0930.
    assert!((mean(&twenty).unwrap().half - 0.24009).abs() < 1e-4, "{:?}", mean(&twenty));
    assert!(mean(&[1.0]).unwrap().half.is_nan());
    assert_eq!(mean(&[]), None);
}

#[test]
fn all_panes_together_are_drawn_in_little_time() {
    let history = trained();
    let mut times = [[0.0; 2]; 5];
    for ((_, mut pane), [laid_out, tessellated]) in all().into_iter().zip(&mut times) {
        let mut view = View::default();
        let best = std::cell::Cell::new(f64::INFINITY);
        let mut harness = harness(Theme::Dark, vec2(700.0, 460.0), |ui, palette| {
            let start = Instant::now();
            pane_ui(&mut *pane, ui, palette, &history, &mut view);
            best.set(best.get().min(start.elapsed().as_secs_f64()));
        });
        harness.run_steps(30);
        *tessellated = (0..10).fold(f64::INFINITY, |best, _| {
            let shapes = harness.output().shapes.clone();
            let start = Instant::now();
            std::hint::black_box(harness.ctx.tessellate(shapes, 1.0));
            best.min(start.elapsed().as_secs_f64())
        });
        drop(harness);
        *laid_out = best.get();
    }
    let total: f64 = times.iter().flatten().sum();
    let ms = times.map(|pair| pair.map(|time| (1e5 * time).round() / 100.0));
    println!("returns, delta-Q, experts, learning, values: {ms:?} ms of layout and tessellation");
    // The aim is 4 ms; the bound leaves room for a busy machine.
    assert!(total < 8e-3, "{times:?} s");
}
