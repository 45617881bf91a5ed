//! The two meshes from which all bodies are drawn, and how a shape stretches them.
//!
//! A vertex is the sum of a round part and a corner, each stretched by its own three numbers: `p = round * R + corner *
//! E`. With E = 0 that is a sphere or an ellipsoid, with E along z a capsule whose caps stay round, with E in all axes
//! a box with round edges; so one mesh serves them all, split along its planes of symmetry. Cylinders with round edges
//! are the other mesh.

use bootstride_core::body::Shape;

use super::maths::Vec3;
use crate::maths::{narrow, real};

/// A vertex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vertex {
    /// The round part, of length 1; also the normal of an unstretched sphere.
    pub round: Vec3,
    /// Its corner, -1 to 1 on each axis.
    pub corner: Vec3,
}

/// A triangle mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// Vertices.
    pub vertices: Vec<Vertex>,
    /// Indices, three per triangle, counter-clockwise as seen from outside.
    pub indices: Vec<u16>,
}

/// The mesh with which a shape is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MeshKind {
    /// Spheres, ellipsoids, capsules, boxes.
    Rounded,
    /// The same, for shapes that are small on the screen.
    RoundedCoarse,
    /// Cylinders.
    Cylinder,
}

impl MeshKind {
    /// All meshes, in order.
    pub const ALL: [Self; 3] = [Self::Rounded, Self::RoundedCoarse, Self::Cylinder];

    /// Returns its index in [`Self::ALL`].
    #[must_use]
    pub fn place(self) -> usize {
        match self {
            Self::Rounded => 0,
            Self::RoundedCoarse => 1,
            Self::Cylinder => 2,
        }
    }

    /// The mesh.
    #[must_use]
    pub fn mesh(self) -> Mesh {
        match self {
            Self::Rounded => rounded(8, 6),
            Self::RoundedCoarse => rounded(4, 3),
            Self::Cylinder => cylinder(40, 3),
        }
    }
}

/// How a shape stretches its mesh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// The mesh.
    pub mesh: MeshKind,
    /// R: stretch of round parts, m.
    pub round: Vec3,
    /// E: stretch of corners, m.
    pub extent: Vec3,
}

/// Radius of round edges, as a share of a box's or cylinder's shortest half side.
const BEVEL: f32 = 0.12;

/// Half the thickness of a plane that is drawn as a board, m.
const BOARD: f32 = 0.002;

impl Stretch {
    /// Returns the stretch for a shape of a body file.
    #[must_use]
    pub fn of(shape: &Shape) -> Self {
        match *shape {
            Shape::Plane { half_size: [x, y] } => Self::brick([narrow(x), narrow(y), BOARD]),
            Shape::Sphere { radius } => Self::sphere(narrow(radius)),
            Shape::Capsule { radius, half_length } => Self::capsule(narrow(radius), narrow(half_length)),
            Shape::Cylinder { radius, half_length } => {
                let (radius, half) = (narrow(radius), narrow(half_length));
                let edge = BEVEL * radius.min(half);
                let wide = radius - edge;
                Self { mesh: MeshKind::Cylinder, round: [edge; 3], extent: [wide, wide, half - edge] }
            }
            Shape::Box { half_size } => Self::brick(half_size.map(narrow)),
            Shape::Ellipsoid { half_size } => {
                Self { mesh: MeshKind::Rounded, round: half_size.map(narrow), extent: [0.0; 3] }
            }
        }
    }

    /// Returns a ball.
    #[must_use]
    pub fn sphere(radius: f32) -> Self {
        Self { mesh: MeshKind::Rounded, round: [radius; 3], extent: [0.0; 3] }
    }

    /// Returns a capsule along z.
    #[must_use]
    pub fn capsule(radius: f32, half_length: f32) -> Self {
        Self { mesh: MeshKind::Rounded, round: [radius; 3], extent: [0.0, 0.0, half_length] }
    }

