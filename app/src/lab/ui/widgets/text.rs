//! Words: headings, figures, paragraphs with coloured numbers, tooltips.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{Color32, FontId, Galley, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::lab::ui::theme::{BODY, HEADING, SMALL};
use crate::lab::ui::{Palette, fonts, glossary};

/// Explains what the response shows with its term in the glossary, while the pointer rests on it. A term that the
/// glossary does not have explains nothing.
#[allow(clippy::must_use_candidate, reason = "what it explains has been drawn already")]
pub fn hint(response: Response, term: &str) -> Response {
    let Some(entry) = glossary::find(term) else { return response };
    response.on_hover_ui(|ui| {
        let visuals = ui.visuals();
        let (strong, weak, text) = (visuals.strong_text_color(), visuals.weak_text_color(), visuals.text_color());
        ui.horizontal(|ui| {
            ui.label(RichText::new(entry.name).font(fonts::strong(BODY)).color(strong));
            if !entry.symbol.is_empty() {
                ui.label(RichText::new(entry.symbol).font(fonts::mono(BODY - 0.5)).color(weak));
            }
        });
        ui.label(RichText::new(entry.meaning).size(BODY - 0.5).color(text));
        if !entry.source.is_empty() {
            ui.label(RichText::new(entry.source).size(SMALL - 0.5).color(weak));
        }
    })
}

/// Words that are only seen: what they name bears them as its accessible label, which must not be there twice.
pub(super) fn painted_ui(ui: &mut Ui, text: &str, font: FontId, colour: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, colour);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, colour);
    response
}

/// A text on one line that ends in an ellipsis if there is no room.
#[must_use]
pub fn fitted(ui: &Ui, text: &str, font: FontId, colour: Color32, room: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(room.max(0.0));
    ui.painter().layout_job(job)
}

/// The name of a part of a pane.
pub fn section_ui(ui: &mut Ui, palette: &Palette, name: &str) -> Response {
    ui.add_space(6.0);
    ui.label(RichText::new(name).font(fonts::strong(SMALL)).color(palette.weak).extra_letter_spacing(0.3))
}

/// What a page is called.
pub fn title_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    ui.label(RichText::new(text).font(fonts::strong(22.0)).color(palette.strong))
}

/// What a group of things is called.
pub fn heading_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    ui.label(RichText::new(text).font(fonts::strong(HEADING)).color(palette.strong))
}

/// What a plot or a part of a pane shows, and at the right one thing worth knowing. That one is left away where there is
/// no room for most of it; the pointer on the title still tells it.
pub fn headline_ui(ui: &mut Ui, palette: &Palette, title: &str, beside: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::click());
    response.widget_info(|| WidgetInfo {
        current_text_value: (!beside.is_empty()).then(|| beside.to_owned()),
        ..WidgetInfo::labeled(Role::Heading, true, title)
    });
    let left = fitted(ui, title, fonts::strong(13.5), palette.strong, rect.width());
    let width = left.size().x;
    ui.painter().galley(pos2(rect.left(), rect.center().y - left.size().y / 2.0), left, palette.strong);
    let whole = ui.painter().layout_no_wrap(beside.to_owned(), fonts::sans(12.0), palette.weak).size().x;
    let room = rect.width() - width - 12.0;
    if room < 0.8 * whole {
        return response.on_hover_text(beside);
    }
    let right = fitted(ui, beside, fonts::sans(12.0), palette.weak, room);
    let size = right.size();
    ui.painter().galley(pos2(rect.right() - size.x, rect.center().y - size.y / 2.0), right, palette.weak);
    if room < whole { response.on_hover_text(beside) } else { response }
}

/// Small text beside.
pub fn weak_ui(ui: &mut Ui, palette: &Palette, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).color(palette.weak).size(SMALL + 0.5))
}

/// A number and what it is, as `plan 4.1 ms`.
pub fn key_figure_ui(ui: &mut Ui, palette: &Palette, name: &str, figure: &str, colour: Option<Color32>) -> Response {
    let mut job = LayoutJob::default();
    let format = |font, color| TextFormat { font_id: font, color, ..TextFormat::default() };
    job.append(name, 0.0, format(fonts::sans(BODY - 0.5), palette.weak));
    let figure_format = format(fonts::mono_strong(BODY - 0.5), colour.unwrap_or(palette.strong));
    job.append(figure, if name.is_empty() { 0.0 } else { 6.0 }, figure_format);
    // Of one piece, so that it never breaks in the middle.
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), format!("{name} {figure}").trim()));
    ui.painter().galley(rect.min, galley, palette.text);
    response
}

/// What to say in the middle of a pane that has nothing to show yet.
pub fn empty_ui(ui: &mut Ui, palette: &Palette, text: &str) {
    ui.centered_and_justified(|ui| ui.label(RichText::new(text).color(palette.weak)));
}

/// A paragraph with numbers in their colours.
#[derive(Clone, Debug)]
pub struct Paragraph {
    job: LayoutJob,
    palette: Palette,
    size: f32,
}

impl Paragraph {
    /// An empty one.
    #[must_use]
    pub fn new(palette: &Palette) -> Self {
        Self { job: LayoutJob::default(), palette: *palette, size: BODY }
    }

    /// With letters of this size, in points.
    #[must_use]
    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    /// Goes on with plain words.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let (font, colour) = (fonts::sans(self.size), self.palette.text);
        self.append(text, font, colour)
    }

    /// Goes on with words that matter.
    #[must_use]
    pub fn strong(self, text: &str) -> Self {
        let (font, colour) = (fonts::strong(self.size), self.palette.strong);
        self.append(text, font, colour)
    }

    /// Goes on with a number in its colour.
    #[must_use]
    pub fn number(self, number: &str, colour: Color32) -> Self {
        let font = fonts::strong(self.size);
        self.append(number, font, colour)
    }

    fn append(mut self, text: &str, font_id: FontId, color: Color32) -> Self {
        let line_height = Some(self.size * 1.5);
        self.job.append(text, 0.0, TextFormat { font_id, color, line_height, ..TextFormat::default() });
        self
    }

    /// What it says, without colours.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.job.text
    }

    /// Draws it over the width that is there.
    pub fn show(self, ui: &mut Ui) -> Response {
        ui.label(self.job)
    }
}
