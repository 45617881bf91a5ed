//! The drawable shapes of a task, and the best viewpoint.

use std::collections::VecDeque;

use bootstride_core::body::{BodyFile, Joint, JointKind, Shape, Simulator};
use bootstride_core::math::Pose;
use bootstride_core::task::{Environment, TaskConfig};
use bootstride_render::camera::Subject;
use bootstride_render::maths::{Vec3, rotate, scale};
use bootstride_render::mesh::Stretch;
use bootstride_render::scene::{Ground, Role};

use super::{BodyView, Part, place};
use crate::ui::number::narrow;

/// Number of sampled postures that determine the reach of a body with a fixed base.
const POSTURES: u32 = 64;

/// Assumed range of an unbounded slide joint, m.
const SLIDE: f64 = 0.2;

/// Minimum room around a body with a target, m.
const WITH_TARGET: f32 = 0.3;

/// The directions in which the joints of a body move.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Motion {
    /// In the plane of x and z.
    Upright,
    /// In the plane of x and y.
    Flat,
    /// Any direction.
    Free,
}

/// Creates the view of an environment in its first state.
pub(super) fn body_view(task: &TaskConfig, environment: Environment) -> BodyView {
    let file = environment.world().file().clone();
    let motion = motion(&file);
    let roaming = file.links.first().is_some_and(|link| link.joints.iter().any(roams));
    let has_target = environment.target().is_some();
    let parts = parts(&file, environment.world(), motion, has_target);
    let mut bounds = Bounds::default();
    bounds.include(environment.world(), &parts);
    if !roaming {
        let mut sample = environment.clone();
        for number in 1..POSTURES {
            sample.set_state(&sampled(&file, &environment.world().reference_positions(), number), &[]);
            bounds.include(sample.world(), &parts);
        }
    }
    let room = if roaming && has_target { WITH_TARGET } else { 0.0 };
    let subject = bounds.subject(motion, room, if has_target || !roaming { 1.15 } else { 1.35 });
    let centre = environment.world().center().map(narrow);
    let ground = ground(&file, &subject);
    BodyView {
        task: task.clone(),
        environment,
        parts,
        subject,
        roaming,
        ground,
        centre,
        kept: VecDeque::new(),
        live: None,
    }
}

fn roams(joint: &Joint) -> bool {
    match joint.kind {
        JointKind::Free => true,
        JointKind::Slide => joint.limit.is_none() && joint.spring.is_none(),
        JointKind::Hinge => false,
    }
}

fn motion(file: &BodyFile) -> Motion {
    // Turning about an axis, sliding across it.
    let about = |axis: usize| {
        file.links.iter().flat_map(|link| &link.joints).all(|joint| {
            let long = joint.axis.iter().map(|x| x * x).sum::<f64>().sqrt().max(1e-12);
            let along = joint.axis[axis].abs() / long;
            match joint.kind {
                JointKind::Hinge => along > 0.99,
                JointKind::Slide => along < 0.01,
                JointKind::Free => false,
            }
        })
    };
    if about(1) {
        Motion::Upright
    } else if about(2) {
        Motion::Flat
    } else {
        Motion::Free
    }
}

/// Returns the drawn shapes: all except the ground, and targets that the task places.
fn parts(file: &BodyFile, world: &dyn Simulator, motion: Motion, has_target: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let upward = |name: &str| {
        world.geom_pose(name).is_none_or(|Pose { orientation: [_, x, y, _], .. }| x.abs() + y.abs() < 1e-3)
    };
    for geom in &file.world.geoms {
        let is_ground = matches!(geom.shape, Shape::Plane { .. }) && upward(&geom.name);
        let is_target = has_target && geom.name == "target";
        if !is_ground && !is_target {
            parts.push(Part { geom: geom.name.clone(), stretch: Stretch::of(&geom.shape), role: Role::Fixture });
        }
    }
    for link in &file.links {
        for geom in &link.geoms {
            let depth = world.geom_pose(&geom.name).map_or(0.0, |pose| pose.position[1]);
            let role = role(&geom.name, &link.name, motion, depth);
            parts.push(Part { geom: geom.name.clone(), stretch: Stretch::of(&geom.shape), role });
        }
    }
    parts
}

