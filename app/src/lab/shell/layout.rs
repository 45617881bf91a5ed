//! The layout of panes: a tree of tiles per tab, which users rearrange by dragging panes at their handles.

use std::collections::BTreeMap;

use eframe::egui::{self, CursorIcon, Rect, Sense, UiBuilder, pos2, vec2};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, Shares, SimplificationOptions, Tile, TileId, Tiles, Tree, UiResponse,
};
use serde::{Deserialize, Serialize};

use super::profile::Profile;
use crate::lab::panes::{Context, Pane};
use crate::lab::ui::Palette;
use crate::lab::view::{PaneKind, Tab};

/// Returns whether a pane leaves its own margins; plots extend to the edges.
pub fn keeps_its_distance(kind: PaneKind) -> bool {
    use PaneKind as P;
    !matches!(kind, P::Returns | P::Samples | P::Value | P::DeltaQ | P::Values | P::Learning | P::Experts)
}

/// Returns the minimum width of a pane, points: its text would not fit into less.
fn least_width(kind: PaneKind) -> f32 {
    match kind {
        PaneKind::Setup => 236.0,
        PaneKind::World => 272.0,
        PaneKind::Tour => 400.0,
        _ => 200.0,
    }
}

/// Shares that were changed temporarily for a narrow window: tile, original share, and current share.
pub type Squeezed = Vec<(TileId, Shares, Shares)>;

/// Widens panes below their minimum width at the expense of wider ones.
pub fn squeeze(tree: &mut Tree<PaneKind>, width: f32) -> Squeezed {
    let mut squeezed = Vec::new();
    if let Some(root) = tree.root() {
        squeeze_tile(&mut tree.tiles, root, width, &mut squeezed);
    }
    squeezed
}

/// Restores the shares, except those that the user has changed in the meantime.
pub fn release(tree: &mut Tree<PaneKind>, squeezed: Squeezed) {
    for (id, before, during) in squeezed {
        if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(id)
            && linear.shares == during
        {
            linear.shares = before;
        }
    }
}

fn least(tiles: &Tiles<PaneKind>, id: TileId) -> f32 {
    match tiles.get(id) {
        Some(Tile::Pane(kind)) => least_width(*kind),
        Some(Tile::Container(Container::Linear(linear))) if linear.dir == LinearDir::Horizontal => {
            linear.children.iter().map(|child| least(tiles, *child)).sum()
        }
        Some(Tile::Container(container)) => container.children().map(|child| least(tiles, *child)).fold(0.0, f32::max),
        None => 0.0,
    }
}

fn squeeze_tile(tiles: &mut Tiles<PaneKind>, id: TileId, width: f32, squeezed: &mut Squeezed) {
    let Some(Tile::Container(Container::Linear(linear))) = tiles.get(id) else { return };
    let (children, shares) = (linear.children.clone(), linear.shares.clone());
    if linear.dir == LinearDir::Vertical {
        for child in children {
            squeeze_tile(tiles, child, width, squeezed);
        }
        return;
    }
    let needs: Vec<f32> = children.iter().map(|child| least(tiles, *child)).collect();
    let widths = fitted(&shares.split(&children, width), &needs);
    if widths != shares.split(&children, width) {
        let mut during = shares.clone();
        children.iter().zip(&widths).for_each(|(child, width)| during.set_share(*child, *width));
        if let Some(Tile::Container(Container::Linear(linear))) = tiles.get_mut(id) {
            linear.shares = during.clone();
        }
        squeezed.push((id, shares, during));
    }
    for (child, width) in children.into_iter().zip(widths) {
        squeeze_tile(tiles, child, width, squeezed);
    }
}

/// Returns widths with the same sum, each at least the needed one if there is enough room.
fn fitted(widths: &[f32], needs: &[f32]) -> Vec<f32> {
    let (room, needed) = (widths.iter().sum::<f32>(), needs.iter().sum::<f32>());
    if needed >= room {
        return needs.iter().map(|need| need * room / needed.max(1.0)).collect();
    }
    let mut widths = widths.to_vec();
    // Each round takes from panes that are wide enough; panes that become too narrow are widened in the next round.
    for _ in 0..widths.len() {
        let short: f32 = widths.iter().zip(needs).map(|(width, need)| (need - width).max(0.0)).sum();
        let spare: f32 = widths.iter().zip(needs).map(|(width, need)| (width - need).max(0.0)).sum();
        if short <= 0.0 || spare <= 0.0 {
            break;
        }
        let taken = (short / spare).min(1.0);
        for (width, need) in widths.iter_mut().zip(needs) {
            *width = if *width < *need { *need } else { *width - (*width - need) * taken };
        }
    }
    widths
}

