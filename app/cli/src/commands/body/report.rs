//! The summary of a body, as JSON and as text.

use bootstride_core::body::{
    Actuator, BodyFile, Geom, GeomContact, JointKind, Limit, Link, Sensor, SensorKind, Shape, Tendon, World,
};
use serde::Serialize;

/// A body.
#[derive(Serialize)]
pub struct Report {
    pub(super) name: String,
    pub(super) attribution: String,
    /// Mass, kg.
    pub(super) mass: f64,
    pub(super) links: Vec<LinkReport>,
    /// Length of the velocity vector.
    pub(super) degrees_of_freedom: usize,
    /// Length of the position vector.
    pub(super) positions: usize,
    /// Length of a control step, s.
    pub(super) control_timestep: f64,
    pub(super) steps_per_control: usize,
    /// Number of geoms that collide with others.
    pub(super) touching_geoms: usize,
    pub(super) actuators: Vec<ActuatorReport>,
    pub(super) sensors: Vec<SensorReport>,
    pub(super) tendons: Vec<TendonReport>,
    pub(super) ropes: Vec<String>,
    /// Fluid density, kg/m^3. `None` without a fluid.
    pub(super) fluid_density: Option<f64>,
    /// Whether the file defines a task.
    pub(super) has_task: bool,
}

/// A link.
#[derive(Serialize)]
pub struct LinkReport {
    /// Its name.
    pub name: String,
    /// Parent link, or `world`.
    pub parent: String,
    /// Mass, kg.
    pub mass: f64,
    /// Its joints.
    pub joints: Vec<JointReport>,
    /// Its geoms.
    pub geoms: Vec<GeomReport>,
}

/// A joint.
#[derive(Serialize)]
pub struct JointReport {
    /// Its name.
    pub name: String,
    /// `hinge`, `slide` or `free`.
    pub kind: JointKind,
    /// Range, rad or m. `None` if unlimited.
    pub range: Option<[f64; 2]>,
    /// Damping, force per velocity.
    pub damping: f64,
}

/// A geom.
#[derive(Serialize)]
pub struct GeomReport {
    /// Its name.
    pub name: String,
    /// Shape and size.
    pub shape: Shape,
    /// Whether it collides with others.
    pub touches: bool,
}

#[derive(Serialize)]
pub(super) struct ActuatorReport {
    pub(super) name: String,
    /// Driven joint or tendon.
    pub(super) drives: String,
    pub(super) control_range: [f64; 2],
    pub(super) gear: f64,
    pub(super) gain: f64,
    /// Time constant of the activation filter, s.
    pub(super) filter: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct SensorReport {
    pub(super) name: String,
    pub(super) kind: SensorKind,
    pub(super) site: String,
    pub(super) size: usize,
}

#[derive(Serialize)]
pub(super) struct TendonReport {
    pub(super) name: String,
    pub(super) joints: Vec<String>,
}

impl From<&Link> for LinkReport {
    fn from(link: &Link) -> Self {
        let joint = |joint: &bootstride_core::body::Joint| JointReport {
            name: joint.name.clone(),
            kind: joint.kind,
            range: joint.limit.map(|Limit { range, .. }| range),
            damping: joint.damping,
        };
        Self {
            name: link.name.clone(),
            parent: link.parent.clone(),
            mass: link.mass,
            joints: link.joints.iter().map(joint).collect(),
            geoms: link.geoms.iter().map(GeomReport::from).collect(),
        }
    }
}

impl From<&Geom> for GeomReport {
    fn from(geom: &Geom) -> Self {
        let touches = geom.contact.is_some_and(|GeomContact { kind, touches, .. }| kind != 0 || touches != 0);
        Self { name: geom.name.clone(), shape: geom.shape, touches }
    }
}

impl From<&Actuator> for ActuatorReport {
    fn from(actuator: &Actuator) -> Self {
        let Actuator { name, joint, tendon, gear, gain, filter, control_range, .. } = actuator.clone();
        let drives = joint.or(tendon).unwrap_or_default();
        Self { name, drives, control_range, gear, gain, filter }
    }
}

impl From<&Sensor> for SensorReport {
    fn from(sensor: &Sensor) -> Self {
        let Sensor { name, kind, site } = sensor.clone();
        Self { name, kind, site, size: kind.size() }
    }
}

impl From<&Tendon> for TendonReport {
    fn from(tendon: &Tendon) -> Self {
        let joints = tendon.joints.iter().map(|part| format!("{} {}", part.coefficient, part.joint));
        Self { name: tendon.name.clone(), joints: joints.collect() }
    }
}

impl Report {
    /// Summarizes a file and the world built from it.
    pub fn new(file: &BodyFile, world: &World) -> Self {
        let geoms = file.links.iter().flat_map(|link| &link.geoms).chain(&file.world.geoms).map(GeomReport::from);
        let touching = geoms.filter(|geom| geom.touches && file.simulation.contacts).count();
        Self {
            name: file.name.clone(),
            attribution: file.attribution.clone(),
            mass: world.mass(),
            links: file.links.iter().map(LinkReport::from).collect(),
            degrees_of_freedom: world.dof(),
            positions: world.q().len(),
            control_timestep: file.simulation.control_timestep,
            steps_per_control: file.simulation.steps_per_control,
            touching_geoms: touching,
            actuators: file.actuators.iter().map(ActuatorReport::from).collect(),
            sensors: file.sensors.iter().map(SensorReport::from).collect(),
            tendons: file.tendons.iter().map(TendonReport::from).collect(),
            ropes: file.ropes.iter().map(|rope| format!("{} {} m", rope.sites.join(" - "), rope.length)).collect(),
            fluid_density: file.fluid.map(|fluid| fluid.density),
            has_task: file.task.is_some(),
        }
    }
}

/// Returns the word for a value as written in the file.
pub fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Formats a number with at most four significant digits.
pub fn digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    // Adding 0 turns -0 into 0.
    let rounded = rounded + 0.0;
    if rounded != 0.0 && !(1e-3..1e6).contains(&rounded.abs()) { format!("{rounded:e}") } else { rounded.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_tell_them() {
        let shown: Vec<_> = [28.540_123, 0.0, -0.0, -0.712_345, 1e-8, 1.0, 1000.4].into_iter().map(digits).collect();
        assert_eq!(shown, ["28.54", "0", "0", "-0.7123", "1e-8", "1", "1000"]);
    }
}
