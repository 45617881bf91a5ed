//! A body in motion: Rapier's sets behind positions, velocities and controls.

use std::sync::Arc;

use rapier3d_f64::prelude::{
    BroadPhaseBvh, CCDSolver, ColliderSet, ImpulseJointSet, IntegrationParameters, IslandManager, Multibody,
    MultibodyJoint, MultibodyJointSet, NarrowPhase, PhysicsPipeline, Pose, RigidBodySet, SoftBodySet,
};

use super::build::{Built, Model, Placement, build, vector};
use super::error::{BodyError, SnapshotError};
use super::file::{BodyFile, Integrator, Limit, Shape};
use super::snapshot::Snapshot;

/// Stiffness of the spring that carries an actuator's force, N/m or N m/rad. Rapier has no call that applies a
/// generalised force, but a joint spring is one: -k (q - rest). With rest = q + force / k and a tiny k the force stays
/// constant to 1e-12 of a newton while the joint moves, adds nothing to the mass matrix, and in f64 loses no digits.
const FORCE_SPRING: f64 = 1e-12;

/// A simulated body. Cloning gives an independent world with the same future.
pub struct World {
    model: Arc<Model>,
    parameters: IntegrationParameters,
    pipeline: PhysicsPipeline,
    islands: IslandManager,
    broad_phase: BroadPhaseBvh,
    narrow_phase: NarrowPhase,
    bodies: RigidBodySet,
    colliders: ColliderSet,
    impulse_joints: ImpulseJointSet,
    joints: MultibodyJointSet,
    soft_bodies: SoftBodySet,
    ccd: CCDSolver,
    control: Vec<f64>,
}

/// Mechanical energy, J.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Energy {
    /// Of gravity, 0 at the height 0.
    pub potential: f64,
    /// Of motion.
    pub kinetic: f64,
}

impl Energy {
    /// The sum.
    #[must_use]
    pub fn total(self) -> f64 {
        self.potential + self.kinetic
    }
}

impl Clone for World {
    fn clone(&self) -> Self {
        Self {
            model: Arc::clone(&self.model),
            parameters: self.parameters,
            // Work space only.
            pipeline: PhysicsPipeline::new(),
            islands: self.islands.clone(),
            broad_phase: self.broad_phase.clone(),
            narrow_phase: self.narrow_phase.clone(),
            bodies: self.bodies.clone(),
            colliders: self.colliders.clone(),
            impulse_joints: self.impulse_joints.clone(),
            joints: self.joints.clone(),
            soft_bodies: self.soft_bodies.clone(),
            ccd: self.ccd.clone(),
            control: self.control.clone(),
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("body", &self.name()).field("q", &self.q()).field("qd", &self.qd()).finish()
    }
}

impl World {
    /// Builds a body, at rest with all joint positions and controls 0.
    ///
    /// # Errors
    /// [`BodyError::Value`] if the file does not validate.
    pub fn new(file: &BodyFile) -> Result<Self, BodyError> {
        let Built { model, bodies, joints } = build(file)?;
        #[allow(clippy::cast_precision_loss, reason = "at most a thousand steps")]
        let steps = file.simulation.steps_per_control as f64;
        let parameters = IntegrationParameters {
            dt: file.simulation.control_timestep / steps,
            // Forces and limits are renewed between time steps, not between Rapier's substeps.
            num_solver_iterations: 1,
            max_ccd_substeps: 0,
            ..IntegrationParameters::default()
        };
        let mut world = Self {
            control: vec![0.0; model.actuators.len()],
            model: Arc::new(model),
            parameters,
            pipeline: PhysicsPipeline::new(),
            islands: IslandManager::new(),
            broad_phase: BroadPhaseBvh::new(),
            narrow_phase: NarrowPhase::new(),
            bodies,
            colliders: ColliderSet::new(),
            impulse_joints: ImpulseJointSet::new(),
            joints,
            soft_bodies: SoftBodySet::new(),
            ccd: CCDSolver::new(),
        };
        // Rapier settles what it must (mass properties, islands, the fixed root's degrees of freedom) in a first step.
        world.step_rapier();
        let zeros = vec![0.0; world.dof()];
        world.set_state(&zeros, &zeros);
        Ok(world)
    }

    /// Name of the body.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.model.file.name
    }

    /// The file that this world was built from.
    #[must_use]
    pub fn file(&self) -> &BodyFile {
        &self.model.file
    }

    /// Degrees of freedom: the length of `q` and `qd`.
    #[must_use]
    pub fn dof(&self) -> usize {
        self.model.joints.len()
    }

    /// Bounds of each control, in the order of the actuators.
    pub fn control_ranges(&self) -> impl ExactSizeIterator<Item = [f64; 2]> {
        self.model.actuators.iter().map(|actuator| actuator.range)
    }

