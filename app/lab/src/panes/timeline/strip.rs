//! Drawing of the strip, and pointer interaction.

use bootstride_core::inspect::Decision;
use bootstride_session::history::{DECISION_BYTES, Episode};
use eframe::egui::{
    Align2, Color32, EventFilter, Id, Painter, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::curve::{area, decimated};
use super::episodes::episode_at;
use crate::panes::Context;
use crate::ui::number::{real, whole};
use crate::ui::theme::{SMALL, tall};
use crate::ui::widgets::fitted;
use crate::ui::{Palette, sans};
use crate::view::{Cursor, Tab};

/// Height of the text line, in points.
const TEXT: f32 = 18.0;
/// Width of the narrowest bar including its gap.
const BAR: f32 = 5.0;
/// Width of the zone at the right end of the rewards that selects live mode.
const NOW: f32 = 10.0;
/// Below this width the text line is short, in points.
const NARROW: f32 = 700.0;
/// Below this width the marker does not show "now", in points.
const SHORT: f32 = 240.0;

/// Draws the strip; returns the id of its focus.
pub fn strip_ui(ui: &mut Ui, cx: &mut Context<'_>, episodes: &[Episode]) -> Id {
    let palette = cx.palette;
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let plain = ui.scope_id().with("strip");
    if episodes.is_empty() {
        let text = "Timeline · the episodes of a run appear here, decision by decision";
        ui.painter().text(rect.left_top(), Align2::LEFT_TOP, text, sans(SMALL), palette.weak);
        return plain;
    }
    drop(response);
    let body = Rect::from_min_max(pos2(rect.left(), rect.top() + TEXT), rect.max);
    // During training the episodes matter more; for a selected decision its neighbours do.
    let share = if cx.view.tab == Tab::Train { 0.55 } else { 0.3 };
    let middle = body.left() + body.width() * share;
    let bars = Rect::from_min_max(body.min, pos2(middle - 12.0, body.bottom()));
    let area = Rect::from_min_max(pos2(middle + 12.0, body.top()), body.max);

    let Some(index) = cursor_index(cx) else { return plain };
    let Some(place) = episode_at(episodes, index) else { return plain };
    let shown = Shown { episodes, place, index, palette };

    let left = ui.interact(bars, ui.scope_id().with("episodes"), Sense::click_and_drag());
    let right = ui.interact(area, plain, Sense::click_and_drag());
    name(ui, &left, "Episodes", real(episodes[place].number.try_into().unwrap_or_default()));
    name(ui, &right, "Decisions of the episode", real(index - episodes[place].first));
    let painter = ui.painter().clone();
    shown.bars_ui(&painter, bars, &left, cx);
    shown.rewards_ui(&painter, area, &right, cx);
    texts_ui(ui, cx, &shown, rect, middle);
    for response in [&left, &right] {
        if response.clicked() || response.dragged() {
            right.request_focus();
        }
    }
    if right.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(right.id, filter));
    }
    right.id
}

fn name(ui: &Ui, response: &Response, name: &str, value: f32) {
    response.widget_info(|| WidgetInfo {
        value: Some(f64::from(value)),
        ..WidgetInfo::labeled(Role::ScrollBar, ui.is_enabled(), name)
    });
}

/// Returns the index of the decision at the cursor.
fn cursor_index(cx: &Context<'_>) -> Option<usize> {
    match cx.view.cursor {
        Cursor::Live => cx.history.decisions.len().checked_sub(1),
        Cursor::At(number) => cx.history.index(number),
    }
}

