//! No words are cut off or overlap, at all supported sizes.

use bootstride_lab::panes::compare::Page;
use bootstride_lab::view::Tab;
use eframe::egui::text::LayoutSection;
use eframe::egui::{Pos2, Rect, Shape};
use egui_kittest::Harness;

use super::stand::{Open, Stand, comparing, freeze, settle};

/// 1280 by 800 and 1920 by 1080 at their size, and 1280 by 800 at 150 %.
const SIZES: [([f32; 2], f32); 3] = [([1280.0, 800.0], 1.0), ([1920.0, 1080.0], 1.0), ([853.0, 533.0], 1.5)];

/// What the world says where it cannot be drawn, as here, where nobody makes a picture of it.
const NOT_DRAWN: &str = "The 3D view needs wgpu";

/// Words on the screen.
struct Words {
    text: String,
    rects: Vec<Rect>,
    clip: Rect,
    /// They end in an ellipsis.
    elided: bool,
}

fn words(harness: &Harness<'_, Open>) -> Vec<Words> {
    fn gather(shape: &Shape, clip: Rect, words: &mut Vec<Words>) {
        match shape {
            Shape::Text(shape) if !shape.galley.text().trim().is_empty() => {
                let (galley, seen) = (&shape.galley, |section: &LayoutSection| section.format.color.a() > 0);
                let text = galley.text().to_owned();
                // What is out of the way until the pointer comes is painted without colour.
                if text.starts_with(NOT_DRAWN) || !galley.job.sections.iter().any(seen) {
                    return;
                }
                // Where the ink is, line by line; turned where the name of an upright axis is.
                let turned = shape.angle.abs() > 0.1;
                let rows = galley.rows.iter().map(|row| row.visuals.mesh_bounds.translate(row.pos.to_vec2()));
                let rows = rows.map(|row| row.translate(shape.pos.to_vec2())).filter(Rect::is_positive);
                let rects = if turned { vec![shape.visual_bounding_rect()] } else { rows.collect() };
                words.push(Words { text, rects, clip, elided: galley.elided });
            }
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| gather(shape, clip, words)),
            _ => {}
        }
    }
    let mut words = Vec::new();
    harness.output().shapes.iter().for_each(|clipped| gather(&clipped.shape, clipped.clip_rect, &mut words));
    for word in &mut words {
        word.rects.retain(|rect| word.clip.intersects(*rect));
    }
    words.retain(|word| !word.rects.is_empty());
    words
}

/// Where panes are.
fn tiles(harness: &Harness<'_, Open>) -> Vec<Rect> {
    let screen = harness.ctx.content_rect();
    let mut rects: Vec<Rect> = harness.state().lab.drawn().iter().map(|(_, rect)| *rect).collect();
    rects.push(screen);
    rects
}

/// What is wrong with the words of a lab.
pub fn faults(harness: &mut Harness<'_, Open>, what: &str) -> Vec<String> {
    let tiles = tiles(harness);
    let words = words(harness);
    let mut faults = Vec::new();
    if words.len() < 8 {
        faults.push(format!("{what}: hardly anything is written"));
    }
    let screen = harness.ctx.content_rect();
    for (index, word) in words.iter().enumerate() {
        // What is in a part of a pane that scrolls may be further up or down.
        let scrolls = !tiles.iter().any(|tile| near(*tile, word.clip));
        for rect in &word.rects {
            let height = if scrolls { rect.y_range() } else { word.clip.y_range() };
            let room = Rect::from_x_y_ranges(word.clip.intersect(screen).x_range(), height);
            if !room.expand(1.0).contains_rect(*rect) {
                faults.push(format!("{what}: '{}' at {rect:?} is cut off by {:?}", word.text, word.clip));
            }
        }
        let seen =
            |word: &Words| word.rects.iter().map(|rect| rect.shrink(0.5).intersect(word.clip)).collect::<Vec<_>>();
        for other in &words[..index] {
            for (one, another) in seen(word).into_iter().flat_map(|one| seen(other).into_iter().map(move |o| (one, o)))
            {
                if one.intersect(another).is_positive() {
                    faults.push(format!("{what}: '{}' lies on '{}': {one:?}, {another:?}", word.text, other.text));
                }
            }
        }
    }
    for word in words.iter().filter(|word| word.elided) {
        harness.hover_at(word.rects[0].intersect(word.clip).center());
        harness.run_steps(14);
        let told = self::words(harness).iter().any(|other| !other.elided && other.text.contains(&word.text));
        if !told {
            faults.push(format!("{what}: the rest of '{}' at {:?} is nowhere to be read", word.text, word.rects));
        }
        harness.hover_at(Pos2::ZERO);
        harness.run_steps(4);
    }
    faults
}

