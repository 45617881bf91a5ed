//! The body of a recorded decision: its shapes, their poses, and their motion between decisions.

mod build;
mod rope;

use std::collections::VecDeque;
use std::sync::Arc;

use bootstride_core::inspect::Decision;
use bootstride_core::math::Pose;
use bootstride_core::task::{Environment, EnvironmentSnapshot, TaskConfig, TaskError};
use bootstride_render::camera::{Lens, Subject};
use bootstride_render::maths::{NO_TURN, Quat, Vec3, add, lerp, nlerp, sub};
use bootstride_render::mesh::Stretch;
use bootstride_render::scene::{Body, Ground, Role, Scene, SceneLook, Trace};

use super::paths;
use crate::ui::Palette;
use crate::ui::number::narrow;

/// Cached postures: those that motion is interpolated between, and those near a moving cursor.
const KEPT: usize = 8;

/// Bounds of the transition time between postures, s.
const BLEND: [f64; 2] = [0.008, 0.25];

/// A shape of the body.
#[derive(Clone, Debug)]
struct Part {
    geom: String,
    stretch: Stretch,
    role: Role,
}

/// The poses of all shapes at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Posture {
    /// The decision's number.
    pub number: u32,
    /// The episode.
    pub episode: u32,
    places: Vec<(Vec3, Quat)>,
    /// Ends of the ropes.
    ropes: Vec<[Vec3; 2]>,
    target: Option<(Vec3, f32)>,
    /// Centre of mass, m.
    pub centre: Vec3,
    /// Its velocity, m/s.
    pub velocity: Vec3,
}

/// A task's body, and the other shapes of its world.
#[derive(Debug)]
pub struct BodyView {
    task: TaskConfig,
    environment: Environment,
    parts: Vec<Part>,
    subject: Subject,
    roaming: bool,
    ground: Option<Ground>,
    /// The centre of mass when the camera looks at the subject's centre, m.
    centre: Vec3,
    kept: VecDeque<(Vec<u8>, Arc<Posture>)>,
    live: Option<Live>,
}

/// Motion towards the newest decision.
#[derive(Debug)]
struct Live {
    from: Arc<Posture>,
    to: Arc<Posture>,
    /// Decisions before `to` in its episode.
    t: u32,
    /// Time when `to` arrived, s.
    since: f64,
    /// Recent time between decisions, s. `None` until the second decision.
    interval: Option<f64>,
}

impl BodyView {
    /// Creates the view of this task's body.
    ///
    /// # Errors
    /// As [`Environment::configured`].
    pub fn new(task: &TaskConfig) -> Result<Self, TaskError> {
        Ok(build::body_view(task, Environment::configured(task)?))
    }

    /// Returns the task.
    #[must_use]
    pub fn task(&self) -> &TaskConfig {
        &self.task
    }

    /// Returns the subject for the camera.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// Returns whether the body can move away, so that a camera should follow.
    #[must_use]
    pub fn roams(&self) -> bool {
        self.roaming
    }

    /// Returns the ground; `None` in empty space.
    #[must_use]
    pub fn ground(&self) -> Option<Ground> {
        self.ground
    }

    /// Returns the target of a following camera.
    #[must_use]
    pub fn focus(&self, posture: &Posture) -> Vec3 {
        if !self.roaming {
            return self.subject.centre;
        }
        let [across, away, up] = sub(posture.centre, self.centre);
        // Half of the vertical motion: a falling body stays in view, and hopping stays visible.
        add(self.subject.centre, [across, away, 0.5 * up])
    }

    /// Returns the posture at a decision.
    ///
    /// # Errors
    /// [`TaskError::Snapshot`] if the decision's snapshot is damaged or of another task.
    pub fn posture(&mut self, decision: &Decision) -> Result<Arc<Posture>, TaskError> {
        let known = |(bytes, posture): &&(Vec<u8>, Arc<Posture>)| {
            posture.number == decision.number && *bytes == decision.snapshot
        };
        if let Some((_, posture)) = self.kept.iter().find(known) {
            return Ok(Arc::clone(posture));
        }
        self.environment.restore(&EnvironmentSnapshot::from_bytes(&decision.snapshot)?)?;
        let posture = Arc::new(self.read(decision.number, decision.episode));
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back((decision.snapshot.clone(), Arc::clone(&posture)));
        Ok(posture)
    }

