//! Drawing a plot with egui, and pointer interaction.

use eframe::egui::epaint::{Mesh, RectShape};
use eframe::egui::{
    Color32, CornerRadius, CursorIcon, Painter, Popup, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use super::item::{Face, Item};
use super::scene::Scene;
use super::{Plot, PlotResponse, readout};
use crate::ui::export::{Exports, Format};
use crate::ui::theme::{RADIUS, is_for_fingers};
use crate::ui::widgets::Icon;
use crate::ui::{Palette, fonts};

impl Plot {
    /// Draws the plot over the available width. It can be exported from a context menu and a button that appears on
    /// hover.
    pub fn show(&self, ui: &mut Ui, palette: &Palette) -> PlotResponse {
        let height = self.height.unwrap_or_else(|| ui.available_height()).max(48.0);
        let size = vec2(ui.available_width().max(48.0), height);
        // Dragging a finger over a plot scrolls the pane; a tap shows the readout.
        let fingers = is_for_fingers(ui.ctx());
        let sense = if fingers { Sense::click() } else { Sense::click_and_drag() };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, ui.is_enabled(), self.spoken()));
        if !ui.is_rect_visible(rect) {
            return PlotResponse { area: rect, hovered: None, picked: None };
        }
        let painter = ui.painter_at(rect);
        let measure = |text: &str, face: Face, size: f32| {
            ui.painter().layout_no_wrap(text.to_owned(), font(face, size), Color32::PLACEHOLDER).size()
        };
        let scene = Scene::new(self, rect, palette, &measure);
        paint(&scene, &painter);
        let at = response.hover_pos().or_else(|| response.interact_pointer_pos());
        let over = at.filter(|at| scene.area.expand2(vec2(2.0, 0.0)).contains(*at) || response.dragged());
        let (mut hovered, mut picked) = (None, None);
        if let (Some(at), Some((x, y))) = (over, &scene.scales) {
            let number = x.of(at.x);
            hovered = Some(number);
            if response.clicked() || response.dragged() {
                picked = Some(number);
            }
            if !Popup::is_any_open(ui.ctx()) {
                readout::show_ui(self, ui, palette, &response, (x, y), scene.area, number);
                ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
            }
        }
        self.exports_ui(ui, palette, rect, &response, &scene);
        PlotResponse { area: scene.area, hovered, picked }
    }

    /// Returns the accessible label: title and merit.
    fn spoken(&self) -> String {
        match &self.merit {
            Some((merit, _)) => format!("{}, {merit}", self.title),
            None if self.title.is_empty() => "Plot".into(),
            None => self.title.clone(),
        }
    }

    /// Draws the button next to the merit while the pointer is over the plot, and the context menu.
    fn exports_ui(&self, ui: &Ui, palette: &Palette, rect: Rect, response: &Response, scene: &Scene) {
        if scene.scales.is_none() || self.title.is_empty() {
            return;
        }
        let right = if scene.merit < rect.right() { scene.merit - 6.0 } else { rect.right() };
        let place = Rect::from_min_size(pos2((right - 22.0).max(rect.left()), rect.top()), vec2(22.0, 20.0));
        let hit = if is_for_fingers(ui.ctx()) { place.expand2(vec2(9.0, 10.0)) } else { place };
        let button = ui.interact(hit, response.id.with("export"), Sense::click());
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Export {}", self.title)));
        let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&button));
        if (ui.rect_contains_pointer(rect) && response.contains_pointer())
            || button.hovered()
            || button.has_focus()
            || open
        {
            let shade = if button.hovered() || open { palette.active } else { palette.raised };
            ui.painter().rect_filled(place, CornerRadius::same(RADIUS - 2), shade);
            Icon::Export.paint(ui.painter(), place.shrink2(vec2(6.0, 5.0)), palette.text);
        }
        let menu = |ui: &mut Ui| {
            ui.set_max_width(150.0);
            for (format, name) in
                [(Format::Svg, "Export SVG"), (Format::Csv, "Export CSV"), (Format::Png, "Export PNG")]
            {
                if ui.button(name).clicked() {
                    Exports::ask(ui.ctx(), self, format, rect, palette);
                    ui.close();
                }
            }
        };
        Popup::menu(&button).show(menu);
        response.context_menu(menu);
        button.on_hover_text("Export…");
    }
}

fn font(face: Face, size: f32) -> eframe::egui::FontId {
    match face {
        Face::Text => fonts::sans(size),
        Face::Strong => fonts::strong(size),
    }
}

fn paint(scene: &Scene, painter: &Painter) {
    for item in &scene.grid {
        painter.add(shape(item));
    }
    // Lines may extend beyond the area by half their width.
    let inside = painter.with_clip_rect(scene.area.expand(2.0).intersect(painter.clip_rect()));
    let mut blocks = Mesh::default();
    for item in &scene.marks {
        // The symbols of the key are outside the area.
        let within = matches!(item, Item::Block { rect, .. } if scene.area.expand(2.0).contains_rect(*rect));
        match item {
            Item::Block { rect, colour, radius } if *radius == 0.0 && within => blocks.add_colored_rect(*rect, *colour),
            _ => {
                flush(&mut blocks, &inside);
                let by = if matches!(item, Item::Block { .. } | Item::Dot { .. }) { painter } else { &inside };
                by.add(shape(item));
            }
        }
    }
    flush(&mut blocks, &inside);
    for words in &scene.words {
        let galley = painter.layout_no_wrap(words.text.clone(), font(words.face, words.size), words.colour);
        painter.galley(words.rect.min, galley, words.colour);
    }
}

fn flush(blocks: &mut Mesh, painter: &Painter) {
    if !blocks.is_empty() {
        painter.add(Shape::mesh(std::mem::take(blocks)));
    }
}

fn shape(item: &Item) -> Shape {
    match item {
        Item::Line { points, colour, width } => match points.as_slice() {
            &[a, b] => Shape::line_segment([a, b], Stroke::new(*width, *colour)),
            _ => Shape::line(points.clone(), Stroke::new(*width, *colour)),
        },
        Item::Dashed { points, colour, width } => {
            Shape::Vec(Shape::dashed_line(points, Stroke::new(*width, *colour), 4.0, 3.0))
        }
        Item::Band { points, colour } => band(points, *colour),
        Item::Block { rect, colour, radius } => RectShape::filled(*rect, *radius, *colour).into(),
        Item::Dot { centre, colour, radius } => Shape::circle_filled(*centre, *radius, *colour),
    }
}

/// Returns a strip of triangles between the upper and the lower edge.
fn band(points: &[[f32; 3]], colour: Color32) -> Shape {
    let mut mesh = Mesh::default();
    let mut corner = 0;
    for (index, &[x, upper, lower]) in points.iter().enumerate() {
        mesh.colored_vertex(pos2(x, upper), colour);
        mesh.colored_vertex(pos2(x, lower), colour);
        if index > 0 {
            mesh.add_triangle(corner, corner + 1, corner + 2);
            mesh.add_triangle(corner + 1, corner + 2, corner + 3);
            corner += 2;
        }
    }
    Shape::mesh(mesh)
}
