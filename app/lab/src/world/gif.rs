//! Export of images and videos of the world: a PNG of a scene, an animated GIF of a range of decisions.
//!
//! A recording renders one frame per call without blocking: the GPU draws while the lab continues, and a separate
//! thread encodes the frames. Native only, because it needs files and threads.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use bootstride_core::task::TaskConfig;
use bootstride_render::camera::Camera;
use bootstride_render::scene::{Scene, SceneLook};
use bootstride_render::{Animation, EncodingError, Offscreen, Pending, PictureSize};
use bootstride_session::history::History;
use image::{ImageFormat, RgbaImage};

use super::body_view::BodyView;
use super::{look_of, paths};
use crate::ui::Palette;
use crate::ui::number::{narrow, whole};
use crate::view::View;

/// Maximum number of frames in flight.
const UNDER_WAY: usize = 3;

/// The settings of a recording.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Numbers of the first and last decision.
    pub decisions: RangeInclusive<u32>,
    /// Width and height in pixels.
    pub pixels: [u32; 2],
    /// Frames per second, rounded to what GIF supports.
    pub frames_per_second: f32,
    /// Simulated time divided by video time.
    pub speed: f32,
    /// Whether the view's paths are drawn if the analysis of a decision is known.
    pub paths: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { decisions: 0..=0, pixels: [640, 400], frames_per_second: 25.0, speed: 1.0, paths: true }
    }
}

/// The progress of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Frames encoded, and the total.
    Making(usize, usize),
    /// Complete: the file is written.
    Done(usize),
    /// Failed, with the error.
    Failed(String),
}

/// A recording in progress.
#[derive(Debug)]
pub struct Recorder {
    recipe: Recipe,
    view: View,
    palette: Palette,
    body_view: BodyView,
    camera: Camera,
    offscreen: Offscreen,
    /// Decisions per frame.
    stride: f64,
    frames: usize,
    next: usize,
    under_way: VecDeque<Pending>,
    packed: usize,
    written: bool,
    to_packer: Option<Sender<RgbaImage>>,
    from_packer: Receiver<Result<(), String>>,
    ended: Option<Progress>,
}

impl Recorder {
    /// Starts a recording of decisions of `history` into `file`, with this camera.
    ///
    /// # Errors
    /// If there is nothing to record, the task cannot be created, or the file cannot be written.
    pub fn new(
        history: &History,
        task: &TaskConfig,
        recipe: Recipe,
        offscreen: Offscreen,
        (camera, view, palette): (&Camera, &View, &Palette),
        file: &Path,
    ) -> Result<Self, String> {
        let [first, last] = [recipe.decisions.start(), recipe.decisions.end()].map(|number| history.index(*number));
        let (Some(first), Some(last)) = (first, last) else {
            let (first, last) = (recipe.decisions.start(), recipe.decisions.end());
            return Err(format!("Decisions {first} to {last} are no longer recorded; choose later ones."));
        };
        let body_view = BodyView::new(task).map_err(|error| error.to_string())?;
        // Hundredths of a second between frames, at least two: viewers slow down shorter delays.
        let hundredths = (100.0 / f64::from(recipe.frames_per_second.max(0.1))).round().max(2.0);
        let decision = body_view.decision_time();
        let stride = (0.01 * hundredths * f64::from(recipe.speed.max(0.01)) / decision).max(1e-3);
        let frames =
            whole((f64::from(u32::try_from(last.saturating_sub(first)).unwrap_or(u32::MAX)) / stride).floor()) + 1;
        let out = File::create(file).map_err(|error| format!("{} could not be written: {error}.", file.display()))?;
        let (to_packer, frames_in) = channel();
        let (say, from_packer) = channel();
        let delay = u16::try_from(whole(hundredths)).unwrap_or(u16::MAX);
        let packed = (recipe.pixels, delay);
        thread::spawn(move || pack(&frames_in, &say, packed, BufWriter::new(out)));
        Ok(Self {
            view: view.clone(),
            palette: *palette,
            camera: *camera,
            recipe,
            body_view,
            offscreen,
            stride,
            frames,
            next: 0,
            under_way: VecDeque::new(),
            packed: 0,
            written: false,
            to_packer: Some(to_packer),
            from_packer,
            ended: None,
        })
    }

    /// Advances by at most one frame, without waiting.
    pub fn advance(&mut self, history: &History) -> Progress {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        if let Err(error) = self.collect() {
            return self.end(Progress::Failed(error));
        }
        if self.written {
            return self.end(Progress::Done(self.frames));
        }
        if self.next < self.frames && self.under_way.len() < UNDER_WAY {
            match self.draw(history) {
                Ok(pending) => self.under_way.push_back(pending),
                Err(error) => return self.end(Progress::Failed(error)),
            }
        }
        Progress::Making(self.packed.min(self.frames), self.frames)
    }