    fn brick(half: Vec3) -> Self {
        let edge = BEVEL * half.into_iter().fold(f32::INFINITY, f32::min);
        Self { mesh: MeshKind::Rounded, round: [edge; 3], extent: half.map(|side| side - edge) }
    }

    /// Returns the half sides of its bounding box in its own axes, m.
    #[must_use]
    pub fn reach(&self) -> Vec3 {
        [0, 1, 2].map(|i| self.round[i] + self.extent[i])
    }
}

/// Returns a sphere of four quarters around and two halves from pole to pole, each with its own corners, with `across`
/// and `up` steps per quarter.
fn rounded(across: usize, up: usize) -> Mesh {
    let quarter = std::f32::consts::FRAC_PI_2;
    let (columns, rows) = (4 * (across + 1), 2 * (up + 1));
    let mut mesh = Mesh::default();
    for row in 0..rows {
        let (half, step) = (row / (up + 1), row % (up + 1));
        let latitude = quarter * (1.0 - real(half) - real(step) / real(up));
        for column in 0..columns {
            let (q, step) = (column / (across + 1), column % (across + 1));
            let longitude = quarter * (real(q) + real(step) / real(across));
            let round = [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()];
            let sign = |yes: bool| if yes { 1.0 } else { -1.0 };
            let corner = [sign(q == 0 || q == 3), sign(q < 2), sign(half == 0)];
            mesh.vertices.push(Vertex { round, corner });
        }
    }
    for row in 0..rows - 1 {
        strip(&mut mesh, row * columns, (row + 1) * columns, columns);
    }
    // The flat top and bottom of a box, between the four copies of each pole.
    let pole = |row: usize, q: usize| row * columns + q * (across + 1);
    let last = rows - 1;
    for [a, b, c] in [[0, 1, 2], [0, 2, 3]] {
        mesh.triangle(pole(0, a), pole(0, b), pole(0, c));
        mesh.triangle(pole(last, a), pole(last, c), pole(last, b));
    }
    mesh
}

/// Returns a cylinder with round edges: `around` sides, `edge` steps over each edge.
fn cylinder(around: usize, edge: usize) -> Mesh {
    let quarter = std::f32::consts::FRAC_PI_2;
    let mut mesh = Mesh::default();
    for half in 0..2 {
        for step in 0..=edge {
            let latitude = quarter * (1.0 - real(half) - real(step) / real(edge));
            for side in 0..around {
                let (sine, cosine) = (4.0 * quarter * real(side) / real(around)).sin_cos();
                let round = [latitude.cos() * cosine, latitude.cos() * sine, latitude.sin()];
                let corner = [cosine, sine, 1.0 - 2.0 * real(half)];
                mesh.vertices.push(Vertex { round, corner });
            }
        }
    }
    let rows = 2 * (edge + 1);
    for row in 0..rows - 1 {
        strip(&mut mesh, row * around, (row + 1) * around, around);
    }
    for (z, ring) in [(1.0, 0), (-1.0, (rows - 1) * around)] {
        let centre = mesh.vertices.len();
        mesh.vertices.push(Vertex { round: [0.0, 0.0, z], corner: [0.0, 0.0, z] });
        for side in 0..around {
            let (a, b) = (ring + side, ring + (side + 1) % around);
            if z > 0.0 { mesh.triangle(centre, a, b) } else { mesh.triangle(centre, b, a) }
        }
    }
    mesh
}

/// Connects two closed rings of `len` vertices, `upper` above `lower`.
fn strip(mesh: &mut Mesh, upper: usize, lower: usize, len: usize) {
    for column in 0..len {
        let next = (column + 1) % len;
        mesh.triangle(upper + column, lower + column, lower + next);
        mesh.triangle(upper + column, lower + next, upper + next);
    }
}

impl Mesh {
    #[allow(clippy::cast_possible_truncation, reason = "meshes have a few hundred vertices")]
    fn triangle(&mut self, a: usize, b: usize, c: usize) {
        self.indices.extend([a, b, c].map(|i| i as u16));
    }
}
