//! Reading a world: its parts, their poses and their motion.

use rapier3d_f64::na::DVectorView;
use rapier3d_f64::prelude::{Multibody, Pose, Vector};

use super::super::assemble::{Pairs, Placement, vector};
use super::super::file::{BodyFile, Shape};
use super::World;
use crate::body::simulator::Contact;

/// Mechanical energy, J.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Energy {
    /// Of gravity (0 at the height 0) and of the springs of joints and tendons.
    pub potential: f64,
    /// Of motion, that of the drives' own inertia included.
    pub kinetic: f64,
}

impl Energy {
    /// Returns the sum.
    #[must_use]
    pub fn total(self) -> f64 {
        self.potential + self.kinetic
    }
}

/// Velocity of a frame, in the world's axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Of its origin, m/s.
    pub linear: Vector,
    /// rad/s.
    pub angular: Vector,
}

impl World {
    /// Returns the name of the body.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.model.file.name
    }

    /// Returns the file that this world was built from.
    #[must_use]
    pub fn file(&self) -> &BodyFile {
        &self.model.file
    }

    /// Returns the degrees of freedom: the length of `qd`.
    #[must_use]
    pub fn dof(&self) -> usize {
        self.model.sizes[1]
    }

    /// Returns the bounds of each control, in the order of the actuators.
    pub fn control_ranges(&self) -> impl ExactSizeIterator<Item = [f64; 2]> {
        self.model.actuators.iter().map(|actuator| actuator.range)
    }

    /// Returns the time between two controls, s.
    #[must_use]
    pub fn control_timestep(&self) -> f64 {
        self.model.file.simulation.control_timestep
    }

    /// Returns the position of a joint, the first of a free joint's; `None` for an unknown name.
    #[must_use]
    pub fn joint_position(&self, name: &str) -> Option<f64> {
        self.joint_number(name).map(|i| self.state.q[self.model.joints[i].position])
    }

    /// Returns the velocity of a joint, the first of a free joint's; `None` for an unknown name.
    #[must_use]
    pub fn joint_velocity(&self, name: &str) -> Option<f64> {
        self.joint_number(name).map(|i| self.state.qd[self.model.joints[i].dof])
    }

    fn joint_number(&self, name: &str) -> Option<usize> {
        self.model.file.joints().position(|joint| joint.name == name)
    }

    /// Returns the pose of a link's frame in the world; `None` for an unknown name.
    #[must_use]
    pub fn link_pose(&self, name: &str) -> Option<Pose> {
        self.model.links.get(name).map(|link| self.world_pose(&link.placement))
    }

    /// Returns the velocity of a link's frame; `None` for an unknown name.
    #[must_use]
    pub fn link_motion(&self, name: &str) -> Option<Motion> {
        self.model.links.get(name).map(|link| self.motion_of(&link.placement))
    }

    /// Returns the centre of mass of a link alone in the world, m; `None` for an unknown name.
    #[must_use]
    pub fn link_center(&self, name: &str) -> Option<Vector> {
        self.model.links.get(name).map(|link| self.world_pose(&link.inertial).translation)
    }

    /// Returns the pose of a site in the world; `None` for an unknown name.
    #[must_use]
    pub fn site_pose(&self, name: &str) -> Option<Pose> {
        self.model.sites.get(name).map(|site| self.world_pose(&site.placement))
    }

    /// Returns the velocity of a site; `None` for an unknown name.
    #[must_use]
    pub fn site_motion(&self, name: &str) -> Option<Motion> {
        self.model.sites.get(name).map(|site| self.motion_of(&site.placement))
    }

    /// Returns the pose of a geom in the world; `None` for an unknown name.
    #[must_use]
    pub fn geom_pose(&self, name: &str) -> Option<Pose> {
        self.model.geoms.get(name).map(|(placement, _)| self.world_pose(placement))
    }

    /// Returns all geoms, for drawing: name, shape, pose in the world.
    pub fn geoms(&self) -> impl Iterator<Item = (&str, Shape, Pose)> {
        self.model.geoms.iter().map(|(name, (placement, shape))| (name.as_str(), *shape, self.world_pose(placement)))
    }

    /// Returns the reading of the sensor `name`; `None` for an unknown name.
    #[must_use]
    pub fn sensor(&self, name: &str) -> Option<&[f64]> {
        let sensor = self.model.sensors.iter().find(|sensor| sensor.name == name)?;
        Some(&self.readings[sensor.at..sensor.at + sensor.kind.size()])
    }

    /// Mass of all links, kg.
    #[must_use]
    pub fn mass(&self) -> f64 {
        self.model.rigid_links.iter().map(|link| link.mass).sum()
    }

    /// Returns the centre of mass of all links, m.
    #[must_use]
    pub fn center(&self) -> Vector {
        let weighted = |(i, link): (usize, &super::super::assemble::RigidLink)| self.center_of_mass(i) * link.mass;
        self.model.rigid_links.iter().enumerate().map(weighted).sum::<Vector>() / self.mass()
    }

    /// Returns the velocity of the centre of mass of all links, m/s.
    #[must_use]
    pub fn center_velocity(&self) -> Vector {
        let weighted = |(i, link): (usize, &super::super::assemble::RigidLink)| self.twist(i).linear * link.mass;
        self.model.rigid_links.iter().enumerate().map(weighted).sum::<Vector>() / self.mass()
    }

    /// Returns the mechanical energy: of the links' motion, of the drives' own inertia, of gravity and of springs.
    #[must_use]
    pub fn energy(&self) -> Energy {
        let gravity = vector(self.model.file.simulation.gravity);
        let mut energy = Energy { potential: 0.0, kinetic: 0.0 };
        for (i, body) in self.model.rigid_links.iter().enumerate().filter(|(_, body)| body.mass > 0.0) {
            energy.potential -= body.mass * gravity.dot(self.center_of_mass(i));
            let Motion { linear, angular } = self.twist(i);
            let axes = self.rigid_pose(i).rotation * body.principal_axes;
            let angular = axes.inverse() * angular;
            energy.kinetic +=
                0.5 * (body.mass * linear.length_squared() + (body.moments * angular * angular).element_sum());
        }
        for joint in &self.model.joints {
            energy.kinetic += 0.5 * joint.armature * self.state.qd[joint.dof] * self.state.qd[joint.dof];
            if let Some((stiffness, rest)) = joint.spring {
                let stretch = self.state.q[joint.position] - rest;
                energy.potential += 0.5 * stiffness * stretch * stretch;
            }
        }
        for (parts, tendon) in self.model.tendons.iter().zip(&self.model.file.tendons) {
            let length: f64 = parts.iter().map(|(_, position, weight)| weight * self.state.q[*position]).sum();
            energy.potential += 0.5 * tendon.stiffness * length * length;
        }
        energy
    }

    /// Returns the contact points of the last time step.
    pub fn contacts(&self) -> impl Iterator<Item = Contact<'_>> {
        let simulation = &self.simulation;
        simulation.narrow_phase.contact_pairs().flat_map(move |pair| {
            let number = |handle| Pairs::number(&simulation.colliders, handle);
            let name = move |handle| self.model.pairs.geoms.get(number(handle)).map_or("", String::as_str);
            let geoms = [name(pair.collider1), name(pair.collider2)];
            let points = pair.manifolds().iter().flat_map(|manifold| &manifold.points);
            let dt = simulation.parameters.dt;
            points.map(move |point| Contact { geoms, gap: point.dist, force: point.data.impulse / dt })
        })
    }

    pub(super) fn world_pose(&self, placement: &Placement) -> Pose {
        placement.rigid_link.map_or(Pose::IDENTITY, |i| self.rigid_pose(i)) * placement.pose
    }

    /// Returns the pose of a rigid link's frame.
    fn rigid_pose(&self, number: usize) -> Pose {
        // Link 0 of the multibody is the ground.
        let link = self.simulation.multibody(&self.model).and_then(|multibody| multibody.link(number + 1));
        link.map_or(Pose::IDENTITY, |link| *link.local_to_world())
    }

    /// Returns the centre of mass of a rigid link in the world.
    pub(super) fn center_of_mass(&self, number: usize) -> Vector {
        self.rigid_pose(number).transform_point(self.model.rigid_links[number].center_of_mass)
    }

    /// Returns the velocity of a rigid link, linear at its centre of mass. The velocities that Rapier keeps with its
    /// rigid bodies are those before the last substep.
    fn twist(&self, number: usize) -> Motion {
        self.simulation
            .multibody(&self.model)
            .map_or(AT_REST, |multibody| twist(multibody, number, &multibody.generalized_velocity()))
    }

    /// Returns the velocity of a frame on a rigid link.
    pub(super) fn motion_of(&self, placement: &Placement) -> Motion {
        self.simulation
            .multibody(&self.model)
            .map_or(AT_REST, |multibody| self.motion_at(placement, multibody, &multibody.generalized_velocity()))
    }

    /// Returns what the velocity of a frame on a rigid link would be if the joints had these velocities.
    pub(super) fn motion_at(
        &self,
        placement: &Placement,
        multibody: &Multibody,
        velocities: &DVectorView<f64>,
    ) -> Motion {
        let Some(number) = placement.rigid_link else { return AT_REST };
        let Motion { linear, angular } = twist(multibody, number, velocities);
        let arm = self.world_pose(placement).translation - self.center_of_mass(number);
        Motion { linear: linear + angular.cross(arm), angular }
    }
}

const AT_REST: Motion = Motion { linear: Vector::ZERO, angular: Vector::ZERO };

/// Returns the velocity of a rigid link, linear at its centre of mass, if the joints have these velocities.
fn twist(multibody: &Multibody, number: usize, velocities: &DVectorView<f64>) -> Motion {
    let twist = multibody.body_jacobian(number + 1) * velocities;
    Motion { linear: Vector::new(twist[0], twist[1], twist[2]), angular: Vector::new(twist[3], twist[4], twist[5]) }
}
