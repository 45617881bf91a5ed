//! Films of trained agents.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use bootstride_tests::skip::skip;
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder as _, Frame};

use crate::tool::{Done, run, workplace};

const WALKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/checkpoints/walker-walk");

/// Films the shipped walker; `None`, and the test is skipped, if there is no graphics adapter.
fn film(folder: &Path, more: &[&str]) -> Option<Done> {
    let mut arguments = vec!["film", WALKER, "--size", "240x144", "--rate", "10"];
    arguments.extend(more);
    let done = run(folder, &arguments);
    if done.err.contains("drawing needs a graphics adapter") {
        skip("there is no graphics adapter for films");
        return None;
    }
    Some(done)
}

fn frames(file: &Path) -> Vec<Frame> {
    let decoder = GifDecoder::new(BufReader::new(File::open(file).unwrap())).unwrap();
    decoder.into_frames().collect_frames().unwrap()
}

/// Number of pixels in the colour of the plan, magenta, which nothing else in the picture has.
fn plan(frame: &Frame) -> usize {
    let magenta = |[r, g, b, _]: [u8; 4]| r > 150 && b > 110 && u32::from(g) + 60 < u32::from(r.min(b));
    frame.buffer().pixels().filter(|pixel| magenta(pixel.0)).count()
}

#[test]
fn a_film_shows_the_agent_in_motion_with_its_plan_at_the_speed_of_the_world() {
    let folder = workplace();
    let Some(done) = film(folder.path(), &["--start", "1", "--seconds", "1.5"]) else { return };
    let done = done.with_code(0);
    assert!(done.out.starts_with("16 frames, ") && done.out.ends_with("walker-walk.gif\n"), "{}", done.out);
    let frames = frames(&folder.path().join("walker-walk.gif"));
    assert_eq!(frames.len(), 16, "1.5 s at ten frames per second, and the last one");
    for frame in &frames {
        assert_eq!(frame.buffer().dimensions(), (240, 144));
        assert_eq!(frame.delay().numer_denom_ms(), (100, 1));
        assert!(frame.buffer().pixels().all(|pixel| pixel.0[3] == 255), "what has not changed is still shown");
        assert!(plan(frame) > 0, "every frame shows the plan");
    }
    assert!(frames.windows(2).all(|pair| pair[0].buffer() != pair[1].buffer()), "the walker walks");
}

#[test]
fn without_paths_only_the_body_is_drawn() {
    let folder = workplace();
    let arguments = ["--seconds", "0.5", "--paths", "off", "--out", "bare.gif"];
    let Some(done) = film(folder.path(), &arguments) else { return };
    done.with_code(0);
    assert!(frames(&folder.path().join("bare.gif")).iter().all(|frame| plan(frame) == 0));
}

#[test]
fn what_cannot_be_filmed_is_refused_and_leaves_no_file() {
    let folder = workplace();
    fs::write(folder.path().join("there.gif"), "mine").unwrap();
    let there = run(folder.path(), &["film", WALKER, "--out", "there.gif"]).with_code(2);
    assert!(there.err.contains("there.gif cannot be written: it already exists"), "{}", there.err);
    assert_eq!(fs::read(folder.path().join("there.gif")).unwrap(), b"mine");
    // A decision of the walker takes 0.05 s.
    let long = run(folder.path(), &["film", WALKER, "--seconds", "200"]).with_code(2);
    assert!(long.err.contains("at most 300 decisions") && long.err.contains("s of this task"), "{}", long.err);
    let none = run(folder.path(), &["film", "nowhere"]).with_code(2);
    assert!(none.err.contains("nowhere"), "{}", none.err);
    let size = run(folder.path(), &["film", WALKER, "--size", "huge"]).with_code(2);
    assert!(size.err.contains("16 to 2048 pixels"), "{}", size.err);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name != "walker-walk.gif"), "{names:?}");
}
