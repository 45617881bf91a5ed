//! Videos and stills.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use bootstride_core::inspect::PathSource;
use bootstride_lab::ui::Palette;
use bootstride_lab::view::{Theme, View};
use bootstride_lab::world::BodyView;
use bootstride_lab::world::gif::{Progress, Recipe, Recorder, png};
use bootstride_render::Offscreen;
use bootstride_render::camera::Camera;
use bootstride_session::history::History;
use image::AnimationDecoder;
use image::codecs::gif::GifDecoder;

use super::fixture::{Played, play, render_state};

fn begin(played: &Played, history: &History, recipe: Recipe, file: &Path) -> Result<Recorder, String> {
    let body_view = BodyView::new(&played.task).unwrap();
    let state = render_state();
    let offscreen = Offscreen::new(&state.device, &state.queue);
    let (camera, view, palette) = (Camera::new(body_view.subject()), View::default(), Palette::of(Theme::Dark));
    Recorder::new(history, &played.task, recipe, offscreen, (&camera, &view, &palette), file)
}

#[test]
fn a_recording_plays_again_frame_for_frame_at_the_speed_of_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("walker.gif");
    // 20 decisions of 0.05 s are 0.95 s from the first to the last: 24 frames at 25 a second.
    let played = play("walker-walk", 20);
    let history = played.history(Some(played.analysis(&[PathSource::Imagined])));
    let recipe = Recipe { decisions: 0..=19, pixels: [160, 100], ..Recipe::default() };
    let mut recorder = begin(&played, &history, recipe, &file).unwrap();
    let mut calls = 0;
    let mut told = Vec::new();
    let frames = loop {
        match recorder.advance(&history) {
            Progress::Making(done, all) => told.push((done, all)),
            Progress::Done(frames) => break frames,
            Progress::Failed(error) => panic!("{error}"),
        }
        calls += 1;
        assert!(calls < 100_000, "it comes to an end");
        std::thread::sleep(std::time::Duration::from_millis(1));
    };
    assert_eq!(frames, 24);
    assert!(calls >= frames, "a frame per call at most: {calls} calls");
    assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0), "progress never goes back");
    let decoder = GifDecoder::new(BufReader::new(File::open(&file).unwrap())).unwrap();
    let decoded = decoder.into_frames().collect_frames().unwrap();
    assert_eq!(decoded.len(), frames);
    for frame in &decoded {
        assert_eq!((frame.buffer().width(), frame.buffer().height()), (160, 100));
        assert_eq!(frame.delay().numer_denom_ms(), (40, 1));
    }
    let differs = decoded.windows(2).filter(|pair| pair[0].buffer() != pair[1].buffer()).count();
    assert!(differs > 15, "the body moves: {differs} frames differ from the one before");
    assert_eq!(recorder.advance(&history), Progress::Done(24), "and it stays done");
}

#[test]
fn decisions_that_are_gone_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gone.gif");
    let played = play("pendulum-swingup", 3);
    let history = played.history(None);
    let recipe = Recipe { decisions: 1..=7, ..Recipe::default() };
    let error = begin(&played, &history, recipe, &file).unwrap_err();
    assert!(error.contains("1 to 7") && error.contains("no longer recorded"), "{error}");
    assert!(!file.exists(), "and no empty file is left");
    let recipe = Recipe { decisions: 0..=2, ..Recipe::default() };
    let error = begin(&played, &history, recipe, &folder.path().join("none/of.gif")).unwrap_err();
    assert!(error.contains("could not be written"), "{error}");
}

#[test]
fn a_still_is_a_png_of_the_same_pixels() {
    let image = image::RgbaImage::from_fn(7, 5, |x, y| image::Rgba([x as u8 * 30, y as u8 * 40, 9, 255]));
    let again = image::load_from_memory(&png(&image).unwrap()).unwrap().to_rgba8();
    assert_eq!(again, image);
}
