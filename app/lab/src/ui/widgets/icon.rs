//! Painted icons: the fonts do not have all of them, and painted ones are sharp at every size.

use eframe::egui::{Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A triangle to the right.
    Play,
    /// Two bars.
    Pause,
    /// A triangle and a bar.
    Step,
    /// A square.
    Stop,
    /// An arrow into a tray.
    Export,
    /// A cross.
    Close,
    /// A triangle down.
    Down,
    /// A half-filled circle: dark or light.
    Theme,
    /// Three bars: a menu.
    Menu,
    /// An arrow out of a corner: a link.
    Link,
}

impl Icon {
    /// Draws the icon into a square, in this colour.
    pub fn paint(self, painter: &Painter, rect: Rect, colour: Color32) {
        let at = |x: f32, y: f32| pos2(rect.left() + x * rect.width(), rect.top() + y * rect.height());
        let bar = |left: f32, right: f32| {
            let area = Rect::from_min_max(at(left, 0.16), at(right, 0.84));
            painter.rect_filled(area, CornerRadius::same(1), colour);
        };
        let polygon = |points: Vec<Pos2>| {
            painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
        };
        let stroke = Stroke::new((rect.width() * 0.11).max(1.2), colour);
        match self {
            Self::Play => polygon(vec![at(0.22, 0.12), at(0.88, 0.5), at(0.22, 0.88)]),
            Self::Pause => {
                bar(0.2, 0.42);
                bar(0.58, 0.8);
            }
            Self::Step => {
                polygon(vec![at(0.12, 0.14), at(0.68, 0.5), at(0.12, 0.86)]);
                bar(0.74, 0.9);
            }
            Self::Stop => {
                painter.rect_filled(rect.shrink2(vec2(0.2, 0.2) * rect.size()), CornerRadius::same(2), colour);
            }
            Self::Export => {
                painter.line_segment([at(0.5, 0.08), at(0.5, 0.6)], stroke);
                painter.line(vec![at(0.27, 0.38), at(0.5, 0.62), at(0.73, 0.38)], stroke);
                painter.line(vec![at(0.1, 0.62), at(0.1, 0.9), at(0.9, 0.9), at(0.9, 0.62)], stroke);
            }
            Self::Menu => {
                for y in [0.22, 0.5, 0.78] {
                    painter.line_segment([at(0.08, y), at(0.92, y)], stroke);
                }
            }
            Self::Link => {
                painter
                    .line(vec![at(0.45, 0.16), at(0.12, 0.16), at(0.12, 0.88), at(0.84, 0.88), at(0.84, 0.55)], stroke);
                painter.line_segment([at(0.42, 0.58), at(0.9, 0.1)], stroke);
                painter.line(vec![at(0.6, 0.1), at(0.9, 0.1), at(0.9, 0.4)], stroke);
            }
            Self::Close => {
                painter.line_segment([at(0.2, 0.2), at(0.8, 0.8)], stroke);
                painter.line_segment([at(0.8, 0.2), at(0.2, 0.8)], stroke);
            }
            Self::Down => polygon(vec![at(0.18, 0.34), at(0.82, 0.34), at(0.5, 0.72)]),
            Self::Theme => {
                let radius = 0.38 * rect.width();
                painter.circle_stroke(rect.center(), radius, stroke);
                let half = (0_u8..=12).map(|step| {
                    let angle = std::f32::consts::PI * f32::from(step) / 12.0;
                    rect.center() + radius * vec2(-angle.sin(), -angle.cos())
                });
                polygon(half.collect());
            }
        }
    }
}
