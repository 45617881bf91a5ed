//! Export of images and videos of the pane to files.

use std::fs;
use std::path::{Path, PathBuf};

use bootstride_render::camera::Camera;
use bootstride_render::scene::{Scene, SceneLook};
use bootstride_render::{Handle, PictureSize};
use bootstride_session::history::History;
use eframe::egui::{self, Align2, FontId, Rect, Ui, pos2};

use super::super::body_view::BodyView;
use super::super::gif::{Progress, Recipe, Recorder, png, still};
use super::controls::{self, MARGIN};
use crate::panes::Context;

/// Maximum length of a video, decisions.
const LONGEST: usize = 500;

/// Display time of the message about a finished file, s.
const STAYS: f64 = 8.0;

/// Exports of a pane.
#[derive(Debug, Default)]
pub(super) struct Export {
    recorder: Option<(Recorder, PathBuf)>,
    said: Option<(f64, String)>,
    progress: Option<String>,
}

/// The scene shown.
pub(super) struct Shown<'a> {
    pub body_view: &'a BodyView,
    pub camera: &'a Camera,
    pub scene: &'a Scene,
    pub handle: &'a Handle,
}

impl Export {
    /// Advances a recording.
    pub fn go_on(&mut self, ui: &Ui, history: &History) {
        let Some((recorder, file)) = &mut self.recorder else { return };
        ui.ctx().request_repaint();
        let file = file.display().to_string();
        match recorder.advance(history) {
            Progress::Making(done, all) => self.progress = Some(format!("Recording: frame {done} of {all}")),
            Progress::Done(frames) => self.end(ui, format!("{frames} frames in {file}")),
            Progress::Failed(error) => self.end(ui, error),
        }
    }

    /// Cancels a recording whose decisions are gone.
    pub fn stop(&mut self) {
        (self.recorder, self.progress) = (None, None);
    }

    fn end(&mut self, ui: &Ui, text: String) {
        self.stop();
        self.said = Some((ui.input(|input| input.time) + STAYS, text));
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(STAYS));
    }

    /// Draws the buttons left of `corner`, and a status message.
    pub fn ui(&mut self, ui: &mut Ui, corner: egui::Pos2, rect: Rect, cx: &Context<'_>, shown: &Shown<'_>) {
        let mut left = corner.x;
        let recording = self.recorder.is_some();
        let opacity = if recording { 1.0 } else { controls::opacity(ui, rect) };
        let hint = "Records the decisions of this episode up to the one shown as an animated GIF.";
        if controls::faint_button_ui(ui, rect, corner, cx, ("record", recording, hint), opacity, &mut left) {
            if recording {
                self.end(ui, "The recording was stopped; its file is incomplete.".into());
            } else if let Err(error) = self.record(cx, shown) {
                self.end(ui, error);
            }
        }
        let hint = "Saves this view as a PNG at twice its size.";
        if controls::faint_button_ui(ui, rect, pos2(left, corner.y), cx, ("picture", false, hint), opacity, &mut left) {
            let text = picture(rect, cx, shown).unwrap_or_else(|error| error);
            self.end(ui, text);
        }
        let now = ui.input(|input| input.time);
        self.said.take_if(|(until, _)| now > *until);
        if let Some(text) = self.progress.as_ref().or(self.said.as_ref().map(|(_, text)| text)) {
            let at = pos2(rect.right() - MARGIN, rect.bottom() - MARGIN);
            ui.painter().text(at, Align2::RIGHT_BOTTOM, text, FontId::proportional(12.5), cx.palette.text);
        }
    }

    fn record(&mut self, cx: &Context<'_>, shown: &Shown<'_>) -> Result<(), String> {
        let last = cx.decision().ok_or("There is no decision to record yet.")?;
        let index = cx.history.index(last.number).ok_or("This decision is no longer recorded.")?;
        let newest_first = cx.history.decisions.iter().take(index + 1).rev().take(LONGEST + 1);
        let episode = newest_first.take_while(|past| past.episode == last.episode);
        let first = episode.last().map_or(last.number, |first| first.number);
        if first == last.number {
            return Err("There is one decision so far; a video needs two.".into());
        }
        let offscreen = shown.handle.offscreen().ok_or("Videos need the 3D view, which this window does not have.")?;
        let file = file(cx.history, &format!("episode-{}", last.episode), "gif")?;
        let recipe = Recipe { decisions: first..=last.number, ..Recipe::default() };
        let seen = (shown.camera, &*cx.view, cx.palette);
        let recorder = Recorder::new(cx.history, shown.body_view.task(), recipe, offscreen, seen, &file)?;
        self.recorder = Some((recorder, file));
        Ok(())
    }
}

/// Saves an image; returns a message with its path.
fn picture(rect: Rect, cx: &Context<'_>, shown: &Shown<'_>) -> Result<String, String> {
    let mut offscreen = shown.handle.offscreen().ok_or("Images need the 3D view, which this window does not have.")?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of a window")]
    let pixels = [rect.width(), rect.height()].map(|side| (2.0 * side).clamp(2.0, 4096.0) as u32);
    let scene = Scene { look: SceneLook { dither: false, ..shown.scene.look }, ..shown.scene.clone() };
    let image = still(&mut offscreen, &scene, PictureSize { pixels, scale: 2.0 })?;
    let number = cx.decision().map_or(0, |decision| decision.number);
    let file = file(cx.history, &format!("decision-{number}"), "png")?;
    let written = png(&image).and_then(|bytes| {
        fs::write(&file, bytes).map_err(|error| format!("{} could not be written: {error}.", file.display()))
    });
    written.map(|()| format!("Saved {}", file.display()))
}

/// Returns a free file name in the run's folder, or in the working folder.
fn file(history: &History, name: &str, ending: &str) -> Result<PathBuf, String> {
    let folder =
        history.status.folder.as_ref().map_or_else(|| PathBuf::from("."), |run| Path::new(run).join("exports"));
    fs::create_dir_all(&folder).map_err(|error| format!("{} could not be created: {error}.", folder.display()))?;
    let task = history.status.config.as_ref().map_or("world", |config| config.task.name.as_str());
    let named = |count: u32| {
        let suffix = if count == 0 { String::new() } else { format!("-{count}") };
        folder.join(format!("{task}-{name}{suffix}.{ending}"))
    };
    Ok((0..=u32::MAX).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(0)))
}
