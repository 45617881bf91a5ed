//! The layout of panes: a tree of tiles per tab, which users rearrange by dragging panes at their handles.

use std::collections::BTreeMap;

use eframe::egui::{self, CursorIcon, Rect, Sense, UiBuilder, pos2, vec2};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, Shares, SimplificationOptions, Tile, TileId, Tiles, Tree, UiResponse,
};
use serde::{Deserialize, Serialize};

use super::profile::Profile;
use crate::catalog::PaneKind;
use crate::panes::{Context, Pane};
use crate::ui::Palette;
use crate::view::Tab;

/// The widths of a tab's columns in its default layout, as shares. Panes name their column in their description.
fn columns_of(tab: Tab) -> &'static [f32] {
    match tab {
        Tab::Train => &[0.19, 0.53, 0.28],
        Tab::Decision => &[0.25, 0.5, 0.25],
        Tab::Values => &[0.36, 0.36, 0.28],
        Tab::Compare => &[1.0],
        Tab::Tour => &[0.4, 0.6],
    }
}

/// Height of the strip below the columns, as a share.
const STRIP: f32 = 0.14;

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
        Some(Tile::Pane(kind)) => kind.spec().least_width,
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
    let column = |(index, width): (usize, &f32)| {
        let share = |kind: &PaneKind| {
            kind.spec().place_in(tab).filter(|place| place.column == Some(index)).map(|place| place.share)
        };
        let panes = PaneKind::ALL.iter().filter_map(|kind| Some((share(kind)?, Plan::Pane(*kind))));
        (*width, joined(panes.collect(), Plan::Column))
    };
    let columns = joined(columns_of(tab).iter().enumerate().map(column).collect(), Plan::Row);
    let plan = match PaneKind::strip_of(tab) {
        Some(strip) => Plan::Column(vec![(1.0 - STRIP, columns), (STRIP, Plan::Pane(strip))]),
        None => columns,
    };
    let mut tiles = Tiles::default();
    let root = build(plan, &mut tiles);
    Tree::new(egui::Id::unique(("layout", tab.title())), root, tiles)
}

/// Returns the only part, or all of them as a row or column.
fn joined(mut parts: Vec<(f32, Plan)>, join: fn(Vec<(f32, Plan)>) -> Plan) -> Plan {
    match parts.pop() {
        Some((_, only)) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
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
            let inner = if kind.spec().own_margins { rect } else { rect.shrink2(vec2(14.0, 10.0)) };
            let mut inside = ui.new_child(UiBuilder::new().max_rect(inner).id_salt(kind));
            inside.set_clip_rect(rect.intersect(ui.clip_rect()));
            pane.ui(&mut inside, self.cx);
            self.profile.end(kind.spec().title, begin);
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
        kind.spec().title.into()
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

    #[test]
    fn every_place_is_in_a_column_of_its_tab() {
        for place in PaneKind::ALL.iter().flat_map(|kind| kind.spec().places) {
            assert!(place.column.is_none_or(|column| column < columns_of(place.tab).len()), "{place:?}");
        }
        for tab in Tab::ALL {
            for column in 0..columns_of(tab).len() {
                let is_there = |kind: &PaneKind| kind.spec().place_in(tab).is_some_and(|at| at.column == Some(column));
                assert!(PaneKind::ALL.iter().any(is_there), "column {column} of {tab:?} is empty");
            }
        }
    }

    /// As users have it in their saved state: layouts refer to panes by these names.
    #[test]
    fn a_saved_layout_still_opens() {
        let saved = serde_json::to_string(&Layout::default()).unwrap();
        for kind in ["World", "Setup", "DeltaQ", "WhatIf", "Timeline", "Against", "Compare", "Tour"] {
            assert!(saved.contains(&format!("{{\"Pane\":\"{kind}\"}}")), "{kind} in {saved}");
        }
        let mut back: Layout = serde_json::from_str(&saved).unwrap();
        assert_eq!(back.tree(Tab::Train), Layout::default().tree(Tab::Train));
    }
}