/// Height of a strip with a pane's handle, points.
const HANDLE: f32 = 14.0;

/// The trees of all tabs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layout {
    trees: BTreeMap<String, Tree<PaneKind>>,
}

impl Default for Layout {
    fn default() -> Self {
        Self { trees: Tab::ALL.into_iter().map(|tab| (tab.title().to_owned(), default_tree(tab))).collect() }
    }
}

impl Layout {
    /// Returns the tree of a tab.
    pub fn tree(&mut self, tab: Tab) -> &mut Tree<PaneKind> {
        self.trees.entry(tab.title().into()).or_insert_with(|| default_tree(tab))
    }

    /// Resets a tab to its default layout.
    pub fn reset(&mut self, tab: Tab) {
        self.trees.insert(tab.title().into(), default_tree(tab));
    }
}

/// A row or column of a layout under construction.
enum Plan {
    Pane(PaneKind),
    Row(Vec<(f32, Plan)>),
    Column(Vec<(f32, Plan)>),
}

fn build(plan: Plan, tiles: &mut Tiles<PaneKind>) -> TileId {
    let (dir, parts) = match plan {
        Plan::Pane(kind) => return tiles.insert_pane(kind),
        Plan::Row(parts) => (LinearDir::Horizontal, parts),
        Plan::Column(parts) => (LinearDir::Vertical, parts),
    };
    let parts: Vec<(f32, TileId)> = parts.into_iter().map(|(share, part)| (share, build(part, tiles))).collect();
    let mut linear = Linear::new(dir, parts.iter().map(|(_, id)| *id).collect());
    for (share, id) in parts {
        linear.shares.set_share(id, share);
    }
    tiles.insert_container(Container::Linear(linear))
}

fn default_tree(tab: Tab) -> Tree<PaneKind> {
    use PaneKind as P;
    use Plan::{Column, Pane, Row};
    let above = |main: Plan| Column(vec![(0.86, main), (0.14, Pane(P::Timeline))]);
    let plan = match tab {
        Tab::Train => above(Row(vec![
            (0.19, Pane(P::Setup)),
            (0.53, Pane(P::World)),
            (
                0.28,
                Column(vec![
                    (1.0, Pane(P::Returns)),
                    (0.9, Pane(P::Samples)),
                    (0.9, Pane(P::Value)),
                    (0.9, Pane(P::DeltaQ)),
                ]),
            ),
        ])),
        Tab::Decision => above(Row(vec![
            (0.25, Column(vec![(0.56, Pane(P::World)), (0.44, Pane(P::Story))])),
            (0.5, Column(vec![(0.53, Pane(P::Iterations)), (0.47, Pane(P::Narrowing))])),
            (0.25, Column(vec![(0.32, Pane(P::Elites)), (0.3, Pane(P::Against)), (0.38, Pane(P::WhatIf))])),
        ])),
        Tab::Values => above(Row(vec![
            (0.36, Pane(P::Values)),
            (0.36, Pane(P::Learning)),
            (0.28, Column(vec![(0.45, Pane(P::World)), (0.55, Pane(P::Experts))])),
        ])),
        Tab::Compare => Pane(P::Compare),
        Tab::Tour => {
            Row(vec![(0.4, Pane(P::Tour)), (0.6, Column(vec![(0.6, Pane(P::World)), (0.4, Pane(P::Iterations))]))])
        }
    };
    let mut tiles = Tiles::default();
    let root = build(plan, &mut tiles);
    Tree::new(egui::Id::unique(("layout", tab.title())), root, tiles)
}

/// Draws panes into their tiles.
pub struct Tiling<'a, 'b> {
    /// The panes.
    pub panes: &'a mut BTreeMap<PaneKind, Box<dyn Pane>>,
    /// The context passed to them.
    pub cx: &'a mut Context<'b>,
    /// The profile of their drawing time.
    pub profile: &'a mut Profile,
    /// The panes drawn, with their rectangles.
    pub drawn: &'a mut Vec<(PaneKind, Rect)>,
    /// The pane to be shown alone.
    pub alone: &'a mut Option<PaneKind>,
}

