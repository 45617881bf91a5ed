//! The pane that shows the world: the body, the plan, and key figures.

mod controls;
#[cfg(not(target_family = "wasm"))]
mod export;
mod figures;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bootstride_core::inspect::{Decision, PlanAnalysis};
use bootstride_render::Handle;
use bootstride_render::camera::Camera;
use bootstride_render::maths::{length, sub};
use bootstride_render::scene::{Scene, SceneLook, Trace};
use eframe::egui::{self, Align2, FontId, Rect, Sense, Ui, WidgetInfo, vec2};

use super::body_view::{BodyView, Posture};
use super::callback::WorldCallback;
use super::look_of;
use super::paths;
use crate::panes::{Context, Needs, Pane, PaneSpec, Place};
use crate::view::{Cursor, PathChoice, Tab, View};

/// Maximum age, in decisions, of the newest analysis for its paths to be drawn. Analyses with real paths arrive about
/// every fourth decision of a walker; with a smaller number the paths would flicker.
const STALE: usize = 6;

/// The world in 3D.
#[derive(Debug)]
pub struct WorldPane {
    view: u64,
    body_view: Option<BodyView>,
    camera: Option<Camera>,
    /// The reason why there is no body, and its task.
    failure: Option<(bootstride_core::task::TaskConfig, String)>,
    traces: Option<(TracesKey, Vec<Trace>)>,
    handle: Handle,
    #[cfg(not(target_family = "wasm"))]
    export: export::Export,
}

/// The inputs of the traces.
#[derive(Debug, PartialEq)]
struct TracesKey {
    analysis: usize,
    decision: u32,
    updates: u64,
    choice: PathChoice,
    kinds: [bool; 4],
    dark: bool,
}

impl Default for WorldPane {
    fn default() -> Self {
        static VIEWS: AtomicU64 = AtomicU64::new(0);
        Self {
            view: VIEWS.fetch_add(1, Ordering::Relaxed),
            body_view: None,
            camera: None,
            failure: None,
            traces: None,
            handle: Handle::default(),
            #[cfg(not(target_family = "wasm"))]
            export: export::Export::default(),
        }
    }
}

impl WorldPane {
    /// The description.
    pub const SPEC: PaneSpec = PaneSpec {
        places: &[
            Place::column(Tab::Train, 1, 1.0),
            Place::column(Tab::Decision, 0, 0.56),
            Place::column(Tab::Values, 2, 0.45).last(),
            Place::column(Tab::Tour, 1, 0.6),
        ],
        least_width: 272.0,
        needs: |view| Needs {
            imagined: matches!(view.paths, PathChoice::Imagined | PathChoice::Both),
            real: matches!(view.paths, PathChoice::Real | PathChoice::Both),
            ..Needs::NOTHING
        },
        ..PaneSpec::new("world", "World", "World")
    };
}

impl Pane for WorldPane {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Context<'_>) {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, "World in 3D"));
        ui.painter().rect_filled(rect, 0.0, cx.palette.background);
        self.meet(cx);
        let shown = self.shown(ui, cx);
        match shown {
            Ok(Some(posture)) => {
                self.look(ui, &response, cx, &posture);
                let Some(scene) = self.scene(cx, rect, &posture) else { return };
                // Stays visible if nothing is drawn over it, that is, if egui does not paint with wgpu.
                message_ui(ui, rect, cx, "The 3D view needs wgpu, which this window does not use.");
                if rect.width() >= 1.0 && rect.height() >= 1.0 {
                    ui.painter().add(WorldCallback::shape(self.view, rect, Arc::clone(&scene), &self.handle));
                }
                #[cfg(not(target_family = "wasm"))]
                self.export.go_on(ui, cx.history);
                self.over_ui(ui, rect, cx, &posture, &scene);
            }
            Ok(None) => {
                #[cfg(not(target_family = "wasm"))]
                self.export.stop();
                let text = if cx.history.decisions.is_empty() {
                    "The body appears with the first decision. Start a run, or open one."
                } else {
                    "This decision is no longer recorded. Choose a later one."
                };
                message_ui(ui, rect, cx, text);
                controls::kinds_ui(ui, rect, cx);
                controls::choices_ui(ui, rect, cx);
            }
            Err(text) => message_ui(ui, rect, cx, &text),
        }
    }
}

impl WorldPane {
    /// Returns the camera, once there is a body.
    #[must_use]
    pub fn camera(&self) -> Option<&Camera> {
        self.camera.as_ref()
    }

    /// Creates the body of the run's task, if it has changed.
    fn meet(&mut self, cx: &Context<'_>) {
        let Some(config) = &cx.history.status.config else {
            (self.body_view, self.camera, self.failure) = (None, None, None);
            return;
        };
        let known = self.body_view.as_ref().map(BodyView::task).or(self.failure.as_ref().map(|(task, _)| task));
        if known == Some(&config.task) {
            return;
        }
        self.traces = None;
        (self.body_view, self.failure) = match BodyView::new(&config.task) {
            Ok(body_view) => (Some(body_view), None),
            Err(error) => (None, Some((config.task.clone(), format!("This task has no body to show: {error}.")))),
        };
        self.camera = self.body_view.as_ref().map(|body_view| Camera::new(body_view.subject()));
    }

