//! The cost of the world for the thread that draws it.

use std::time::{Duration, Instant};

use bootstride_core::inspect::PathSource;
use bootstride_lab::ui::Palette;
use bootstride_lab::view::{Theme, View};
use bootstride_lab::world::look_of;
use bootstride_lab::world::{BodyView, paths};
use bootstride_render::camera::Camera;

use super::fixture::play;

/// The quickest of many frames that each show a new decision and its paths: the work itself, without what else the
/// computer does meanwhile.
fn frame(task: &str) -> Duration {
    let played = play(task, 12);
    let analysis = played.analysis(&[PathSource::Imagined]);
    let palette = Palette::of(Theme::Dark);
    let mut body_view = BodyView::new(&played.task).unwrap();
    let camera = Camera::new(body_view.subject());
    let mut quickest = Duration::MAX;
    for round in 0..20 {
        for (number, decision) in played.decisions.iter().enumerate().skip(1) {
            let time = f64::from(round * 12) + number as f64;
            let start = Instant::now();
            let posture = body_view.live(decision, Some(&played.decisions[number - 1]), time).unwrap();
            let traces = paths::traces(&analysis, &View::default(), &palette);
            let scene = body_view.scene(&posture, camera.lens(1.6), look_of(&palette), traces, &palette);
            quickest = quickest.min(start.elapsed());
            assert!(!scene.bodies.is_empty());
        }
    }
    println!("{task}: {quickest:?}");
    quickest
}

#[test]
fn a_new_decision_of_a_walker_costs_less_than_a_millisecond() {
    assert!(frame("walker-walk") < Duration::from_millis(1));
}

#[test]
fn a_new_decision_of_a_dog_costs_less_than_two_milliseconds() {
    assert!(frame("dog-run") < Duration::from_millis(2));
}
