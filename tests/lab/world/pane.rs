//! The pane, drawn and operated.

use std::sync::Arc;

use bootstride_core::inspect::PathSource;
use bootstride_lab::Host;
use bootstride_lab::panes::{Context, Pane};
use bootstride_lab::ui::Palette;
use bootstride_lab::view::{Cursor, PathChoice, Theme, View};
use bootstride_lab::world::WorldPane;
use bootstride_session::History;
use bootstride_session::message::{Command, SessionLink, Update};
use eframe::egui::{self, FontData, FontDefinitions, FontFamily};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};
use image::AnimationDecoder;

use super::fixture::{play, render_state};

/// An engine that nobody listens to.
struct Silence;

impl SessionLink for Silence {
    fn send(&mut self, command: Command) {
        panic!("the world asks nothing of the engine, but it sent {command:?}");
    }

    fn receive(&mut self) -> Option<Update> {
        None
    }
}

#[derive(Default)]
struct State {
    pane: WorldPane,
    history: History,
    view: View,
}

/// The lab's fonts; egui has none of its own here.
fn fonts(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::empty();
    for (family, file, other) in [
        (FontFamily::Proportional, "Inter-Regular.otf", "JetBrainsMono-Regular.ttf"),
        (FontFamily::Monospace, "JetBrainsMono-Regular.ttf", "Inter-Regular.otf"),
    ] {
        let bytes = std::fs::read(format!("../../assets/fonts/{file}")).unwrap();
        fonts.font_data.insert(file.into(), Arc::new(FontData::from_owned(bytes)));
        fonts.families.insert(family, vec![file.into(), other.into()]);
    }
    ctx.set_fonts(fonts);
}

fn harness<'a>(state: State, size: [f32; 2], scale: f32) -> Harness<'a, State> {
    Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_max_steps(60)
        .with_step_dt(0.05)
        .with_context_setup(fonts)
        .renderer(egui_kittest::wgpu::WgpuTestRenderer::from_render_state(render_state()))
        .build_ui_state(
            |ui, state: &mut State| {
                let palette = Palette::of(state.view.theme);
                let State { pane, history, view } = state;
                pane.ui(
                    ui,
                    &mut Context { history, view, link: &mut Silence, palette: &palette, place: &mut Host::default() },
                );
            },
            state,
        )
}

fn walker(view: View) -> State {
    let played = play("walker-walk", 4);
    let analysis = played.analysis(&[PathSource::Imagined, PathSource::Real]);
    State { history: played.history(Some(analysis)), view, pane: WorldPane::default() }
}

fn options() -> SnapshotOptions {
    SnapshotOptions::new().output_path("../../tests/lab/snapshots").max_failed_pixels(60)
}

fn compare_walker(theme: Theme, paths: PathChoice, scale: f32, name: &str) {
    let mut harness =
        harness(walker(View { theme, paths, ..View::default() }), [580.0, 380.0].map(|x| x / scale), scale);
    harness.run();
    harness.snapshot_options(name, &options());
}

#[test]
fn the_world_is_drawn_with_its_plan_and_its_figures() {
    compare_walker(Theme::Dark, PathChoice::Imagined, 1.0, "world-pane-dark");
}

#[test]
fn it_is_as_good_in_the_light_theme() {
    compare_walker(Theme::Light, PathChoice::Both, 1.0, "world-pane-light");
}

#[test]
fn in_a_narrow_room_on_a_dense_display_nothing_overlaps() {
    compare_walker(Theme::Dark, PathChoice::Real, 1.5, "world-pane-dense");
}

#[test]
fn before_the_first_decision_it_says_what_to_do() {
    let mut harness = harness(State::default(), [480.0, 320.0], 1.0);
    harness.run();
    harness.snapshot_options("world-pane-empty", &options());
}

#[test]
fn kinds_of_path_and_their_source_are_chosen_by_their_names() {
    let mut harness = harness(walker(View::default()), [760.0, 500.0], 1.0);
    harness.run();
    harness.get_by_label("samples").click();
    harness.run();
    assert_eq!(harness.state().view.kinds, [true, false, true, true]);
    for (label, choice) in [
        ("real", PathChoice::Real),
        ("both", PathChoice::Both),
        ("off", PathChoice::Off),
        ("imagined", PathChoice::Imagined),
    ] {
        harness.get_by_label(label).click();
        harness.run();
        assert_eq!(harness.state().view.paths, choice);
    }
    harness.get_by_label("follow").click();
    harness.run();
    assert!(!harness.state().view.follow);
}

#[test]
fn the_camera_turns_with_a_drag_and_returns_with_a_double_click() {
    let mut harness = harness(walker(View::default()), [600.0, 400.0], 1.0);
    harness.run();
    let yaw = |harness: &Harness<'_, State>| harness.state().pane.camera().unwrap().yaw;
    let before = yaw(&harness);
    harness.drag_at(egui::pos2(300.0, 200.0));
    harness.hover_at(egui::pos2(380.0, 200.0));
    harness.run();
    harness.drop_at(egui::pos2(380.0, 200.0));
    harness.run();
    assert!((yaw(&harness) - before).abs() > 0.2, "it turned");
    for _ in 0..2 {
        harness.drag_at(egui::pos2(300.0, 200.0));
        harness.drop_at(egui::pos2(300.0, 200.0));
    }
    harness.run();
    assert!((yaw(&harness) - before).abs() < 1e-6, "and came back");
}

#[test]
fn a_cursor_shows_the_decision_that_it_points_to() {
    let mut harness =
        harness(walker(View { cursor: Cursor::At(0), follow: false, ..View::default() }), [480.0, 360.0], 1.0);
    harness.run();
    let first = harness.render().unwrap();
    harness.state_mut().view.cursor = Cursor::At(3);
    harness.run();
    assert!(harness.render().unwrap() != first, "another decision is another picture");
    harness.state_mut().view.cursor = Cursor::At(0);
    harness.run();
    assert!(harness.render().unwrap() == first, "the same decision is the same picture");
}

#[test]
fn a_picture_and_a_video_are_saved_beside_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = walker(View::default());
    state.history.status.folder = Some(folder.path().display().to_string());
    let mut harness = harness(state, [320.0, 200.0], 1.0);
    harness.run();
    harness.render().unwrap();
    harness.get_by_label("picture").click();
    harness.run();
    let exports = folder.path().join("exports");
    let picture = image::open(exports.join("walker-walk-decision-3.png")).unwrap();
    assert!(picture.width() >= 600, "twice the size on the screen");
    harness.get_by_label("record").click();
    let video = exports.join("walker-walk-episode-84.gif");
    for _ in 0..2000 {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(2));
        // A whole one ends with its trailer.
        if std::fs::read(&video).is_ok_and(|bytes| bytes.ends_with(&[0x3b])) {
            let frames = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(std::fs::read(&video).unwrap()));
            assert_eq!(
                frames.unwrap().into_frames().collect_frames().unwrap().len(),
                4,
                "0.15 s at 25 frames a second"
            );
            return;
        }
    }
    panic!("the video never came to an end");
}

#[test]
fn an_unknown_task_is_told_and_nothing_else_breaks() {
    let mut state = walker(View::default());
    state.history.status.config.as_mut().unwrap().task.name = "walker-fly".into();
    let mut harness = harness(state, [480.0, 320.0], 1.0);
    harness.run();
    assert!(harness.state().pane.camera().is_none());
    harness.state_mut().history.status.config.as_mut().unwrap().task.name = "walker-walk".into();
    harness.run();
    assert!(harness.state().pane.camera().is_some(), "a task that is known is shown");
}