    /// Returns the posture to draw; `None` before the first decision.
    fn shown(&mut self, ui: &Ui, cx: &Context<'_>) -> Result<Option<Arc<Posture>>, String> {
        if let Some((_, text)) = &self.failure {
            return Err(text.clone());
        }
        let (Some(body_view), Some(decision)) = (&mut self.body_view, cx.decision()) else { return Ok(None) };
        let time = ui.input(|input| input.time);
        let posture = match cx.view.cursor {
            Cursor::Live => {
                let decisions = &cx.history.decisions;
                let before = decisions.len().checked_sub(2).and_then(|index| decisions.get(index));
                body_view.live(decision, before, time)
            }
            Cursor::At(_) => body_view.posture(decision),
        };
        if cx.view.cursor == Cursor::Live && body_view.moving(time) {
            ui.ctx().request_repaint_after_secs(cx.view.frame_seconds);
        }
        posture.map(Some).map_err(|error| format!("This decision cannot be shown: {error}."))
    }

    /// Moves the camera by user input, and after the body.
    fn look(&mut self, ui: &Ui, response: &egui::Response, cx: &mut Context<'_>, posture: &Posture) {
        let (Some(body_view), Some(camera)) = (&self.body_view, &mut self.camera) else { return };
        let height = response.rect.height().max(1.0);
        let [top, bottom] = controls::covered(ui, response.rect);
        camera.reserve(top / height, bottom.max(cx.view.covered) / height);
        if controls::steer(ui, response, camera) {
            cx.view.follow = true;
        }
        if cx.view.follow {
            let focus = body_view.focus(posture);
            camera.follow(focus, ui.input(|input| input.stable_dt).min(0.1));
            if length(sub(focus, camera.target)) > 1e-3 * body_view.subject().half[1] {
                ui.ctx().request_repaint_after_secs(cx.view.frame_seconds);
            }
        }
    }

    fn scene(&mut self, cx: &Context<'_>, rect: Rect, posture: &Posture) -> Option<Arc<Scene>> {
        let traces = self.traces(cx, posture);
        let (body_view, camera) = (self.body_view.as_ref()?, self.camera.as_ref()?);
        let lens = camera.lens(rect.width() / rect.height().max(1.0));
        let look = SceneLook { dither: self.handle.in_window(), ..look_of(cx.palette) };
        Some(Arc::new(body_view.scene(posture, lens, look, traces, cx.palette)))
    }

    /// Returns the paths over the body, if they belong to the decision shown.
    fn traces(&mut self, cx: &Context<'_>, posture: &Posture) -> Vec<Trace> {
        // Counted in recorded decisions: with several environments their numbers are further apart.
        let place = |number| cx.history.index(number);
        let near = |analysis: &&Arc<PlanAnalysis>| match (place(posture.number), place(analysis.decision)) {
            (Some(shown), Some(analyzed)) => shown.abs_diff(analyzed) <= STALE,
            _ => posture.number.abs_diff(analysis.decision) as usize <= STALE,
        };
        let Some(analysis) = cx.analysis().filter(near).filter(|_| cx.view.paths != PathChoice::Off) else {
            return Vec::new();
        };
        let View { paths: choice, kinds, .. } = *cx.view;
        let key = TracesKey {
            analysis: Arc::as_ptr(analysis).addr(),
            decision: analysis.decision,
            updates: analysis.updates,
            choice,
            kinds,
            dark: cx.palette.dark,
        };
        if self.traces.as_ref().is_none_or(|(known, _)| *known != key) {
            self.traces = Some((key, paths::traces(analysis, cx.view, cx.palette)));
        }
        self.traces.as_ref().map_or_else(Vec::new, |(_, traces)| traces.clone())
    }

    /// Draws everything over the picture.
    fn over_ui(&mut self, ui: &mut Ui, rect: Rect, cx: &mut Context<'_>, posture: &Posture, scene: &Scene) {
        controls::kinds_ui(ui, rect, cx);
        let corner = controls::choices_ui(ui, rect, cx);
        #[cfg(not(target_family = "wasm"))]
        if let (Some(body_view), Some(camera)) = (&self.body_view, &self.camera) {
            self.export.ui(ui, corner, rect, cx, &export::Shown { body_view, camera, scene, handle: &self.handle });
        }
        #[cfg(target_family = "wasm")]
        {
            let _ = scene;
            controls::picture_ui(ui, corner, rect, cx);
        }
        let decision: Option<&Decision> = cx.decision();
        let roams = self.body_view.as_ref().is_some_and(BodyView::roams);
        if let Some(decision) = decision {
            figures::ui(ui, rect, cx, decision, roams.then(|| posture.speed()));
        }
    }
}

fn message_ui(ui: &Ui, rect: Rect, cx: &Context<'_>, text: &str) {
    let room = rect.shrink2(vec2(0.1 * rect.width(), 0.0));
    let galley = ui.painter().layout(text.to_owned(), FontId::proportional(14.0), cx.palette.weak, room.width());
    let at = Align2::CENTER_CENTER.align_size_within_rect(galley.size(), room);
    ui.painter().galley(at.min, galley, cx.palette.weak);
}