/// Returns the role of a moving shape; `depth` is its distance from a viewer of upright motion, m.
fn role(geom: &str, link: &str, motion: Motion, depth: f64) -> Role {
    let named = |words: &[&str]| words.iter().any(|word| geom.contains(word));
    let left =
        |name: &str| name.contains("left") || name.ends_with("_L") || name.contains("_L_") || name.ends_with("_l");
    if named(&["eye", "iris", "pupil"]) {
        Role::Mark
    } else if named(&["decoration", "base"]) {
        Role::Fixture
    } else if link == "spinner" || (motion == Motion::Upright && (depth > 0.004 || left(geom) || left(link))) {
        Role::Far
    } else {
        Role::Body
    }
}

/// Returns the ground, a horizontal plane of the body's world; `None` if there is none.
fn ground(file: &BodyFile, subject: &Subject) -> Option<Ground> {
    let plane = file.world.geoms.iter().find(|geom| {
        let [_, x, y, _] = geom.orientation;
        matches!(geom.shape, Shape::Plane { .. }) && x.abs() + y.abs() < 1e-3
    })?;
    let reach = subject.half[0].max(subject.half[1]);
    let spacing = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0].into_iter().find(|step| *step > 0.35 * reach).unwrap_or(5.0);
    Some(Ground { height: narrow(plane.position[2]), spacing })
}

/// Returns joint positions within their bounds, deterministic for each number.
fn sampled(file: &BodyFile, reference: &[f64], number: u32) -> Vec<f64> {
    let mut q = reference.to_vec();
    let mut at = 0;
    // Multiples of an irrational number are evenly spread, and each joint has its own.
    let mut step = 0.618_033_988_75_f64;
    for joint in file.links.iter().flat_map(|link| &link.joints) {
        if joint.kind != JointKind::Free {
            let [low, high] = match (joint.limit, joint.kind) {
                (Some(limit), _) => limit.range,
                (None, JointKind::Hinge) => [-std::f64::consts::PI, std::f64::consts::PI],
                (None, _) => [q[at] - SLIDE, q[at] + SLIDE],
            };
            q[at] = low + (high - low) * (f64::from(number) * step).fract();
            step = (step * 1.618_033_988_75 + 0.137).fract();
        }
        at += joint.kind.sizes()[0];
    }
    q
}

/// A bounding box of everything included.
struct Bounds {
    low: Vec3,
    high: Vec3,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { low: [f32::INFINITY; 3], high: [f32::NEG_INFINITY; 3] }
    }
}

impl Bounds {
    fn include(&mut self, world: &dyn Simulator, parts: &[Part]) {
        for part in parts {
            let Some(pose) = world.geom_pose(&part.geom) else { continue };
            let (centre, turn) = place(&pose);
            let reach = part.stretch.reach();
            let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
            let mut half = [0.0_f32; 3];
            for (axis, length) in axes.into_iter().zip(reach) {
                let along = scale(rotate(turn, axis), length);
                (0..3).for_each(|i| half[i] += along[i].abs());
            }
            for i in 0..3 {
                self.low[i] = self.low[i].min(centre[i] - half[i]);
                self.high[i] = self.high[i].max(centre[i] + half[i]);
            }
        }
    }

    /// Returns the viewpoint; `room` is half the minimum space, m, and `margin` the relative space around the box.
    fn subject(&self, motion: Motion, room: f32, margin: f32) -> Subject {
        if self.low[0] > self.high[0] {
            return Subject { centre: [0.0; 3], half: [1.0, 1.0], depth: 0.0, yaw: 0.0, pitch: 0.2 };
        }
        let centre = [0, 1, 2].map(|i| 0.5 * (self.low[i] + self.high[i]));
        let [x, y, z] = [0, 1, 2].map(|i| (0.5 * (self.high[i] - self.low[i])).max(room));
        let across = x.hypot(y);
        let (half, depth, yaw, pitch) = match motion {
            Motion::Upright => ([x, z], y, 0.0, 0.12),
            Motion::Flat => ([x, y], 0.6 * y, 0.0, 1.05),
            Motion::Free => ([across, z.max(0.5 * across)], 0.5 * across, 0.62, 0.3),
        };
        Subject { centre, half: half.map(|side| margin * side), depth, yaw, pitch }
    }
}
