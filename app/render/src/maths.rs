//! Linear algebra for the camera and the scene: vectors, unit quaternions, 4x4 matrices (column-major, as in shaders).

/// A vector or a point, m.
pub type Vec3 = [f32; 3];

/// A 4x4 matrix, column-major.
pub type Mat4 = [[f32; 4]; 4];

/// Converts a number for which 24 bits are enough, as in pictures and networks.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "places, shares and settings need no more digits")]
pub fn narrow(number: f64) -> f32 {
    number as f32
}

/// Converts a count for drawing, exact below 16 million.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "what is drawn or averaged is counted in far less than 16 million")]
pub fn real(number: usize) -> f32 {
    number as f32
}

/// Returns a + b.
#[must_use]
pub fn add(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// Returns a - b.
#[must_use]
pub fn sub(a: Vec3, b: Vec3) -> Vec3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// Returns a times a number.
#[must_use]
pub fn scale(a: Vec3, by: f32) -> Vec3 {
    a.map(|x| x * by)
}

/// Returns the dot product.
#[must_use]
pub fn dot(a: Vec3, b: Vec3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Returns the cross product.
#[must_use]
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Returns the length.
#[must_use]
pub fn length(a: Vec3) -> f32 {
    dot(a, a).sqrt()
}

/// Returns the normalized vector; up for the zero vector.
#[must_use]
pub fn normalize(a: Vec3) -> Vec3 {
    let long = length(a);
    if long > 1e-12 { scale(a, 1.0 / long) } else { [0.0, 0.0, 1.0] }
}

/// Interpolates linearly from a to b.
#[must_use]
pub fn lerp(a: Vec3, b: Vec3, share: f32) -> Vec3 {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * share)
}

/// A rotation, `[x, y, z, w]`.
pub type Quat = [f32; 4];

/// The identity rotation.
pub const NO_TURN: Quat = [0.0, 0.0, 0.0, 1.0];

/// Interpolates the rotation from a to b along the shorter arc (normalised linear interpolation).
#[must_use]
pub fn nlerp(a: Quat, b: Quat, share: f32) -> Quat {
    let along: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    let sign = if along < 0.0 { -1.0 } else { 1.0 };
    let mixed = [0, 1, 2, 3].map(|i| a[i] * (1.0 - share) + sign * b[i] * share);
    let long = mixed.iter().map(|x| x * x).sum::<f32>().sqrt();
    if long > 1e-9 { mixed.map(|x| x / long) } else { b }
}

/// Rotates a vector.
#[must_use]
pub fn rotate(by: Quat, v: Vec3) -> Vec3 {
    let u = [by[0], by[1], by[2]];
    let t = scale(cross(u, v), 2.0);
    add(add(v, scale(t, by[3])), cross(u, t))
}

/// Returns the shortest rotation from +z to this direction.
#[must_use]
pub fn z_to(direction: Vec3) -> Quat {
    let d = normalize(direction);
    if d[2] < -0.999_999 {
        return [1.0, 0.0, 0.0, 0.0];
    }
    let turn = [-d[1], d[0], 0.0, 1.0 + d[2]];
    let long = turn.iter().map(|x| x * x).sum::<f32>().sqrt();
    turn.map(|x| x / long)
}

/// Returns the product a b.
#[must_use]
pub fn multiply(a: &Mat4, b: &Mat4) -> Mat4 {
    b.map(|column| transform(a, column))
}

/// Applies a matrix to a column vector.
#[must_use]
pub fn transform(m: &Mat4, v: [f32; 4]) -> [f32; 4] {
    [0, 1, 2, 3].map(|row| (0..4).map(|i| m[i][row] * v[i]).sum())
}

/// Returns the transformation from the world into the space of an eye that looks along -z, with the up direction `up`.
#[must_use]
pub fn look_at(eye: Vec3, at: Vec3, up: Vec3) -> Mat4 {
    let back = normalize(sub(eye, at));
    let right = normalize(cross(up, back));
    let up = cross(back, right);
    let row = |i: usize| [right[i], up[i], back[i], 0.0];
    [row(0), row(1), row(2), [-dot(right, eye), -dot(up, eye), -dot(back, eye), 1.0]]
}

/// Returns a perspective projection: `vertical` is the angle of view in rad, depth goes from 0 at `near` to 1 at `far`.
#[must_use]
pub fn perspective(vertical: f32, aspect: f32, near: f32, far: f32) -> Mat4 {
    let f = 1.0 / (0.5 * vertical).tan();
    let depth = far / (near - far);
    [[f / aspect, 0.0, 0.0, 0.0], [0.0, f, 0.0, 0.0], [0.0, 0.0, depth, -1.0], [0.0, 0.0, depth * near, 0.0]]
}

/// Returns a parallel projection of a box about the view axis, `half` wide and high, depth from 0 at `near` to 1 at
/// `far`.
#[must_use]
pub fn parallel(half: f32, near: f32, far: f32) -> Mat4 {
    let depth = 1.0 / (near - far);
    [[1.0 / half, 0.0, 0.0, 0.0], [0.0, 1.0 / half, 0.0, 0.0], [0.0, 0.0, depth, 0.0], [0.0, 0.0, depth * near, 1.0]]
}

/// Converts a pixel count to a float.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "pictures have a few thousand pixels a side")]
pub fn pixels(n: u32) -> f32 {
    n as f32
}
