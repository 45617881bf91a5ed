//! The camera, which orbits a point, pans, zooms and follows a body.

use std::f32::consts::{FRAC_PI_2, PI};

use super::maths::{
    Mat4, Vec3, add, cross, length, lerp, look_at, multiply, normalize, perspective, scale, sub, transform,
};

/// Vertical angle of view, rad.
pub const FIELD: f32 = 0.62;

/// Time constant with which the camera catches up with the body, s.
const FOLLOW_TIME: f32 = 0.25;

/// Maximum lag behind the body, in half sizes of the body.
const LEASH: f32 = 0.3;

/// The subject of a view: its position, extent and best viewing direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject {
    /// Centre of the subject, m.
    pub centre: Vec3,
    /// Half of its width across the view, and half of its height, m.
    pub half: [f32; 2],
    /// How far it extends from its centre towards the eye, m.
    pub depth: f32,
    /// Direction of the best view around the vertical, rad: 0 looks along +y, from where x goes right.
    pub yaw: f32,
    /// Height of the best view, rad: 0 is level, positive looks down.
    pub pitch: f32,
}

/// A camera that orbits a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Target point, m.
    pub target: Vec3,
    /// Yaw around the vertical, rad.
    pub yaw: f32,
    /// Pitch above the horizontal, rad.
    pub pitch: f32,
    /// Zoom factor relative to the fitting distance.
    pub zoom: f32,
    /// Offset by the user from the followed point, m.
    pub offset: Vec3,
    /// Shares of the picture's height at its top and bottom that are covered.
    reserved: [f32; 2],
    subject: Subject,
}

/// A snapshot of the camera, as needed for rendering and picking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// Transformation from the world to clip space.
    pub view_projection: Mat4,
    /// Position of the eye, m.
    pub eye: Vec3,
    /// The point in the middle of the picture, m.
    pub target: Vec3,
    /// Distance from the eye to that point, m.
    pub distance: f32,
    /// Right direction of the picture, in the world.
    pub right: Vec3,
    /// Up direction of the picture, in the world.
    pub up: Vec3,
    /// Aspect ratio, width over height.
    pub aspect: f32,
    /// Offset of the target above the middle of the picture, as a share of half the height.
    pub rise: f32,
}

impl Camera {
    /// Returns the default view of a subject.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        let Subject { centre, yaw, pitch, .. } = subject;
        Self { target: centre, yaw, pitch, zoom: 1.0, offset: [0.0; 3], reserved: [0.0; 2], subject }
    }

    /// Resets to the default view, still following the same point.
    pub fn reset(&mut self) {
        *self = Self { target: self.target, reserved: self.reserved, ..Self::new(self.subject) };
    }

    /// Leaves these shares of the picture's height free at its top and bottom and centres the view in the rest.
    pub fn reserve(&mut self, top: f32, bottom: f32) {
        self.reserved = [top, bottom].map(|share| share.clamp(0.0, 0.45));
    }

    /// Returns the subject.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Rotates by a drag over this many points in a view that is `height` points high.
    pub fn orbit(&mut self, drag: [f32; 2], height: f32) {
        let turn = PI / height.max(1.0);
        self.yaw = (self.yaw - drag[0] * turn).rem_euclid(2.0 * PI);
        self.pitch = (self.pitch + drag[1] * turn).clamp(-0.2, FRAC_PI_2 - 0.01);
    }

    /// Moves sideways, so that what was under the pointer stays under it.
    pub fn pan(&mut self, drag: [f32; 2], size: [f32; 2]) {
        let lens = self.lens(size[0] / size[1].max(1.0));
        let metres = 2.0 * lens.distance * (0.5 * FIELD).tan() / size[1].max(1.0);
        let shift = add(scale(lens.right, -drag[0] * metres), scale(lens.up, drag[1] * metres));
        self.offset = add(self.offset, shift);
    }

    /// Zooms in by this factor.
    pub fn zoom_by(&mut self, factor: f32) {
        self.zoom = (self.zoom * factor).clamp(0.1, 20.0);
    }

    /// Moves part of the way to a point, depending on the time since the previous frame, s.
    pub fn follow(&mut self, point: Vec3, seconds: f32) {
        let far = length(sub(point, self.target)) > 4.0 * self.subject.half[0].max(self.subject.half[1]);
        let share = if far { 1.0 } else { 1.0 - (-seconds.max(0.0) / FOLLOW_TIME).exp() };
        self.target = lerp(self.target, point, share);
        // Limits the lag: behind a body that is simulated faster than in real time it would keep growing.
        let (behind, leash) = (length(sub(point, self.target)), LEASH * self.subject.half[0].max(self.subject.half[1]));
        if behind > leash {
            self.target = lerp(point, self.target, leash / behind);
        }
    }

    /// Returns a snapshot of the camera for a picture of this aspect ratio.
    #[must_use]
    pub fn lens(&self, aspect: f32) -> Lens {
        let aspect = if aspect.is_finite() { aspect.clamp(0.05, 20.0) } else { 1.0 };
        let distance = self.fit(aspect) / self.zoom;
        let (sine, cosine) = self.yaw.sin_cos();
        let forward = [-sine * self.pitch.cos(), cosine * self.pitch.cos(), -self.pitch.sin()];
        let target = add(self.target, self.offset);
        let eye = sub(target, scale(forward, distance));
        let view = look_at(eye, target, [0.0, 0.0, 1.0]);
        let rise = self.reserved[1] - self.reserved[0];
        let mut projection = perspective(FIELD, aspect, 0.02 * distance, 60.0 * distance);
        projection[2][1] = -rise;
        let right = normalize(cross(forward, [0.0, 0.0, 1.0]));
        let up = cross(right, forward);
        Lens { view_projection: multiply(&projection, &view), eye, target, distance, right, up, aspect, rise }
    }

    /// Returns the distance at which the subject fills the picture with some margin.
    fn fit(&self, aspect: f32) -> f32 {
        let [across, up] = self.subject.half;
        let tangent = (0.5 * FIELD).tan();
        let free = 1.0 - self.reserved[0] - self.reserved[1];
        (up / (tangent * free)).max(across / (tangent * aspect)).max(1e-3) + self.subject.depth
    }
}

impl Lens {
    /// Returns the position of a world point in the picture, from the top left in shares of its width and height, and
    /// its depth; `None` behind the eye.
    #[must_use]
    pub fn project(&self, point: Vec3) -> Option<[f32; 3]> {
        let [x, y, z, w] = transform(&self.view_projection, [point[0], point[1], point[2], 1.0]);
        (w > 1e-6).then(|| [0.5 + 0.5 * x / w, 0.5 - 0.5 * y / w, z / w])
    }

    /// Returns the direction of the ray from the eye through a position in the picture, as given by [`Lens::project`].
    #[must_use]
    pub fn ray(&self, place: [f32; 2]) -> Vec3 {
        let tangent = (0.5 * FIELD).tan();
        let forward = normalize(sub(self.target, self.eye));
        let across = scale(self.right, (2.0 * place[0] - 1.0) * tangent * self.aspect);
        let up = scale(self.up, (1.0 - 2.0 * place[1] - self.rise) * tangent);
        normalize(add(forward, add(across, up)))
    }

    /// Returns where the ray through a position in the picture meets the horizontal plane at this height; `None` if it
    /// does not.
    #[must_use]
    pub fn pick_level(&self, place: [f32; 2], height: f32) -> Option<Vec3> {
        let ray = self.ray(place);
        let along = (height - self.eye[2]) / ray[2];
        (along.is_finite() && along > 0.0).then(|| add(self.eye, scale(ray, along)))
    }
}
