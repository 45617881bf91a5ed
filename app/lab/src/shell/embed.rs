//! The lab embedded in another page: a thin strip and selected panes; nothing is saved.

use eframe::egui::{self, Align, CentralPanel, Frame, Layout, Margin, Panel, Rect, RichText, pos2};

use super::small::switcher_ui;
use super::{Kept, Lab, PaneKind};
use crate::deep_link::DeepLink;
use crate::ui::Palette;
use crate::ui::widgets::link_ui;

/// The default panes.
const PANES: [PaneKind; 2] = [PaneKind::World, PaneKind::Iterations];

/// Minimum width of a pane next to another one, points.
const LEAST_WIDTH: f32 = 260.0;
/// Minimum height of a pane above another one, points.
const LEAST_HEIGHT: f32 = 170.0;
/// Height of a strip below the others, such as the timeline, points.
const STRIP: f32 = 96.0;
/// Space between panes, points.
const GAP: f32 = 1.0;

/// The layout of an embedded lab.
pub struct Embed {
    panes: Vec<PaneKind>,
    /// The pane shown if there is room for only one.
    front: PaneKind,
    /// The previously saved state, which is preserved.
    before: Kept,
}

impl Embed {
    /// Creates a layout with these panes.
    pub fn new(panes: &[PaneKind], before: Kept) -> Self {
        let panes = if panes.is_empty() { PANES.to_vec() } else { panes.to_vec() };
        Self { front: panes[0], panes, before }
    }

    /// Returns the panes, in order.
    pub fn panes(&self) -> &[PaneKind] {
        &self.panes
    }

    /// Returns the state to save.
    pub fn kept(&self) -> &Kept {
        &self.before
    }
}

/// Returns the rectangles of the panes; `None` if they fit neither next to nor above each other.
fn tiled(panes: &[PaneKind], room: Rect) -> Option<Vec<(PaneKind, Rect)>> {
    let mut tiles = Vec::new();
    let mut rest: Vec<PaneKind> = panes.to_vec();
    let mut room = room;
    if let Some(strip) = rest.iter().copied().find(|pane| pane.spec().is_strip() && rest.len() > 1) {
        rest.retain(|pane| *pane != strip);
        let split = room.bottom() - STRIP;
        tiles.push((strip, room.with_min_y(split + GAP)));
        room.max.y = split;
    }
    let (first, others) = rest.split_first()?;
    let count = f32::from(u8::try_from(others.len()).unwrap_or(u8::MAX));
    if others.is_empty() {
        tiles.push((*first, room));
        return (room.height() >= LEAST_HEIGHT || tiles.len() == 1).then_some(tiles);
    }
    // The first pane gets the larger part; the others share the rest, next to or below it.
    let beside = room.width() >= 2.0 * LEAST_WIDTH && room.height() >= count * LEAST_HEIGHT;
    let (large, small) = if beside {
        let split = (room.left() + 0.6 * room.width()).min(room.right() - LEAST_WIDTH - GAP);
        (room.with_max_x(split), room.with_min_x(split + GAP))
    } else {
        let share = (1.3 / (count + 1.3)).max(LEAST_HEIGHT / room.height().max(1.0));
        let split = room.top() + share * room.height();
        (room.with_max_y(split), room.with_min_y(split + GAP))
    };
    let each = small.height() / count;
    if large.height() < LEAST_HEIGHT || each < LEAST_HEIGHT || small.width() < LEAST_WIDTH {
        return None;
    }
    tiles.push((*first, large));
    let mut top = small.top();
    for pane in others {
        tiles.push((*pane, Rect::from_min_max(pos2(small.left(), top), pos2(small.right(), top + each - GAP))));
        top += each;
    }
    Some(tiles)
}

impl Lab {
    /// Returns whether the lab is embedded in another page. Then it saves nothing.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.embed.is_some()
    }

    /// Draws the strip above the panes: run or pause, the agent, the link to the full lab.
    pub(super) fn embed_strip_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(10, 3));
        Panel::top("bar").frame(frame).show_separator_line(false).show(ui, |ui| {
            ui.horizontal(|ui| {
                self.run_or_pause_ui(ui, palette);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some(link) = self.whole_link()
                        && link_ui(ui, palette, "Open in Bootstride").clicked()
                    {
                        ui.ctx().open_url(egui::OpenUrl::new_tab(link));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let text = RichText::new(self.doing()).size(12.0).color(palette.weak);
                        ui.add(egui::Label::new(text).truncate());
                    });
                });
            });
        });
    }

    /// Returns the address of the same state, not embedded.
    fn whole_link(&self) -> Option<String> {
        self.link_to(&DeepLink { embed: false, panes: Vec::new(), ..self.deep_link() })
    }

    /// Draws the panes of an embedded lab.
    pub(super) fn embed_ui(&mut self, ui: &mut egui::Ui, palette: &Palette) {
        let Some(embed) = &self.embed else { return };
        let (panes, mut front) = (embed.panes.clone(), embed.front);
        let fits = |ui: &egui::Ui| tiled(&panes, ui.available_rect_before_wrap());
        if fits(ui).is_none() {
            let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(6, 2));
            Panel::bottom("panes")
                .frame(frame)
                .show_separator_line(false)
                .resizable(false)
                .show(ui, |ui| switcher_ui(ui, palette, &panes, &mut front));
            if let Some(embed) = &mut self.embed {
                embed.front = front;
            }
            CentralPanel::default().frame(Frame::new().fill(palette.background)).show(ui, |ui| {
                self.one_pane_ui(ui, palette, ui.available_rect_before_wrap(), front);
            });
            return;
        }
        CentralPanel::default().frame(Frame::new().fill(palette.line)).show(ui, |ui| {
            for (pane, rect) in fits(ui).unwrap_or_default() {
                self.one_pane_ui(ui, palette, rect, pane);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::vec2;

    use super::*;

    fn tiles(panes: &[PaneKind], size: [f32; 2]) -> Option<Vec<(PaneKind, Rect)>> {
        tiled(panes, Rect::from_min_size(pos2(0.0, 30.0), vec2(size[0], size[1])))
    }

    #[test]
    fn chosen_panes_share_the_room_without_lying_on_each_other() {
        use PaneKind as P;
        let panes = [P::World, P::Iterations, P::Samples, P::Timeline];
        for size in [[800.0, 600.0], [640.0, 480.0], [390.0, 800.0]] {
            let tiles = tiles(&panes, size).unwrap();
            assert_eq!(tiles.len(), 4);
            for (index, (pane, rect)) in tiles.iter().enumerate() {
                assert!(rect.width() >= LEAST_WIDTH && rect.height() >= STRIP - GAP, "{pane:?} in {size:?}: {rect:?}");
                for (other, beside) in &tiles[..index] {
                    assert!(!rect.intersect(*beside).is_positive(), "{pane:?} lies on {other:?} in {size:?}");
                }
            }
        }
    }

    #[test]
    fn where_they_do_not_fit_they_are_not_tiled() {
        let panes = [PaneKind::World, PaneKind::Iterations, PaneKind::Samples];
        assert!(tiles(&panes, [400.0, 300.0]).is_none());
        assert!(tiles(&panes[..1], [200.0, 120.0]).is_some(), "one pane takes what there is");
    }
}
