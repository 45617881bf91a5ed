//! The scene: bodies, traces, light and colours. Plain data, and the renderer's only input.

use ecolor::{Color32, Rgba};

use super::camera::Lens;
use super::maths::{Quat, Vec3};
use super::mesh::Stretch;

/// Role of a shape, which determines its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The body itself.
    Body,
    /// The body's limbs on the far side.
    Far,
    /// Dark details: eyes.
    Mark,
    /// The goal of the task.
    Goal,
    /// Static geometry.
    Fixture,
    /// Ropes.
    Rope,
}

/// A placed shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    /// Position, m.
    pub position: Vec3,
    /// Rotation.
    pub turn: Quat,
    /// Shape and size.
    pub stretch: Stretch,
    /// Role.
    pub role: Role,
}

/// Line style of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Solid line.
    Solid,
    /// Dashed line.
    Dashed,
}

/// A line through the world with constant width on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Its points, m.
    pub points: Vec<Vec3>,
    /// Width in points of the screen.
    pub width: f32,
    /// Colour with opacity at its start.
    pub colour: Color32,
    /// Opacity at its end, as a share of that at its start.
    pub fade: f32,
    /// Line style.
    pub stroke: Stroke,
}

/// A dot with constant size on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Position, m.
    pub position: Vec3,
    /// Size in points of the screen.
    pub radius: f32,
    /// Its colour.
    pub colour: Color32,
}

/// The ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// Height, m.
    pub height: f32,
    /// Spacing of the grid lines, m.
    pub spacing: f32,
}

/// A scene to be rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The camera.
    pub lens: Lens,
    /// Shapes.
    pub bodies: Vec<Body>,
    /// Lines, drawn in order.
    pub traces: Vec<Trace>,
    /// Dots, on top of everything.
    pub dots: Vec<Dot>,
    /// The ground, if there is one.
    pub ground: Option<Ground>,
    /// Centre of the shadow casters, m.
    pub centre: Vec3,
    /// Radius of the shadow casters, m.
    pub radius: f32,
    /// Colours and light.
    pub look: SceneLook,
}

/// Colours and light of a theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneLook {
    /// Background colours in the middle and at the edge.
    pub background: [Color32; 2],
    /// Grid colour, with opacity.
    pub line: Color32,
    /// Colour of shadows on the ground, with opacity.
    pub shadow: Color32,
    /// Colour of the lit ground around the target, with opacity.
    pub pool: Color32,
    /// Light from above, linear.
    pub above: Vec3,
    /// Light from below, linear.
    pub below: Vec3,
    /// The key light, linear.
    pub key: Vec3,
    /// Rim light, linear.
    pub rim: Vec3,
    /// Colours of the body, its far limbs, marks, goals, fixtures and ropes.
    pub roles: [Color32; 6],
    /// Whether to hide 8-bit banding with noise; saved pictures are not dithered.
    pub dither: bool,
}

impl SceneLook {
    /// Returns the colours of a dark or light scene, whose goals have the colour `goal`.
    #[must_use]
    pub fn of(dark: bool, goal: Color32) -> Self {
        let rgb = Color32::from_rgb;
        let goal = goal.gamma_multiply(0.6);
        if dark {
            Self {
                background: [rgb(0x20, 0x28, 0x32), rgb(0x0c, 0x0f, 0x13)],
                line: rgb(0x5a, 0x67, 0x78).gamma_multiply(0.62),
                shadow: rgb(0x04, 0x05, 0x07).gamma_multiply(0.85),
                pool: rgb(0x3e, 0x4b, 0x5c).gamma_multiply(0.42),
                above: [0.26, 0.30, 0.36],
                below: [0.09, 0.105, 0.13],
                key: [0.80, 0.78, 0.75],
                rim: [0.12, 0.16, 0.22],
                roles: [
                    rgb(0xc6, 0xd2, 0xe0),
                    rgb(0x70, 0x7b, 0x8b),
                    rgb(0x24, 0x2b, 0x35),
                    goal,
                    rgb(0x5a, 0x65, 0x73),
                    rgb(0x98, 0xa4, 0xb3),
                ],
                dither: true,
            }
        } else {
            Self {
                background: [rgb(0xfa, 0xfb, 0xfd), rgb(0xdf, 0xe5, 0xec)],
                line: rgb(0x8a, 0x98, 0xa8).gamma_multiply(0.55),
                shadow: rgb(0x2c, 0x3a, 0x4c).gamma_multiply(0.38),
                pool: rgb(0xff, 0xff, 0xff).gamma_multiply(0.6),
                above: [0.46, 0.49, 0.54],
                below: [0.22, 0.24, 0.27],
                key: [0.56, 0.54, 0.51],
                rim: [0.05, 0.06, 0.08],
                roles: [
                    rgb(0xd6, 0xdf, 0xea),
                    rgb(0x93, 0xa2, 0xb5),
                    rgb(0x2b, 0x34, 0x40),
                    goal,
                    rgb(0xa6, 0xb2, 0xc0),
                    rgb(0x6c, 0x7a, 0x8b),
                ],
                dither: true,
            }
        }
    }

    /// Returns the colour of a role: linear, with separate opacity.
    #[must_use]
    pub fn colour(&self, role: Role) -> [f32; 4] {
        let index = match role {
            Role::Body => 0,
            Role::Far => 1,
            Role::Mark => 2,
            Role::Goal => 3,
            Role::Fixture => 4,
            Role::Rope => 5,
        };
        let colour = self.roles[index];
        let [red, green, blue, _] = Rgba::from(colour.to_opaque()).to_array();
        [red, green, blue, f32::from(colour.a()) / 255.0]
    }
}

impl Role {
    /// Returns the glossiness of a role; negative if it glows.
    #[must_use]
    pub fn gloss(self) -> f32 {
        match self {
            Self::Body | Self::Far => 1.0,
            Self::Mark => 1.6,
            Self::Goal => -1.0,
            Self::Rope => 0.3,
            Self::Fixture => 0.5,
        }
    }
}
