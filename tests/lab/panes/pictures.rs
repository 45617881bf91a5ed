//! Snapshots of the panes. `UPDATE_SNAPSHOTS=1` writes new ones.

use std::sync::Arc;
use std::time::Instant;

use bootstride_core::inspect::PlanAnalysis;
use bootstride_lab::View;
use bootstride_lab::panes::decision::{
    AgainstPane, ElitesPane, IterationsPane, NarrowingPane, StoryPane, WhatIfPane, standard_cases,
};
use bootstride_lab::panes::setup::{Draft, SetupPane};
use bootstride_lab::panes::timeline::TimelinePane;
use bootstride_lab::panes::{Context, Pane};
use bootstride_lab::view::{Cursor, Tab, Theme};
use bootstride_session::History;
use eframe::egui::{Rect, Ui, UiBuilder, pos2};
use egui_kittest::SnapshotOptions;
use egui_kittest::kittest::Queryable as _;

use super::{on_tab, shown};
use crate::sample;

fn options() -> SnapshotOptions {
    SnapshotOptions::new().output_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/snapshots"))
}

/// The tab "One decision" as the shell may lay it out, without the world.
#[derive(Default)]
struct DecisionTab {
    iterations: IterationsPane,
    narrowing: NarrowingPane,
    elites: ElitesPane,
    against: AgainstPane,
    what_if: WhatIfPane,
    story: StoryPane,
    timeline: TimelinePane,
}

impl Pane for DecisionTab {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let all = ui.available_rect_before_wrap();
        let (left, right) = (all.left() + all.width() * 0.25, all.right() - all.width() * 0.25);
        let foot = all.bottom() - 112.0;
        let middle = all.top() + (foot - all.top()) * 0.54;
        let third = (foot - all.top()) / 3.0;
        let mut put = |pane: &mut dyn Pane, rect: Rect| {
            let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(format!("{rect:?}")));
            child.set_clip_rect(rect);
            pane.ui(&mut child, cx);
            ui.painter().rect_stroke(rect, 0.0, (1.0, cx.palette.line), eframe::egui::StrokeKind::Inside);
        };
        let rect = |x: [f32; 2], y: [f32; 2]| Rect::from_min_max(pos2(x[0], y[0]), pos2(x[1], y[1]));
        put(&mut self.story, rect([all.left(), left], [foot - 290.0, foot]));
        put(&mut self.iterations, rect([left, right], [all.top(), middle]));
        put(&mut self.narrowing, rect([left, right], [middle, foot]));
        put(&mut self.elites, rect([right, all.right()], [all.top(), all.top() + third]));
        put(&mut self.against, rect([right, all.right()], [all.top() + third, all.top() + 2.0 * third]));
        put(&mut self.what_if, rect([right, all.right()], [all.top() + 2.0 * third, foot]));
        put(&mut self.timeline, rect([all.left(), all.right()], [foot, all.bottom()]));
    }
}

fn frozen(history: &mut History) -> View {
    let analysis: Arc<PlanAnalysis> = history.analyses.back().unwrap().clone();
    let cases = standard_cases(history.status.config.as_ref().unwrap());
    history.outcomes = Some((analysis.decision, sample::outcomes(analysis.decision, &cases)));
    View { tab: Tab::Decision, cursor: Cursor::At(analysis.decision), ..View::default() }
}

#[test]
fn task_and_agent_before_a_run() {
    let mut before = on_tab(SetupPane::new(Draft::default()), History::default(), Tab::Train, [300.0, 800.0]);
    before.snapshot_options("panes_setup", &options());
}

#[test]
fn task_and_agent_during_a_run() {
    let mut during = on_tab(SetupPane::default(), sample::history(), Tab::Train, [300.0, 1060.0]);
    during.snapshot_options("panes_setup_running", &options());
}

#[test]
fn task_and_agent_in_the_light() {
    let view = View { theme: Theme::Light, ..View::default() };
    let mut light = shown(SetupPane::default(), sample::history(), view, [300.0, 860.0]);
    light.snapshot_options("panes_setup_light", &options());
}

#[test]
fn the_timeline_of_a_run() {
    let mut train = on_tab(TimelinePane::default(), sample::history(), Tab::Train, [1280.0, 112.0]);
    train.snapshot_options("panes_timeline", &options());
}

/// All panes of this brief at once, and how long drawing them took.
#[derive(Default)]
struct Timed {
    setup: SetupPane,
    decision: DecisionTab,
    seconds: Vec<f64>,
}

impl Pane for Timed {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let start = Instant::now();
        let all = ui.available_rect_before_wrap();
        let left = Rect::from_min_max(all.min, pos2(all.left() + 262.0, all.bottom()));
        let mut child = ui.new_child(UiBuilder::new().max_rect(left).id_salt("setup"));
        self.setup.ui(&mut child, cx);
        let right = all.with_min_x(left.right());
        let mut child = ui.new_child(UiBuilder::new().max_rect(right).id_salt("decision"));
        self.decision.ui(&mut child, cx);
        self.seconds.push(start.elapsed().as_secs_f64());
    }
}

#[test]
fn all_panes_together_take_little_of_a_frame() {
    let mut history = sample::history();
    let view = frozen(&mut history);
    history.decisions = sample::decisions(0..=119, 500).into();
    let mut lab = shown(Timed::default(), history, view, [1280.0, 756.0]);
    for _ in 0..100 {
        // While training, something new comes every frame.
        lab.state_mut().history.generation += 1;
        lab.step();
    }
    let seconds = &mut lab.state_mut().pane.seconds;
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!("median {:.2} ms", median * 1e3);
    // 2 ms on a quiet machine; the bound leaves room for a busy one.
    assert!(median < 6e-3, "{median} s");
}

#[test]
fn a_body_with_many_actions_scrolls() {
    let config = sample::config("dog-walk");
    let mut history = sample::history();
    let newest = history.newest().unwrap().number;
    history.analyses.push_back(Arc::new(sample::analysis(newest, &config.planner, 38, 30.0)));
    history.status.config = Some(Box::new(config));
    let mut pane = on_tab(NarrowingPane::default(), history, Tab::Decision, [620.0, 300.0]);
    pane.snapshot_options("panes_narrowing_dog", &options());
}

#[test]
fn the_dialog_that_opens_a_run() {
    let mut pane = SetupPane::default();
    pane.open_folder("runs/walker-walk/bmpc-seed1");
    let mut dialog = on_tab(pane, History::default(), Tab::Train, [560.0, 420.0]);
    // It looks for runs on a thread of its own.
    while dialog.query_by_label_contains("Looking").is_some() {
        dialog.step();
    }
    dialog.run();
    dialog.snapshot_options("panes_open", &options());
}