fn near(a: Rect, b: Rect) -> bool {
    a.min.distance(b.min) < 2.0 && a.max.distance(b.max) < 2.0
}

fn check(mut open: impl FnMut(([f32; 2], f32)) -> Harness<'static, Open>, what: &str) {
    let mut found = Vec::new();
    for size in SIZES {
        let mut harness = open(size);
        found.extend(faults(&mut harness, &format!("{what} at {size:?}")));
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[test]
fn words_of_train_fit() {
    check(|(size, scale)| Stand { size, scale, ..Stand::new(Tab::Train) }.open(), "Train");
}

#[test]
fn words_of_train_before_a_run_fit() {
    check(|(size, scale)| Stand { size, scale, part: None, ..Stand::new(Tab::Train) }.open(), "Train, idle");
}

#[test]
fn words_of_the_shortcuts_fit() {
    use egui_kittest::kittest::Queryable as _;
    for (size, scale) in SIZES {
        let mut harness = Stand { size, scale, part: None, ..Stand::new(Tab::Train) }.open();
        harness.get_by_label("Keyboard shortcuts (?)").click();
        harness.run_steps(6);
        let screen = harness.ctx.content_rect();
        for what in ["Run or pause", "This list"] {
            let rect = harness.get_by_label(what).rect();
            assert!(screen.shrink(8.0).contains_rect(rect), "{what} at {rect:?} is not in {screen:?}");
        }
    }
}

#[test]
fn words_of_one_decision_fit() {
    let open = |(size, scale)| {
        let mut harness = Stand { size, scale, ..Stand::new(Tab::Decision) }.open();
        freeze(&mut harness);
        harness
    };
    check(open, "One decision");
}

#[test]
fn words_of_one_decision_beside_another_fit() {
    let open = |(size, scale)| {
        let mut harness = Stand { size, scale, ..Stand::new(Tab::Decision) }.open();
        freeze(&mut harness);
        harness.state_mut().lab.kept.view.beside = Some(1);
        harness.run_steps(4);
        harness
    };
    check(open, "One decision next to another");
}

#[test]
fn words_of_values_fit() {
    check(|(size, scale)| Stand { size, scale, ..Stand::new(Tab::Values) }.open(), "Values");
}

#[test]
fn words_of_compare_fit() {
    for page in [Page::Curves, Page::Play] {
        let open = |(size, scale)| {
            let folder = tempfile::tempdir().unwrap();
            let mut harness = Stand { size, scale, ..comparing(folder.path(), page) }.open();
            settle(&mut harness);
            harness
        };
        check(open, &format!("Compare, {page:?}"));
    }
}

#[test]
fn words_of_the_tour_fit() {
    check(|(size, scale)| Stand { size, scale, ..Stand::new(Tab::Tour) }.open(), "Tour");
}

#[test]
fn words_of_steps_of_the_tour_fit() {
    use egui_kittest::kittest::Queryable as _;
    let open = |(size, scale)| {
        let mut harness = Stand { size, scale, ..Stand::new(Tab::Tour) }.open();
        harness.get_by_label("Start with the open agent").click_accesskit();
        harness.run_steps(12);
        harness
    };
    check(open, "Tour, step 1");
}
