//! Draws parts of the lab alone and reads what was drawn.

use bootstride_lab::ui::{Palette, apply};
use bootstride_lab::view::Theme;
use eframe::egui::{self, Context, Frame, Margin, Rect, Shape, Ui, Vec2};
use egui_kittest::{Harness, SnapshotOptions};

/// A harness in this theme and size, with the lab's fonts and a panel behind.
pub fn harness<'a>(theme: Theme, size: Vec2, mut draw: impl FnMut(&mut Ui, &Palette) + 'a) -> Harness<'a> {
    let palette = Palette::of(theme);
    Harness::builder()
        .with_size(size)
        .with_max_steps(30)
        .with_options(options())
        .with_context_setup(move |ctx: &Context| apply(ctx, theme))
        .build_ui(move |ui| {
            let screen = ui.ctx().content_rect();
            ui.painter().with_clip_rect(screen).rect_filled(screen, 0, palette.panel);
            let frame = Frame::new().inner_margin(Margin::same(6));
            frame.show(ui, |ui| {
                ui.set_min_size(ui.available_size());
                draw(ui, &palette);
            });
        })
}

/// A harness in this theme, size and scale for something with a state, with the lab's fonts and no panel.
pub fn bare<S: 'static>(
    state: S,
    (size, scale, theme): ([f32; 2], f32, Theme),
    draw: impl FnMut(&mut Ui, &mut S) + 'static,
) -> Harness<'static, S> {
    Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_theme(if theme == Theme::Light { egui::Theme::Light } else { egui::Theme::Dark })
        .with_render_cursor(false)
        .with_context_setup(move |ctx| apply(ctx, theme))
        .build_ui_state(draw, state)
}

pub fn options() -> SnapshotOptions {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/lab/snapshots");
    SnapshotOptions::new().output_path(folder).threshold(1.2).max_failed_pixels(24)
}

/// Words on the screen: text, where they are, and where they may be seen.
pub fn words<S>(harness: &Harness<'_, S>) -> Vec<(String, Rect, Rect)> {
    fn gather(shape: &Shape, clip: Rect, words: &mut Vec<(String, Rect, Rect)>) {
        match shape {
            Shape::Text(text) if !text.galley.text().trim().is_empty() => {
                let rect = text.galley.rect.translate(text.pos.to_vec2());
                words.push((text.galley.text().to_owned(), rect, clip));
            }
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| gather(shape, clip, words)),
            _ => {}
        }
    }
    let mut words = Vec::new();
    harness.output().shapes.iter().for_each(|clipped| gather(&clipped.shape, clipped.clip_rect, &mut words));
    words
}

/// No words are cut off, and none lie on others.
pub fn assert_words_fit(harness: &Harness<'_>, what: &str) {
    check_words(harness, what, false);
}

/// As [`assert_words_fit`], but what is below may have to be scrolled to.
pub fn assert_words_fit_across(harness: &Harness<'_>, what: &str) {
    check_words(harness, what, true);
}

fn check_words(harness: &Harness<'_>, what: &str, scrolls: bool) {
    let words = words(harness);
    assert!(!words.is_empty(), "{what}: nothing is written");
    for (index, (text, rect, clip)) in words.iter().enumerate() {
        let seen = if scrolls { Rect::from_x_y_ranges(clip.x_range(), rect.y_range()) } else { *clip };
        assert!(seen.expand(1.0).contains_rect(*rect), "{what}: '{text}' at {rect:?} is cut off by {clip:?}");
        for (other, taken, _) in &words[..index] {
            // The line's height is more than its letters'.
            let overlap = rect.shrink2(Vec2::new(0.5, 2.5)).intersect(taken.shrink2(Vec2::new(0.5, 2.5)));
            assert!(!overlap.is_positive(), "{what}: '{text}' lies on '{other}'");
        }
    }
}
