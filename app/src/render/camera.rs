//! The camera: it orbits a point, pans, zooms and follows.

use std::f32::consts::{FRAC_PI_2, PI};

use super::maths::{
    Mat4, Vec3, add, cross, length, lerp, look_at, multiply, normalize, perspective, scale, sub, transform,
};

/// Vertical angle of view, rad.
pub const FIELD: f32 = 0.62;

/// Time in which the camera makes up for most of its lag behind the body, s.
const FOLLOW_TIME: f32 = 0.25;

/// How far behind it stays at most, in half sizes of the body.
const LEASH: f32 = 0.3;

/// What a body needs to be seen: where it is, how far it reaches, and from where it looks best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject {
    /// Centre of what is to be seen, m.
    pub centre: Vec3,
    /// Half of its width across the view, and half of its height, m.
    pub half: [f32; 2],
    /// How much of it is nearer to the eye than its centre, m.
    pub depth: f32,
    /// Direction of the best view around the vertical, rad: 0 looks along +y, from where x goes right.
    pub yaw: f32,
    /// Height of the best view, rad: 0 is level, positive looks down.
    pub pitch: f32,
}

/// A camera that orbits a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// What it looks at, m.
    pub target: Vec3,
    /// Around the vertical, rad.
    pub yaw: f32,
    /// Above the level, rad.
    pub pitch: f32,
    /// How much nearer than the fitting distance.
    pub zoom: f32,
    /// Moved by the person, from what it follows, m.
    pub offset: Vec3,
    /// Shares of the picture's height at its top and bottom that something lies over.
    reserved: [f32; 2],
    subject: Subject,
}

/// A camera at a moment: what a renderer and a pointer need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// From the world to clip space.
    pub view_projection: Mat4,
    /// Where the eye is, m.
    pub eye: Vec3,
    /// The point in the middle of the picture, m.
    pub target: Vec3,
    /// From the eye to that point, m.
    pub distance: f32,
    /// To the right of the picture, in the world.
    pub right: Vec3,
    /// Up in the picture, in the world.
    pub up: Vec3,
    /// Width over height.
    pub aspect: f32,
    /// How far above the middle of the picture its target is, as a share of half the height.
    pub rise: f32,
}

impl Camera {
    /// The default view of a subject.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        let Subject { centre, yaw, pitch, .. } = subject;
        Self { target: centre, yaw, pitch, zoom: 1.0, offset: [0.0; 3], reserved: [0.0; 2], subject }
    }

    /// Back to the default view; what it follows it goes on following.
    pub fn reset(&mut self) {
        *self = Self { target: self.target, reserved: self.reserved, ..Self::new(self.subject) };
    }

    /// Leaves these shares of the picture's height free at its top and bottom; the middle is that of the rest.
    pub fn reserve(&mut self, top: f32, bottom: f32) {
        self.reserved = [top, bottom].map(|share| share.clamp(0.0, 0.45));
    }

    /// What it was made for.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Turns by a drag over so many points of a view that is `height` points high.
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

    /// Comes nearer by this factor.
    pub fn zoom_by(&mut self, factor: f32) {
        self.zoom = (self.zoom * factor).clamp(0.1, 20.0);
    }

    /// Moves a part of the way to a point, the more the longer the time since the frame before, s.
    pub fn follow(&mut self, point: Vec3, seconds: f32) {
        let far = length(sub(point, self.target)) > 4.0 * self.subject.half[0].max(self.subject.half[1]);
        let share = if far { 1.0 } else { 1.0 - (-seconds.max(0.0) / FOLLOW_TIME).exp() };
        self.target = lerp(self.target, point, share);
        // Behind a body that is simulated faster than in real time it would stay ever farther behind.
        let (behind, leash) = (length(sub(point, self.target)), LEASH * self.subject.half[0].max(self.subject.half[1]));
        if behind > leash {
            self.target = lerp(point, self.target, leash / behind);
        }
    }

    /// The camera as it is now, for a picture of this width over height.
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

    /// The distance at which the subject fills the picture with some room around it.
    fn fit(&self, aspect: f32) -> f32 {
        let [across, up] = self.subject.half;
        let tangent = (0.5 * FIELD).tan();
        let free = 1.0 - self.reserved[0] - self.reserved[1];
        (up / (tangent * free)).max(across / (tangent * aspect)).max(1e-3) + self.subject.depth
    }
}

impl Lens {
    /// Where a point of the world is in the picture, from the top left in shares of its width and height, and how deep; none
    /// behind the eye.
    #[must_use]
    pub fn project(&self, point: Vec3) -> Option<[f32; 3]> {
        let [x, y, z, w] = transform(&self.view_projection, [point[0], point[1], point[2], 1.0]);
        (w > 1e-6).then(|| [0.5 + 0.5 * x / w, 0.5 - 0.5 * y / w, z / w])
    }

    /// Direction of the ray through a place of the picture, given as by [`Lens::project`]; it begins at the eye.
    #[must_use]
    pub fn ray(&self, place: [f32; 2]) -> Vec3 {
        let tangent = (0.5 * FIELD).tan();
        let forward = normalize(sub(self.target, self.eye));
        let across = scale(self.right, (2.0 * place[0] - 1.0) * tangent * self.aspect);
        let up = scale(self.up, (1.0 - 2.0 * place[1] - self.rise) * tangent);
        normalize(add(forward, add(across, up)))
    }

    /// Where the ray through a place of the picture meets the level at this height; none if it does not.
    #[must_use]
    pub fn pick_level(&self, place: [f32; 2], height: f32) -> Option<Vec3> {
        let ray = self.ray(place);
        let along = (height - self.eye[2]) / ray[2];
        (along.is_finite() && along > 0.0).then(|| add(self.eye, scale(ray, along)))
    }
}
