//! Sensors.

use rapier3d_f64::na::{DMatrix, DVector};
use rapier3d_f64::parry::query::{Ray, RayCast};
use rapier3d_f64::prelude::{Ball, Capsule, Cuboid, Cylinder, Multibody, Pose, Vector};

use super::super::assemble::{LinkModel, Pairs, SensorModel, SiteModel, vector};
use super::super::file::{JointKind, SensorKind, Shape};
use super::{Motion, World};

/// A point of touch, as seen from one of the two links.
struct Touch {
    /// Number of the link.
    link: usize,
    point: Vector,
    /// Away from the link.
    outward: Vector,
    /// N.
    normal: f64,
    /// On the link, N.
    force: Vector,
}

/// What readings of a step need from before it.
pub(super) struct Before {
    moving: Moving,
    /// Of all joints.
    velocities: DVector<f64>,
}

/// What moves, before or after a time step: readings of the step are made of the change.
struct Moving {
    /// Per link of the file: velocity of its own centre of mass, m/s, and angular momentum about it, kg m^2/s.
    links: Vec<[Vector; 2]>,
    /// Per sensor: velocity of its site, m/s.
    sites: Vec<Vector>,
}

/// Returns the product of a lower and an upper triangular matrix. The library's own uses fused multiplications where a
/// CPU has them, and so differs between computers.
fn product(lower: &DMatrix<f64>, upper: &DMatrix<f64>) -> DMatrix<f64> {
    let mut product = DMatrix::zeros(lower.nrows(), upper.ncols());
    for column in 0..upper.ncols() {
        for k in 0..=column.min(lower.ncols().saturating_sub(1)) {
            product.column_mut(column).axpy(upper[(k, column)], &lower.column(k), 1.0);
        }
    }
    product
}

impl World {
    /// Returns what moves before a step; nothing if no sensor shows the last step.
    pub(super) fn before_step(&self) -> Option<Before> {
        if !self.model.sensors.iter().any(|sensor| sensor.kind.is_of_the_last_step()) {
            return None;
        }
        let multibody = self.simulation.multibody(&self.model)?;
        let velocities = multibody.generalized_velocity().into_owned();
        Some(Before { moving: self.moving(multibody, &velocities), velocities })
    }

    fn moving(&self, multibody: &Multibody, velocities: &DVector<f64>) -> Moving {
        let momenta = |link: &LinkModel| {
            let Motion { linear, angular } = self.motion_at(&link.inertial, multibody, &velocities.as_view());
            let axes = self.world_pose(&link.inertial).rotation;
            [linear, axes * (link.moments * (axes.inverse() * angular))]
        };
        let links = self.model.file.links.iter().filter_map(|link| self.model.links.get(&link.name));
        let sites = self.model.sensors.iter().filter_map(|sensor| self.model.sites.get(&sensor.site));
        Moving {
            links: links.map(momenta).collect(),
            sites: sites.map(|site| self.motion_at(&site.placement, multibody, &velocities.as_view()).linear).collect(),
        }
    }

    /// Returns what moves after a step, if damping had acted throughout as it did at its beginning: so the suite's
    /// sensors show it, whatever its time steps then do. Taken implicitly, damping weighs on a joint like inertia,
    /// which is what is undone here: M y = dt D (change of the velocities) is the change that this has cost.
    fn after_step(&self, before: &DVector<f64>) -> Option<Moving> {
        let multibody = self.simulation.multibody(&self.model)?;
        let dt = self.simulation.parameters.dt;
        let mut weight = DVector::zeros(before.len());
        for joint in self.model.joints.iter().filter(|joint| joint.kind != JointKind::Free) {
            weight[joint.dof] = dt * joint.damping;
        }
        let velocities = multibody.generalized_velocity().into_owned();
        let implicit = multibody.inv_augmented_mass();
        let mut inertia = product(&implicit.l(), &implicit.u());
        implicit.p().inv_permute_rows(&mut inertia);
        weight.iter().enumerate().for_each(|(i, w)| inertia[(i, i)] -= w);
        let missed = inertia.lu().solve(&weight.component_mul(&(&velocities - before)));
        Some(self.moving(multibody, &missed.map_or_else(|| velocities.clone(), |missed| &velocities + missed)))
    }

    /// Readings of what happened in the last time step; `before` is of [`before_step`](Self::before_step).
    pub(super) fn read_step(&mut self, before: &Before) {
        let Some(after) = self.after_step(&before.velocities) else { return };
        let before = &before.moving;
        let dt = self.simulation.parameters.dt;
        let gravity = vector(self.model.file.simulation.gravity);
        let felt = |after: Vector, before: Vector| (after - before) / dt - gravity;
        let links = after.links.iter().zip(&before.links);
        let links: Vec<[Vector; 2]> = links.map(|(a, b)| [felt(a[0], b[0]), (a[1] - b[1]) / dt]).collect();
        let touches = self.touches();
        let mut readings = std::mem::take(&mut self.readings);
        for (i, sensor) in self.model.sensors.iter().enumerate() {
            let Some((site, pose)) = self.sensor_site(sensor) else { continue };
            let Some(link) = self.model.links.get(&site.link) else { continue };
            let vector = match sensor.kind {
                SensorKind::Touch => {
                    let felt = touches.iter().filter(|touch| touch.link == link.number && meets(site, &pose, touch));
                    // The sum of none is -0 by itself.
                    readings[sensor.at] = felt.map(|touch| touch.normal).sum::<f64>() + 0.0;
                    continue;
                }
                SensorKind::Accelerometer => felt(after.sites[i], before.sites[i]),
                SensorKind::Force => self.transmitted(link, &pose, &links, &touches)[0],
                SensorKind::Torque => self.transmitted(link, &pose, &links, &touches)[1],
                SensorKind::Velocimeter | SensorKind::Gyro => continue,
            };
            write(&mut readings[sensor.at..], pose.rotation.inverse() * vector);
        }
        self.readings = readings;
    }