    /// Returns the posture to draw at `time`, s, while decisions arrive: between the second newest (`before`) and the
    /// newest.
    ///
    /// # Errors
    /// As [`BodyView::posture`].
    pub fn live(&mut self, newest: &Decision, before: Option<&Decision>, time: f64) -> Result<Arc<Posture>, TaskError> {
        let to = self.posture(newest)?;
        let fresh = self.live.as_ref().is_none_or(|live| !Arc::ptr_eq(&live.to, &to));
        if fresh {
            // Postures belong to the same motion only within an episode.
            let before = before.filter(|before| before.episode == newest.episode && before.t + 1 == newest.t);
            let from = before.map(|before| self.posture(before)).transpose()?.unwrap_or_else(|| Arc::clone(&to));
            let interval = self.live.as_ref().map(|live| {
                let same = live.to.episode == newest.episode;
                let decisions = f64::from(newest.t.saturating_sub(if same { live.t } else { 0 }).max(1));
                let passed = ((time - live.since) / decisions).clamp(BLEND[0], BLEND[1]);
                live.interval.map_or(passed, |interval| interval + 0.3 * (passed - interval))
            });
            self.live = Some(Live { from, to: Arc::clone(&to), t: newest.t, since: time, interval });
        }
        let Some(live) = &self.live else { return Ok(to) };
        let share = narrow((time - live.since) / live.interval.unwrap_or(BLEND[0])).clamp(0.0, 1.0);
        if share >= 1.0 || Arc::ptr_eq(&live.from, &live.to) {
            return Ok(to);
        }
        Ok(Arc::new(live.from.toward(&live.to, share)))
    }

    /// Returns whether the last posture of [`BodyView::live`] was in transition, so that the next frame differs.
    #[must_use]
    pub fn moving(&self, time: f64) -> bool {
        let on_the_way =
            |live: &Live| !Arc::ptr_eq(&live.from, &live.to) && time < live.since + live.interval.unwrap_or(BLEND[0]);
        self.live.as_ref().is_some_and(on_the_way)
    }

    /// Returns all shapes with their poses.
    #[must_use]
    pub fn bodies(&self, posture: &Posture) -> Vec<Body> {
        let place = |(part, (position, turn)): (&Part, &(Vec3, Quat))| Body {
            position: *position,
            turn: *turn,
            stretch: part.stretch,
            role: part.role,
        };
        let mut bodies: Vec<Body> = self.parts.iter().zip(&posture.places).map(place).collect();
        for (rope, ends) in self.environment.world().file().ropes.iter().zip(&posture.ropes) {
            rope::add(&mut bodies, *ends, narrow(rope.length));
        }
        if let Some((position, radius)) = posture.target {
            bodies.push(Body { position, turn: NO_TURN, stretch: Stretch::sphere(radius), role: Role::Goal });
        }
        bodies
    }

    /// Returns the duration of a decision, s.
    #[must_use]
    pub fn decision_time(&self) -> f64 {
        let repeat = u32::try_from(self.environment.action_repeat()).unwrap_or(1);
        self.environment.info().control_timestep * f64::from(repeat)
    }

    /// Returns the scene of a posture with traces.
    #[must_use]
    pub fn scene(
        &self,
        posture: &Posture,
        lens: Lens,
        look: SceneLook,
        traces: Vec<Trace>,
        palette: &Palette,
    ) -> Scene {
        let [across, up] = self.subject.half;
        Scene {
            lens,
            bodies: self.bodies(posture),
            dots: paths::start(&traces, palette).into_iter().collect(),
            traces,
            ground: self.ground,
            centre: if self.roaming { posture.centre } else { self.subject.centre },
            radius: across.hypot(up),
            look,
        }
    }

    /// Returns the posture of the environment's current state.
    fn read(&self, number: u32, episode: u32) -> Posture {
        let world = self.environment.world();
        let place = |part: &Part| world.geom_pose(&part.geom).map_or(([0.0; 3], NO_TURN), |pose| place(&pose));
        let site = |name: &String| world.site_pose(name).map_or([0.0; 3], |pose| pose.position.map(narrow));
        Posture {
            number,
            episode,
            places: self.parts.iter().map(place).collect(),
            ropes: world.file().ropes.iter().map(|rope| [site(&rope.sites[0]), site(&rope.sites[1])]).collect(),
            target: self.environment.target().map(|target| (target.position.map(narrow), narrow(target.radius))),
            centre: world.center().map(narrow),
            velocity: world.center_velocity().map(narrow),
        }
    }
}

/// Returns position and orientation for drawing; a drawn quaternion has its real part last.
fn place(pose: &Pose) -> (Vec3, Quat) {
    let [w, x, y, z] = pose.orientation.map(narrow);
    (pose.position.map(narrow), [x, y, z, w])
}

impl Posture {
    /// Interpolates between this posture and another one of the same body.
    #[must_use]
    pub fn toward(&self, other: &Self, share: f32) -> Self {
        let between = |(a, b): (&(Vec3, Quat), &(Vec3, Quat))| (lerp(a.0, b.0, share), nlerp(a.1, b.1, share));
        let ropes = self.ropes.iter().zip(&other.ropes);
        Self {
            places: self.places.iter().zip(&other.places).map(between).collect(),
            ropes: ropes.map(|(a, b)| [lerp(a[0], b[0], share), lerp(a[1], b[1], share)]).collect(),
            centre: lerp(self.centre, other.centre, share),
            ..other.clone()
        }
    }

    /// Returns the speed of the centre of mass over the ground, m/s.
    #[must_use]
    pub fn speed(&self) -> f32 {
        self.velocity[0].hypot(self.velocity[1])
    }
}