    /// Time between two controls, s.
    #[must_use]
    pub fn control_timestep(&self) -> f64 {
        self.model.file.simulation.control_timestep
    }

    /// Joint positions `[dof]`, rad or m, in the order of the file; hinges are not wrapped.
    #[must_use]
    pub fn q(&self) -> Vec<f64> {
        let multibody = self.multibody();
        let position = |joint: &super::build::JointModel| -> Option<f64> {
            let (_, link) = self.joints.get(joint.handle)?;
            Some(multibody.link(link)?.joint.coords()[joint.axis])
        };
        self.model.joints.iter().filter_map(position).collect()
    }

    /// Joint velocities `[dof]`, rad/s or m/s.
    #[must_use]
    pub fn qd(&self) -> Vec<f64> {
        self.multibody().generalized_velocity().iter().copied().collect()
    }

    /// The controls in force `[actuators]`.
    #[must_use]
    pub fn control(&self) -> &[f64] {
        &self.control
    }

    /// Puts the body into a state. Numbers beyond the degrees of freedom are ignored, missing ones are 0.
    pub fn set_state(&mut self, q: &[f64], qd: &[f64]) {
        let dof = self.dof();
        let padded =
            |values: &[f64]| values.iter().copied().chain(std::iter::repeat(0.0)).take(dof).collect::<Vec<_>>();
        let (q, qd) = (padded(q), padded(qd));
        let Some((multibody, bodies)) = self.multibody_and_bodies() else { return };
        for link in multibody.links_mut().skip(1) {
            // A new joint has all coordinates 0 and carries nothing over from the past.
            link.joint = MultibodyJoint::new(link.joint.data, false);
        }
        multibody.apply_displacements(&q);
        multibody.generalized_velocity_mut().copy_from_slice(&qd);
        multibody.forward_kinematics(bodies, false);
        multibody.update_rigid_bodies(bodies, true);
    }

    /// Sets the controls `[actuators]`, clamped to their ranges; missing ones become 0.
    pub fn set_control(&mut self, control: &[f64]) {
        let given = control.iter().copied().chain(std::iter::repeat(0.0));
        self.control = self.control_ranges().zip(given).map(|([low, high], u)| u.clamp(low, high)).collect();
    }

    /// One control step: the file's number of time steps with the present controls.
    pub fn step_control(&mut self) {
        // Rapier's step is kick, then drift. Half a drift before the first and half a drift back after the last turn
        // the sequence into drift, kick, drift: each kick then takes its forces in the middle of its step.
        let half_drift = match self.model.file.simulation.integrator {
            Integrator::SemiImplicit => 0.0,
            Integrator::Leapfrog => 0.5 * self.parameters.dt,
        };
        self.drift(half_drift);
        for _ in 0..self.model.file.simulation.steps_per_control {
            self.prepare_joints();
            self.step_rapier();
        }
        self.drift(-half_drift);
    }

    /// Pose of a link's frame in the world; `None` for an unknown name.
    #[must_use]
    pub fn link_pose(&self, name: &str) -> Option<Pose> {
        self.model.links.get(name).map(|placement| self.world_pose(placement))
    }

    /// Pose of a site in the world; `None` for an unknown name.
    #[must_use]
    pub fn site_pose(&self, name: &str) -> Option<Pose> {
        self.model.sites.get(name).map(|placement| self.world_pose(placement))
    }

    /// Pose of a geom in the world; `None` for an unknown name.
    #[must_use]
    pub fn geom_pose(&self, name: &str) -> Option<Pose> {
        self.model.geoms.get(name).map(|(placement, _)| self.world_pose(placement))
    }

    /// All geoms, for drawing: name, shape, pose in the world.
    pub fn geoms(&self) -> impl Iterator<Item = (&str, Shape, Pose)> {
        self.model.geoms.iter().map(|(name, (placement, shape))| (name.as_str(), *shape, self.world_pose(placement)))
    }

    /// Mechanical energy: sum of m v^2 / 2 + w I w / 2 and of m g h over the links.
    #[must_use]
    pub fn energy(&self) -> Energy {
        let gravity = vector(self.model.file.simulation.gravity);
        let multibody = self.multibody();
        let velocities = multibody.generalized_velocity();
        let mut energy = Energy { potential: 0.0, kinetic: 0.0 };
        for (link, body) in multibody.links().skip(1).zip(&self.model.rigid_links) {
            let pose = link.local_to_world();
            energy.potential -= body.mass * gravity.dot(pose.transform_point(body.center_of_mass));
            // The velocities that Rapier keeps with its rigid bodies are those before the last substep.
            let twist = multibody.body_jacobian(link.link_id()) * velocities;
            let linear = vector([twist[0], twist[1], twist[2]]);
            let axes = pose.rotation * body.principal_axes;
            let angular = axes.inverse() * vector([twist[3], twist[4], twist[5]]);
            energy.kinetic +=
                0.5 * (body.mass * linear.length_squared() + (body.moments * angular * angular).element_sum());
        }
        energy
    }

