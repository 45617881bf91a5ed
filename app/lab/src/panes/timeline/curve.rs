//! A curve with many points in little room.

use eframe::egui::{Color32, Mesh, Painter, Pos2, pos2};

use crate::ui::number::whole;

/// Returns the points of a curve, at most about two per point of width: the lowest and highest of each section.
pub(super) fn decimated(len: usize, width: f32, point: impl Fn(usize) -> Pos2) -> Vec<Pos2> {
    let columns = whole(f64::from(width)).max(1);
    if len <= 2 * columns {
        return (0..len).map(point).collect();
    }
    let mut points = Vec::with_capacity(2 * columns);
    for column in 0..columns {
        let stretch = (column * len / columns)..((column + 1) * len / columns);
        let (mut low, mut high) = (point(stretch.start), point(stretch.start));
        for at in stretch {
            let here = point(at);
            if here.y > low.y {
                low = here;
            }
            if here.y < high.y {
                high = here;
            }
        }
        let ordered = if low.x <= high.x { [low, high] } else { [high, low] };
        points.extend(ordered);
    }
    points
}

/// Fills the area between a curve and its base.
pub(super) fn area(painter: &Painter, points: &[Pos2], foot: f32, colour: Color32) {
    let mut mesh = Mesh::default();
    for point in points {
        let next = u32::try_from(mesh.vertices.len()).unwrap_or_default();
        mesh.colored_vertex(*point, colour);
        mesh.colored_vertex(pos2(point.x, foot), colour);
        if next >= 2 {
            mesh.add_triangle(next - 2, next - 1, next);
            mesh.add_triangle(next - 1, next, next + 1);
        }
    }
    painter.add(mesh);
}