/// Draws the text line above: what is recorded, the cursor position, and the link back to now.
fn texts_ui(ui: &mut Ui, cx: &mut Context<'_>, shown: &Shown<'_>, rect: Rect, middle: f32) {
    let palette = shown.palette;
    let (first, last) = (shown.episodes.first(), shown.episodes.last());
    let numbers = match (first, last) {
        (Some(first), Some(last)) if first.number != last.number => {
            format!("episodes {}–{}", first.number, last.number)
        }
        (Some(first), _) => format!("episode {}", first.number),
        _ => String::new(),
    };
    let mega = |bytes: usize| real(bytes) / real(1 << 20);
    let kept = mega(cx.history.decision_bytes());
    let whole = mega(DECISION_BYTES);
    let kept = if kept < 10.0 { format!("{kept:.1}") } else { format!("{kept:.0}") };
    let narrow = rect.width() < NARROW;
    let text = if narrow {
        capital(&numbers)
    } else {
        format!("Timeline · {numbers}, every decision recorded, {kept} of {whole:.0} MB")
    };
    let put = |left: f32, right: f32, text: &str, colour: Color32| {
        let galley = fitted(ui, text, sans(SMALL), colour, right - left);
        let place = Rect::from_min_size(pos2(left, rect.top()), galley.size());
        // Painted so that it does not move the content below; still has an accessible label.
        let id = ui.scope_id().with(("text", left < middle));
        let said = ui.interact(place, id, Sense::hover());
        said.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
        if galley.elided {
            said.on_hover_text(text);
        }
        ui.painter().galley(place.min, galley, colour);
    };
    put(rect.left(), middle - 12.0, &text, palette.weak);
    let live = cx.view.cursor == Cursor::Live;
    let mut right = rect.right();
    if !live {
        right -= 96.0;
    }
    let episode = shown.episode();
    let hint = if narrow { "" } else { " · reward of every decision · drag to select one" };
    let mut text = format!("Episode {}{hint}", episode.number);
    let mut colour = palette.weak;
    if let (Cursor::At(number), Some(decision)) = (cx.view.cursor, cx.decision()) {
        match cx.history.analysis(number) {
            Some(analysis) if analysis.updates != decision.updates => {
                let later = analysis.updates.saturating_sub(decision.updates);
                text = if narrow {
                    "Replanned".into()
                } else {
                    let what = "replanned with the current networks";
                    format!("Episode {} · {what}, {later} updates after the decision", episode.number)
                };
                colour = palette.text;
            }
            None if narrow => text = "Replanning…".into(),
            None => text = format!("Episode {} · analyzing this decision…", episode.number),
            Some(_) => {}
        }
    }
    put(middle + 12.0, right - 8.0, &text, colour);
    if !live {
        // High enough for touch input, around the text line.
        let height = tall(ui, 20.0);
        let corner = pos2(rect.right() - 92.0, rect.top() + 5.0 - 0.5 * height);
        let button = Rect::from_min_size(corner, vec2(92.0, height));
        let mut child = ui.new_child(eframe::egui::UiBuilder::new().max_rect(button));
        let text = eframe::egui::RichText::new("Back to now").size(SMALL).color(palette.policy);
        let align = eframe::egui::Layout::right_to_left(eframe::egui::Align::Center);
        child.with_layout(align, |ui| {
            let response = ui.add(eframe::egui::Button::new(text).frame(false)).on_hover_text("End");
            if response.clicked() {
                cx.view.cursor = Cursor::Live;
            }
        });
    }
}

/// Returns the text with a capital first letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What is drawn.
struct Shown<'a> {
    episodes: &'a [Episode],
    /// The episode of the cursor.
    place: usize,
    /// The decision of the cursor.
    index: usize,
    palette: &'a Palette,
}

