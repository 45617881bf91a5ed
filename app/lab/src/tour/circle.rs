//! The cycle of the tour as a diagram: data flow between its parts.

use eframe::egui::{Align2, Color32, CornerRadius, Pos2, Rect, Sense, Stroke, Ui, Vec2, vec2};

use crate::ui::widgets::{card_ui, heading_ui};
use crate::ui::{Palette, sans, strong};

/// Height of the diagram, in points.
const HEIGHT: f32 = 380.0;

/// Size of a station, in points.
const STATION: Vec2 = vec2(132.0, 42.0);

/// Draws the diagram.
pub fn circle_ui(ui: &mut Ui, palette: &Palette) {
    card_ui(ui, palette, |ui| {
        heading_ui(ui, palette, "The cycle");
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
        response.widget_info(|| {
            let text = "The policy proposes sequences to the planner. The planner's experts go to the replay buffer. The \
                        policy imitates them. The value learns what the policy is worth, and ends each planned sequence.";
            eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Image, true, text)
        });
        let at = |x: f32, y: f32| rect.min + vec2(x * rect.width(), y * rect.height());
        let stations = [
            ("policy \u{3c0}", palette.policy, at(0.18, 0.5)),
            ("planner (MPPI)", palette.plan, at(0.5, 0.14)),
            ("replay buffer", palette.elite, at(0.82, 0.5)),
            ("value V", palette.good, at(0.5, 0.86)),
        ];
        let [policy, planner, replay, value] = stations.map(|(_, _, centre)| centre);
        let routes = [
            (policy, planner, "proposes sequences", at(0.22, 0.27)),
            (planner, replay, "yields an expert", at(0.78, 0.27)),
            (replay, policy, "is imitated", at(0.415, 0.545)),
            (policy, value, "is evaluated by V", at(0.22, 0.73)),
            (value, planner, "ends each plan", at(0.62, 0.68)),
        ];
        for (from, to, text, middle) in routes {
            arrow(ui, palette.weak, from, to);
            ui.painter().text(middle, Align2::CENTER_CENTER, text, sans(12.5), palette.text);
        }
        for (name, colour, centre) in stations {
            let station = Rect::from_center_size(centre, STATION);
            ui.painter().rect_filled(station, CornerRadius::same(10), palette.raised);
            ui.painter().rect_stroke(
                station,
                CornerRadius::same(10),
                Stroke::new(1.5, colour),
                eframe::egui::StrokeKind::Inside,
            );
            ui.painter().text(centre, Align2::CENTER_CENTER, name, strong(14.0), colour);
        }
    });
}

/// Draws an arrow between two stations, from edge to edge.
fn arrow(ui: &Ui, colour: Color32, from: Pos2, to: Pos2) {
    let direction = (to - from).normalized();
    let (start, end) = (from + edge(direction), to - edge(direction));
    let stroke = Stroke::new(1.5, colour);
    ui.painter().line_segment([start, end], stroke);
    for side in [0.45_f32, -0.45] {
        let (sin, cos) = side.sin_cos();
        let back = vec2(cos * direction.x - sin * direction.y, sin * direction.x + cos * direction.y);
        ui.painter().line_segment([end, end - 9.0 * back], stroke);
    }
}

/// Returns the distance from a station's centre to slightly beyond its edge in a direction.
fn edge(direction: Vec2) -> Vec2 {
    let half = 0.5 * STATION;
    let along = |half: f32, part: f32| if part.abs() > 1e-4 { half / part.abs() } else { f32::INFINITY };
    direction * (along(half.x, direction.x).min(along(half.y, direction.y)) + 6.0)
}