    fn end(&mut self, progress: Progress) -> Progress {
        self.to_packer = None;
        self.ended = Some(progress.clone());
        progress
    }

    /// Passes rendered frames to the encoder, and counts those it has encoded.
    fn collect(&mut self) -> Result<(), String> {
        while self.under_way.front().is_some_and(Pending::arrived) {
            let image = self.under_way.pop_front().and_then(Pending::take);
            let image = image.ok_or("The GPU did not return a frame; record again.")?;
            // An encoder that has ended has reported the reason.
            let _ = self.to_packer.as_ref().map(|packer| packer.send(image));
        }
        loop {
            match self.from_packer.try_recv() {
                Ok(said) => {
                    said?;
                    self.packed += 1;
                }
                // The encoder sends a last message when the file is closed, and ends.
                Err(TryRecvError::Disconnected) if self.packed > self.frames => {
                    self.written = true;
                    break;
                }
                Err(TryRecvError::Disconnected) => return Err("The video encoder has stopped.".into()),
                Err(TryRecvError::Empty) => break,
            }
        }
        if self.next == self.frames && self.under_way.is_empty() {
            self.to_packer = None;
        }
        Ok(())
    }

    fn draw(&mut self, history: &History) -> Result<Pending, String> {
        let gone = || "Some of its decisions are no longer recorded; record again.".to_owned();
        let frame = f64::from(u32::try_from(self.next).unwrap_or(u32::MAX));
        let place = frame * self.stride;
        let first = history.index(*self.recipe.decisions.start()).ok_or_else(gone)?;
        let decision = history.decisions.get(first + whole(place.floor())).ok_or_else(gone)?;
        let after = history.decisions.get(first + whole(place.floor()) + 1);
        let words = |error: bootstride_core::task::TaskError| error.to_string();
        let mut posture = self.body_view.posture(decision).map_err(words)?;
        if let Some(after) = after.filter(|after| after.episode == decision.episode) {
            let after = self.body_view.posture(after).map_err(words)?;
            posture = std::sync::Arc::new(posture.toward(&after, narrow(place.fract())));
        }
        let [width, height] = self.recipe.pixels.map(bootstride_render::maths::pixels);
        if self.view.follow {
            let seconds = if self.next == 0 { f32::INFINITY } else { 1.0 / self.recipe.frames_per_second.max(0.1) };
            self.camera.follow(self.body_view.focus(&posture), seconds);
        }
        let analysis = self.recipe.paths.then(|| history.analysis(decision.number)).flatten();
        let traces = analysis.map_or_else(Vec::new, |analysis| paths::traces(analysis, &self.view, &self.palette));
        let look = SceneLook { dither: false, ..look_of(&self.palette) };
        let scene = self.body_view.scene(&posture, self.camera.lens(width / height), look, traces, &self.palette);
        self.next += 1;
        let size = PictureSize { pixels: self.recipe.pixels, scale: 1.0 };
        self.offscreen.begin(&scene, size).ok_or_else(|| "The GPU cannot render an image of this size.".to_owned())
    }
}

/// Encodes frames as they arrive; sends a message for each one, and another when the file is complete.
fn pack(
    frames: &Receiver<RgbaImage>,
    say: &Sender<Result<(), String>>,
    (pixels, delay): ([u32; 2], u16),
    mut out: impl Write,
) {
    let mut work = || -> Result<(), String> {
        let words = |error: EncodingError| format!("The video could not be written: {error}.");
        {
            let size = pixels.map(|side| u16::try_from(side).unwrap_or(u16::MAX));
            let mut animation = Animation::new(&mut out, size, delay).map_err(words)?;
            for image in frames {
                animation.add(&image).map_err(words)?;
                // The receiver may be gone.
                let _ = say.send(Ok(()));
            }
        }
        out.flush().map_err(|error| format!("The video could not be written: {error}."))
    };
    let _ = say.send(work());
}

/// Encodes an image as a PNG file.
///
/// # Errors
/// If the image cannot be encoded.
pub fn png(image: &RgbaImage) -> Result<Vec<u8>, String> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| format!("The image could not be encoded: {error}."))?;
    Ok(bytes.into_inner())
}

/// Draws a scene and waits for it.
///
/// # Errors
/// If the device returns no image.
pub fn still(offscreen: &mut Offscreen, scene: &Scene, size: PictureSize) -> Result<RgbaImage, String> {
    let pending = offscreen.begin(scene, size).ok_or("The GPU cannot render an image of this size.")?;
    pending.wait().ok_or_else(|| "The GPU did not return the image; try again.".to_owned())
}