impl Shown<'_> {
    fn episode(&self) -> &Episode {
        &self.episodes[self.place]
    }

    /// Draws episodes as bars; if there are too many, several per bar.
    fn bars_ui(&self, painter: &Painter, rect: Rect, response: &Response, cx: &mut Context<'_>) {
        let fits = whole(f64::from(rect.width() / BAR)).max(1);
        let group = self.episodes.len().div_ceil(fits);
        let bars = self.episodes.len().div_ceil(group);
        let width = (rect.width() / real(bars)).min(64.0);
        let gap = (width * 0.12).clamp(1.0, 4.0);
        let returns = self.episodes.iter().map(|episode| episode.episode_return).filter(|one| one.is_finite());
        let (low, high) = returns.fold((0.0_f32, 1e-6_f32), |(low, high), one| (low.min(one), high.max(one)));
        let mut shapes = Vec::with_capacity(2 * bars);
        for (bar, members) in self.episodes.chunks(group).enumerate() {
            let left = rect.left() + width * real(bar);
            let slot = Rect::from_min_max(pos2(left, rect.top()), pos2(left + width - gap, rect.bottom()));
            let mean = members.iter().map(|one| one.episode_return).sum::<f32>() / real(members.len());
            let share = ((mean - low) / (high - low)).clamp(0.02, 1.0);
            let chosen = (bar * group..bar * group + members.len()).contains(&self.place);
            let colour = self.palette.policy.gamma_multiply(if chosen { 0.6 } else { 0.28 });
            let corner = (width * 0.1).min(4.0);
            shapes.push(Shape::rect_filled(slot, corner, self.palette.raised));
            let filled = slot.with_min_y(slot.bottom() - slot.height() * share);
            shapes.push(Shape::rect_filled(filled, corner, colour));
        }
        painter.extend(shapes);
        let within = self.index - self.episode().first;
        let usual = self.episodes.iter().map(|episode| episode.len).max().unwrap_or(1).max(1);
        let share = (real(within) / real(usual)).min(1.0);
        let bar = real(self.place / group) + (real(self.place % group) + share) / real(group);
        let x = (rect.left() + bar * width).min(rect.right() - 1.0);
        painter.vline(x, rect.y_range(), Stroke::new(1.5, self.palette.plan));

        let at = |x: f32| {
            let bar = ((x - rect.left()) / width).clamp(0.0, real(bars) - 1e-3);
            let place = whole(f64::from((bar * real(group)).floor())).min(self.episodes.len() - 1);
            (place, (bar * real(group)).fract())
        };
        if let Some(pointer) = response.interact_pointer_pos() {
            let (place, share) = at(pointer.x);
            let episode = &self.episodes[place];
            let index = episode.first + whole(f64::from((share * real(episode.len)).floor())).min(episode.len - 1);
            put_cursor(cx, index);
        }
        if let Some(pointer) = response.hover_pos() {
            let (place, _) = at(pointer.x);
            let episode = &self.episodes[place];
            let going = place + 1 == self.episodes.len() && cx.history.newest().is_some_and(|newest| !newest.last);
            let so_far = if going { " so far" } else { "" };
            let text = format!(
                "Episode {}: return {:.1}{so_far}, {} decisions{}",
                episode.number,
                episode.episode_return,
                episode.len,
                if group > 1 { format!("\nEach bar is the mean of {group} episodes.") } else { String::new() }
            );
            response.clone().on_hover_text_at_pointer(text);
        }
    }

    /// Draws the reward of every decision of the episode as an area, and the cursor.
    fn rewards_ui(&self, painter: &Painter, rect: Rect, response: &Response, cx: &mut Context<'_>) {
        let episode = *self.episode();
        let newest = self.place + 1 == self.episodes.len();
        // A running episode is drawn as long as the previous one, so that it grows to the right.
        let usual = self.episodes.get(self.place.wrapping_sub(1)).map_or(0, |before| before.len);
        let ended = cx.history.decisions.get(episode.first + episode.len - 1).is_some_and(|last| last.last);
        let long = if newest && !ended { usual.max(episode.len) } else { episode.len };
        let inner = rect.with_max_x(rect.right() - NOW);
        let step = inner.width() / real(long.max(2) - 1);
        let rewards = |at: usize| cx.history.decisions.get(episode.first + at).map_or(0.0, |one| finite(one.reward));
        let (low, high) =
            (0..episode.len).map(rewards).fold((0.0_f32, 1e-6_f32), |(low, high), one| (low.min(one), high.max(one)));
        let room = inner.shrink2(vec2(0.0, 3.0));
        let y = |reward: f32| room.bottom() - room.height() * (reward - low) / (high - low);
        let points = decimated(episode.len, room.width(), |at| pos2(room.left() + step * real(at), y(rewards(at))));
        area(painter, &points, y(low.max(0.0).min(high)), self.palette.policy.gamma_multiply(0.22));
        painter.line(points, Stroke::new(1.3, self.palette.policy));
        let within = self.index - episode.first;
        let x = room.left() + step * real(within);
        let live = cx.view.cursor == Cursor::Live;
        self.mark_ui(painter, rect, x, cx.history.decisions.get(self.index), live);

        if let Some(pointer) = response.interact_pointer_pos() {
            let at = ((pointer.x - room.left()) / step).round().max(0.0);
            let end = room.left() + step * real(episode.len - 1);
            if newest && pointer.x > end.max(room.left()) + NOW * 0.5 {
                cx.view.cursor = Cursor::Live;
            } else {
                put_cursor(cx, episode.first + whole(f64::from(at)).min(episode.len - 1));
            }
        } else if let Some(pointer) = response.hover_pos() {
            let at = whole(f64::from((pointer.x - room.left()) / step)).min(episode.len - 1);
            if let Some(decision) = cx.history.decisions.get(episode.first + at) {
                let text = format!(
                    "t = {}: reward {:.3}, return so far {:.1}",
                    decision.t, decision.reward, decision.episode_return
                );
                response.clone().on_hover_text_at_pointer(text);
            }
        }
    }

    /// Draws the line at the cursor with its label, which stays inside.
    fn mark_ui(&self, painter: &Painter, rect: Rect, x: f32, decision: Option<&Decision>, live: bool) {
        let colour = self.palette.plan;
        let x = x.clamp(rect.left(), rect.right());
        painter.vline(x, rect.y_range(), Stroke::new(1.8, colour));
        painter.circle_filled(pos2(x, rect.top() + 3.0), 4.0, colour);
        let t = decision.map_or(0, |decision| decision.t);
        let text = if live && rect.width() > SHORT { format!("now · t = {t}") } else { format!("t = {t}") };
        let galley = painter.layout_no_wrap(text, sans(SMALL), colour);
        let right = x + 9.0 + galley.size().x <= rect.right();
        let left = if right { x + 9.0 } else { x - 9.0 - galley.size().x };
        let ground = Rect::from_min_size(pos2(left, rect.top() - 3.0), galley.size()).expand2(vec2(3.0, 0.0));
        painter.rect_filled(ground, 3.0, self.palette.panel.gamma_multiply(0.85));
        painter.galley(pos2(left, rect.top() - 3.0), galley, colour);
    }
}

fn finite(number: f32) -> f32 {
    if number.is_finite() { number } else { 0.0 }
}

/// Moves the cursor to the decision at this index.
fn put_cursor(cx: &mut Context<'_>, index: usize) {
    if let Some(decision) = cx.history.decisions.get(index) {
        cx.view.cursor = Cursor::At(decision.number);
    }
}