    /// Everything that the future depends on.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { body: self.name().to_owned(), q: self.q(), qd: self.qd(), control: self.control.clone() }
    }

    /// Back to a snapshot of this or another world of the same body; the future is then the same bit for bit.
    ///
    /// # Errors
    /// [`SnapshotError::Other`] if the snapshot is of another body; the world is unchanged then.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let sizes = |body: &str, dof: usize, controls: usize| {
            format!("body {body} with {dof} degrees of freedom and {controls} actuators")
        };
        let found = sizes(&snapshot.body, snapshot.q.len(), snapshot.control.len());
        let expected = sizes(self.name(), self.dof(), self.control.len());
        if found != expected || snapshot.qd.len() != snapshot.q.len() {
            return Err(SnapshotError::Other { found, expected });
        }
        self.set_state(&snapshot.q, &snapshot.qd);
        self.control.clone_from(&snapshot.control);
        Ok(())
    }

    /// Moves the joints for `time` (s, may be negative) at their present velocities.
    fn drift(&mut self, time: f64) {
        if time == 0.0 {
            return;
        }
        let Some((multibody, bodies)) = self.multibody_and_bodies() else { return };
        let displacement: Vec<f64> = multibody.generalized_velocity().iter().map(|qd| qd * time).collect();
        multibody.apply_displacements(&displacement);
        multibody.forward_kinematics(bodies, false);
        multibody.update_rigid_bodies(bodies, true);
    }

    fn step_rapier(&mut self) {
        self.pipeline.step(
            vector(self.model.file.simulation.gravity),
            &self.parameters,
            &mut self.islands,
            &mut self.broad_phase,
            &mut self.narrow_phase,
            &mut self.bodies,
            &mut self.colliders,
            &mut self.impulse_joints,
            &mut self.joints,
            &mut self.soft_bodies,
            &mut self.ccd,
            &(),
            &(),
        );
    }

    /// Forces of actuators and limits for the next time step, from the present state alone.
    fn prepare_joints(&mut self) {
        let model = Arc::clone(&self.model);
        let mut forces = vec![0.0; model.joints.len()];
        for (actuator, control) in model.actuators.iter().zip(&self.control) {
            forces[actuator.joint] += actuator.gear * control;
        }
        let (q, qd, dt) = (self.q(), self.qd(), self.parameters.dt);
        let Some((multibody, _)) = self.multibody_and_bodies() else { return };
        for (i, (joint, force)) in model.joints.iter().zip(forces).enumerate() {
            let hit = joint.limit.and_then(|limit| Some((limit, limit_hit(&limit, q[i], qd[i], dt)?)));
            let (stiffness, rest, damping) = match hit {
                Some((limit, bound)) => (limit.stiffness, bound, limit.damping),
                None => (FORCE_SPRING, q[i], 0.0),
            };
            if let Some(link) = multibody.link_mut(i + 1) {
                link.joint.set_spring(joint.axis, stiffness, rest + force / stiffness);
            }
            // Also overrides Rapier's default, 0.1 N m s/rad on angular joints.
            multibody.damping_mut()[i] = joint.damping + damping;
        }
    }

    fn multibody(&self) -> &Multibody {
        let first = self.model.joints.first().and_then(|joint| self.joints.get(joint.handle));
        match first {
            Some((multibody, _)) => multibody,
            None => unreachable!("validation refuses a body whose first link has no joint"),
        }
    }

    fn multibody_and_bodies(&mut self) -> Option<(&mut Multibody, &mut RigidBodySet)> {
        let first = self.model.joints.first()?.handle;
        let (multibody, _) = self.joints.get_mut(first)?;
        Some((multibody, &mut self.bodies))
    }

    fn world_pose(&self, placement: &Placement) -> Pose {
        match placement.rigid_link {
            None => placement.pose,
            // Link 0 of the multibody is the ground.
            Some(i) => {
                self.multibody().link(i + 1).map_or(Pose::IDENTITY, |link| *link.local_to_world()) * placement.pose
            }
        }
    }
}

/// The bound whose spring acts in the next time step, if any: the joint would end the step outside it, and spring and
/// damper together would push back. Looking one step ahead keeps a fast joint from passing the bound by a whole step.
fn limit_hit(limit: &Limit, q: f64, qd: f64, dt: f64) -> Option<f64> {
    let [low, high] = limit.range;
    let end = q + dt * qd;
    let push = |bound: f64| -limit.stiffness * (end - bound) - limit.damping * qd;
    if end > high && push(high) < 0.0 {
        Some(high)
    } else if end < low && push(low) > 0.0 {
        Some(low)
    } else {
        None
    }
}