    /// Readings that belong to the present state.
    pub(super) fn read_state(&mut self) {
        let mut readings = std::mem::take(&mut self.readings);
        for sensor in &self.model.sensors {
            let Some((site, pose)) = self.sensor_site(sensor) else { continue };
            let Motion { linear, angular } = self.motion_of(&site.placement);
            let vector = match sensor.kind {
                SensorKind::Velocimeter => linear,
                SensorKind::Gyro => angular,
                _ => continue,
            };
            write(&mut readings[sensor.at..], pose.rotation.inverse() * vector);
        }
        self.readings = readings;
    }

    fn sensor_site(&self, sensor: &SensorModel) -> Option<(&SiteModel, Pose)> {
        let site = self.model.sites.get(&sensor.site)?;
        Some((site, self.world_pose(&site.placement)))
    }

    /// Force, and torque about `at`, that a link with everything attached to it gets from its parent: what its motion
    /// takes (per link: acceleration less gravity, and rate of the angular momentum) less what contacts give.
    fn transmitted(&self, link: &LinkModel, at: &Pose, links: &[[Vector; 2]], touches: &[Touch]) -> [Vector; 2] {
        let (mut force, mut torque) = (Vector::ZERO, Vector::ZERO);
        let mut add = |point: Vector, by: Vector| {
            force += by;
            torque += (point - at.translation).cross(by);
        };
        let mut turning = Vector::ZERO;
        for part in self.model.links.values().filter(|part| link.subtree.contains(&part.number)) {
            // The world, number 0, is in no other's subtree.
            let [acceleration, momentum] = links[part.number - 1];
            add(self.world_pose(&part.inertial).translation, part.mass * acceleration);
            turning += momentum;
        }
        for touch in touches.iter().filter(|touch| link.subtree.contains(&touch.link)) {
            add(touch.point, -touch.force);
        }
        [force, torque + turning]
    }

    /// Returns all contact points of the last step, each seen from both links.
    fn touches(&self) -> Vec<Touch> {
        let dt = self.simulation.parameters.dt;
        let colliders = &self.simulation.colliders;
        let mut touches = Vec::new();
        for pair in self.simulation.narrow_phase.contact_pairs() {
            let numbers = [pair.collider1, pair.collider2].map(|handle| Pairs::number(colliders, handle));
            let [Some(&first), Some(&second)] = numbers.map(|i| self.model.pairs.links.get(i)) else { continue };
            let Some(pose) = colliders.get(pair.collider1).map(|collider| *collider.position()) else { continue };
            for manifold in pair.manifolds() {
                let normal = manifold.data.normal;
                for contact in manifold.points.iter().filter(|contact| contact.data.impulse > 0.0) {
                    let point = pose.transform_point(contact.local_p1);
                    let pushing = contact.data.impulse / dt;
                    let [a, b] = tangents(-normal);
                    let along = contact.data.tangent_impulse;
                    let force = -normal * pushing + (a * along[0] + b * along[1]) / dt;
                    touches.push(Touch { link: first, point, outward: normal, normal: pushing, force });
                    touches.push(Touch { link: second, point, outward: -normal, normal: pushing, force: -force });
                }
            }
        }
        touches
    }
}

fn write(out: &mut [f64], vector: Vector) {
    out[..3].copy_from_slice(&vector.to_array());
}

/// Returns the directions in which Rapier takes friction at a contact whose first body is pushed along `direction`.
fn tangents(direction: Vector) -> [Vector; 2] {
    // Duff et al., "Building an orthonormal basis, revisited", JCGT 2017.
    let sign = 1.0_f64.copysign(direction.z);
    let a = -1.0 / (sign + direction.z);
    let b = direction.x * direction.y * a;
    let first = Vector::new(b, sign + direction.y * direction.y * a, -direction.y);
    [first, direction.cross(first)]
}

/// Returns whether a ray from the contact point outwards meets the site's shape: `MuJoCo`'s rule for touch sensors.
fn meets(site: &SiteModel, pose: &Pose, touch: &Touch) -> bool {
    let ray = Ray::new(touch.point, touch.outward);
    let far = f64::MAX;
    match site.shape {
        Shape::Sphere { radius } => Ball::new(radius).intersects_ray(pose, &ray, far),
        Shape::Box { half_size } => Cuboid::new(vector(half_size)).intersects_ray(pose, &ray, far),
        Shape::Capsule { radius, half_length } => {
            let end = Vector::new(0.0, 0.0, half_length);
            Capsule::new(-end, end, radius).intersects_ray(pose, &ray, far)
        }
        Shape::Cylinder { radius, half_length } => Cylinder::new(half_length, radius).intersects_ray(pose, &ray, far),
        Shape::Ellipsoid { half_size } => {
            // As a ball, in the ellipsoid's own measures.
            let measure = |v: Vector| v / vector(half_size);
            let (inverse, unit) = (pose.inverse(), Ball::new(1.0));
            let ray = Ray::new(measure(inverse.transform_point(ray.origin)), measure(inverse.rotation * ray.dir));
            unit.intersects_local_ray(&ray, far)
        }
        Shape::Plane { .. } => false,
    }
}
