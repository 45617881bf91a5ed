//! Rigid poses and velocities, free of any physics engine.
//!
//! The arithmetic is that of Rapier's own types, operation by operation in the same order (`glam`'s quaternions,
//! without its SIMD): a pose taken out of a simulator gives the bits that the simulator itself would give.

/// A rigid pose: a rotation followed by a translation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Position of the frame's origin, m.
    pub position: [f64; 3],
    /// Orientation as a unit quaternion `[w, x, y, z]`.
    pub orientation: [f64; 4],
}

/// Velocity of a frame, in the axes of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Twist {
    /// Velocity of the frame's origin, m/s.
    pub linear: [f64; 3],
    /// Angular velocity, rad/s.
    pub angular: [f64; 3],
}

impl Pose {
    /// The origin, not rotated.
    pub const IDENTITY: Self = Self { position: [0.0; 3], orientation: [1.0, 0.0, 0.0, 0.0] };

    /// Rotates a vector from this frame into the outer one.
    #[must_use]
    pub fn rotate(&self, vector: [f64; 3]) -> [f64; 3] {
        rotate(self.orientation, vector)
    }

    /// Rotates a vector from the outer frame into this one.
    #[must_use]
    pub fn inverse_rotate(&self, vector: [f64; 3]) -> [f64; 3] {
        rotate(conjugate(self.orientation), vector)
    }

    /// Returns the x axis of this frame in the outer one.
    #[must_use]
    pub fn x_axis(&self) -> [f64; 3] {
        self.rotate([1.0, 0.0, 0.0])
    }

    /// Returns the y axis of this frame in the outer one.
    #[must_use]
    pub fn y_axis(&self) -> [f64; 3] {
        self.rotate([0.0, 1.0, 0.0])
    }

    /// Returns the z axis of this frame in the outer one.
    #[must_use]
    pub fn z_axis(&self) -> [f64; 3] {
        self.rotate([0.0, 0.0, 1.0])
    }

    /// Returns the pose of the outer frame in this one.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let orientation = conjugate(self.orientation);
        Self { position: rotate(orientation, self.position.map(|x| -x)), orientation }
    }

    /// Transforms a point from this frame into the outer one.
    #[must_use]
    pub fn transform_point(&self, point: [f64; 3]) -> [f64; 3] {
        add(self.rotate(point), self.position)
    }

    /// Transforms a point from the outer frame into this one. Rounds differently from the `transform_point` of
    /// [`inverse`](Self::inverse).
    #[must_use]
    pub fn inverse_transform_point(&self, point: [f64; 3]) -> [f64; 3] {
        self.inverse_rotate(difference(point, self.position))
    }
}

/// Returns the distance of two points.
#[must_use]
pub fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let between = difference(a, b);
    dot(between, between).sqrt()
}

/// Returns `a - b`.
#[must_use]
pub fn difference(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn add(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (a[0] * b[0]) + (a[1] * b[1]) + (a[2] * b[2])
}

fn conjugate([w, x, y, z]: [f64; 4]) -> [f64; 4] {
    [w, -x, -y, -z]
}

/// v (w² - a·a) + a (2 v·a) + (a × v) 2w, with a = (x, y, z), in the order of operations that Rapier uses.
fn rotate(orientation: [f64; 4], vector: [f64; 3]) -> [f64; 3] {
    let w = orientation[0];
    let axis = [orientation[1], orientation[2], orientation[3]];
    let straight = w * w - dot(axis, axis);
    let along = dot(vector, axis) * 2.0;
    let sum = add(vector.map(|x| x * straight), axis.map(|x| x * along));
    add(sum, cross(axis, vector).map(|x| x * (w * 2.0)))
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - b[1] * a[2], a[2] * b[0] - b[2] * a[0], a[0] * b[1] - b[0] * a[1]]
}