impl Tiling<'_, '_> {
    /// Draws a pane.
    pub fn draw(&mut self, ui: &mut egui::Ui, rect: Rect, kind: PaneKind) {
        self.drawn.push((kind, rect));
        ui.painter().rect_filled(rect, 0.0, self.cx.palette.panel);
        if let Some(pane) = self.panes.get_mut(&kind) {
            let begin = self.profile.begin();
            let inner = if keeps_its_distance(kind) { rect } else { rect.shrink2(vec2(14.0, 10.0)) };
            let mut inside = ui.new_child(UiBuilder::new().max_rect(inner).id_salt(kind));
            inside.set_clip_rect(rect.intersect(ui.clip_rect()));
            pane.ui(&mut inside, self.cx);
            self.profile.end(pane.title(), begin);
        }
    }
}

impl Behavior<PaneKind> for Tiling<'_, '_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, tile_id: TileId, kind: &mut PaneKind) -> UiResponse {
        let rect = ui.available_rect_before_wrap();
        self.draw(ui, rect, *kind);
        let (dragged, alone) = handle_ui(ui, tile_id, rect, self.cx.palette);
        if alone {
            *self.alone = Some(*kind);
        }
        dragged
    }

    fn tab_title_for_pane(&mut self, kind: &PaneKind) -> egui::WidgetText {
        self.panes.get(kind).map_or("", |pane| pane.title()).into()
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        1.0
    }

    fn min_size(&self) -> f32 {
        90.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: false, ..SimplificationOptions::default() }
    }
}

/// Draws the handle of a pane, six dots in the middle of the upper edge that appear near the pointer. Returns the drag
/// response, and whether a double click asked to show the pane alone.
fn handle_ui(ui: &egui::Ui, tile_id: TileId, rect: Rect, palette: &Palette) -> (UiResponse, bool) {
    let strip = Rect::from_center_size(pos2(rect.center().x, rect.top() + HANDLE / 2.0), vec2(56.0, HANDLE));
    let near = ui.input(|input| input.pointer.hover_pos()).is_some_and(|at| strip.expand(6.0).contains(at));
    if !near {
        return (UiResponse::None, false);
    }
    let response = ui.interact(strip, ui.scope_id().with((tile_id, "handle")), Sense::click_and_drag());
    for column in -2_i8..=2 {
        for row in [-1.5, 1.5] {
            let at = strip.center() + vec2(f32::from(column) * 5.0, row);
            ui.painter().circle_filled(at, 1.0, palette.weak);
        }
    }
    let response = response
        .on_hover_cursor(CursorIcon::Grab)
        .on_hover_text("Drag to move this pane; double-click to show it alone");
    let dragged = if response.drag_started() { UiResponse::DragStarted } else { UiResponse::None };
    (dragged, response.double_clicked())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_in_a_narrow_window_are_as_wide_as_they_need_and_are_put_back() {
        assert_eq!(fitted(&[100.0, 500.0, 200.0], &[200.0, 200.0, 200.0]), [200.0, 400.0, 200.0]);
        assert_eq!(fitted(&[300.0, 300.0], &[200.0, 200.0]), [300.0, 300.0]);
        assert_eq!(fitted(&[100.0, 100.0], &[300.0, 100.0]), [150.0, 50.0]);
        let mut layout = Layout::default();
        let before = layout.clone();
        let tree = layout.tree(Tab::Train);
        assert!(squeeze(tree, 1280.0).len() <= 1);
        let squeezed = squeeze(tree, 853.0);
        assert_eq!(squeezed.len(), 1);
        release(tree, squeezed);
        assert_eq!(layout.tree(Tab::Train), before.clone().tree(Tab::Train));
    }

    #[test]
    fn every_tab_shows_what_belongs_to_it() {
        let mut layout = Layout::default();
        let mut shows = |tab: Tab, kind: PaneKind| layout.tree(tab).tiles.find_pane(&kind).is_some();
        assert!(shows(Tab::Train, PaneKind::Setup) && !shows(Tab::Train, PaneKind::WhatIf));
        assert!(shows(Tab::Decision, PaneKind::WhatIf) && shows(Tab::Values, PaneKind::Experts));
        assert!(shows(Tab::Compare, PaneKind::Compare) && shows(Tab::Tour, PaneKind::Tour));
    }
}
