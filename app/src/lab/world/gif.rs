//! Pictures and videos of the world to keep: a PNG of a scene, an animated GIF of a stretch of decisions.
//!
//! A recording makes one frame per call and never waits: the device draws while the lab goes on, and a thread of its own
//! packs the frames. Native only, as files and threads are.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use bootstride_core::config::TaskConfig;
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, ImageFormat, RgbaImage};

use super::body_view::BodyView;
use super::paths;
use crate::lab::ui::Palette;
use crate::lab::ui::number::{narrow, whole};
use crate::lab::view::View;
use crate::render::camera::Camera;
use crate::render::scene::{Scene, SceneLook};
use crate::render::{Offscreen, Pending, PictureSize};
use crate::session::history::History;

/// Frames that may be under way at a time.
const UNDER_WAY: usize = 3;

/// How hard the packer looks for good colours: 1 is best, 30 is fastest.
const PACKING_SPEED: i32 = 8;

/// What a recording is to be.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Numbers of the first and last decision.
    pub decisions: RangeInclusive<u32>,
    /// Width and height in pixels.
    pub pixels: [u32; 2],
    /// Frames per second; the nearest that a GIF can say counts.
    pub frames_per_second: f32,
    /// Simulated time over the video's time.
    pub speed: f32,
    /// Whether the paths of the view are drawn, where the analysis of a decision is known.
    pub paths: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self { decisions: 0..=0, pixels: [640, 400], frames_per_second: 25.0, speed: 1.0, paths: true }
    }
}

/// How far a recording is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// So many frames of so many are packed.
    Making(usize, usize),
    /// All are, and the file is written.
    Done(usize),
    /// It could not be made: what went wrong.
    Failed(String),
}

/// A video in the making.
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
    /// Begins a recording of decisions of `history` into `file`, seen by this camera.
    ///
    /// # Errors
    /// In words: there is nothing to record, the task cannot be made, or the file cannot be written.
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
        // Hundredths of a second between frames, at least two: viewers slow down what says less.
        let hundredths = (100.0 / f64::from(recipe.frames_per_second.max(0.1))).round().max(2.0);
        let decision = body_view.decision_time();
        let stride = (0.01 * hundredths * f64::from(recipe.speed.max(0.01)) / decision).max(1e-3);
        let frames =
            whole((f64::from(u32::try_from(last.saturating_sub(first)).unwrap_or(u32::MAX)) / stride).floor()) + 1;
        let out = File::create(file).map_err(|error| format!("{} could not be written: {error}.", file.display()))?;
        let (to_packer, frames_in) = channel();
        let (say, from_packer) = channel();
        let delay = Delay::from_numer_denom_ms(u32::try_from(whole(10.0 * hundredths)).unwrap_or(40), 1);
        thread::spawn(move || pack(&frames_in, &say, delay, BufWriter::new(out)));
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

    /// Goes on by at most a frame, without waiting for any.
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

    /// Gives frames that have come from the device to the packer, and counts those that it has packed.
    fn collect(&mut self) -> Result<(), String> {
        while self.under_way.front().is_some_and(Pending::arrived) {
            let image = self.under_way.pop_front().and_then(Pending::take);
            let image = image.ok_or("The GPU did not return a frame; record again.")?;
            // A packer that is gone has said why.
            let _ = self.to_packer.as_ref().map(|packer| packer.send(image));
        }
        loop {
            match self.from_packer.try_recv() {
                Ok(said) => {
                    said?;
                    self.packed += 1;
                }
                // It says one word more when the file is closed, and goes.
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
        let [width, height] = self.recipe.pixels.map(crate::render::maths::pixels);
        if self.view.follow {
            let seconds = if self.next == 0 { f32::INFINITY } else { 1.0 / self.recipe.frames_per_second.max(0.1) };
            self.camera.follow(self.body_view.focus(&posture), seconds);
        }
        let analysis = self.recipe.paths.then(|| history.analysis(decision.number)).flatten();
        let traces = analysis.map_or_else(Vec::new, |analysis| paths::traces(analysis, &self.view, &self.palette));
        let look = SceneLook { dither: false, ..SceneLook::of(&self.palette) };
        let scene = self.body_view.scene(&posture, self.camera.lens(width / height), look, traces, &self.palette);
        self.next += 1;
        let size = PictureSize { pixels: self.recipe.pixels, scale: 1.0 };
        self.offscreen.begin(&scene, size).ok_or_else(|| "The GPU cannot render an image of this size.".to_owned())
    }
}

/// Packs frames as they come, says so of each, and once more when the file is whole.
fn pack(frames: &Receiver<RgbaImage>, say: &Sender<Result<(), String>>, delay: Delay, mut out: impl Write) {
    let mut work = || -> Result<(), String> {
        let words = |error: image::ImageError| format!("The video could not be written: {error}.");
        {
            let mut encoder = GifEncoder::new_with_speed(&mut out, PACKING_SPEED);
            encoder.set_repeat(Repeat::Infinite).map_err(words)?;
            for image in frames {
                encoder.encode_frame(Frame::from_parts(image, 0, 0, delay)).map_err(words)?;
                // Whoever recorded may have gone.
                let _ = say.send(Ok(()));
            }
        }
        out.flush().map_err(|error| format!("The video could not be written: {error}."))
    };
    let _ = say.send(work());
}

/// A picture as the bytes of a PNG file.
///
/// # Errors
/// In words, where the picture cannot be packed.
pub fn png(image: &RgbaImage) -> Result<Vec<u8>, String> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).map_err(|error| format!("The image could not be encoded: {error}."))?;
    Ok(bytes.into_inner())
}

/// Draws a scene and waits for it.
///
/// # Errors
/// In words, where the device gives no picture.
pub fn still(offscreen: &mut Offscreen, scene: &Scene, size: PictureSize) -> Result<RgbaImage, String> {
    let pending = offscreen.begin(scene, size).ok_or("The GPU cannot render an image of this size.")?;
    pending.wait().ok_or_else(|| "The GPU did not return the image; try again.".to_owned())
}
