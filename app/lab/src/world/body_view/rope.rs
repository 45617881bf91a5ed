//! Ropes: straight where they are taut, sagging where they are not.

use bootstride_render::maths::add as sum;
use bootstride_render::maths::{Vec3, length, lerp, scale, sub, z_to};
use bootstride_render::mesh::Stretch;
use bootstride_render::scene::{Body, Role};

use crate::ui::number::real;

/// Number of straight segments per rope.
const PIECES: usize = 14;

/// Thickness relative to the length.
const THICKNESS: f32 = 0.008;

/// Adds a rope of this length, m, between two points.
pub(super) fn add(bodies: &mut Vec<Body>, [start, end]: [Vec3; 2], long: f32) {
    let span = length(sub(end, start));
    // The sag of a parabola slightly longer than its chord; a folded rope sags by half its length.
    let sag = (0.375 * span * (long - span).max(0.0)).sqrt().max(0.5 * (long - 3.0 * span)).max(0.0);
    let at = |piece: usize| {
        let share = real(piece) / real(PIECES);
        let [x, y, z] = lerp(start, end, share);
        [x, y, z - 4.0 * sag * share * (1.0 - share)]
    };
    for piece in 0..PIECES {
        let (from, to) = (at(piece), at(piece + 1));
        let along = sub(to, from);
        bodies.push(Body {
            position: scale(sum(from, to), 0.5),
            turn: z_to(along),
            stretch: Stretch::capsule(THICKNESS * long, 0.5 * length(along)),
            role: Role::Rope,
        });
    }
}
