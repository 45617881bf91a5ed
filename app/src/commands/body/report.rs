//! The summary of a body, as JSON and as text.

use bootstride_core::body::{
    Actuator, BodyFile, Geom, GeomContact, JointKind, Limit, Link, Sensor, SensorKind, Shape, Tendon, World,
};
use serde::Serialize;

use super::tree::tree;

/// A body.
#[derive(Serialize)]
pub struct Report {
    name: String,
    attribution: String,
    /// Mass, kg.
    mass: f64,
    links: Vec<LinkReport>,
    /// Length of the velocity vector.
    degrees_of_freedom: usize,
    /// Length of the position vector.
    positions: usize,
    /// Length of a control step, s.
    control_timestep: f64,
    steps_per_control: usize,
    /// Number of geoms that collide with others.
    touching_geoms: usize,
    actuators: Vec<ActuatorReport>,
    sensors: Vec<SensorReport>,
    tendons: Vec<TendonReport>,
    ropes: Vec<String>,
    /// Fluid density, kg/m^3. `None` without a fluid.
    fluid_density: Option<f64>,
    /// Whether the file defines a task.
    has_task: bool,
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
struct ActuatorReport {
    name: String,
    /// Driven joint or tendon.
    drives: String,
    control_range: [f64; 2],
    gear: f64,
    gain: f64,
    /// Time constant of the activation filter, s.
    filter: Option<f64>,
}

#[derive(Serialize)]
struct SensorReport {
    name: String,
    kind: SensorKind,
    site: String,
    size: usize,
}

#[derive(Serialize)]
struct TendonReport {
    name: String,
    joints: Vec<String>,
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

    /// Formats the summary as text.
    pub fn text(&self, file: &BodyFile) -> String {
        let Self { name, mass, degrees_of_freedom, positions, actuators, sensors, tendons, ropes, .. } = self;
        let milliseconds = self.control_timestep * 1e3;
        let steps = self.steps_per_control;
        let mut lines = vec![
            format!("{name}: {} kg, {} links", digits(*mass), self.links.len()),
            format!("{degrees_of_freedom} degrees of freedom, {positions} positions"),
            format!("control step {} ms in {steps} time steps", digits(milliseconds)),
            if file.simulation.contacts {
                format!("{} colliding geoms", self.touching_geoms)
            } else {
                "no contacts".into()
            },
        ];
        lines.extend(self.fluid_density.map(|density| format!("in a fluid of {} kg/m^3", digits(density))));
        lines.push(String::new());
        lines.extend(tree(&file.world.geoms.iter().map(GeomReport::from).collect::<Vec<_>>(), &self.links));
        let drives = actuators.iter().map(|one| {
            let [low, high] = one.control_range.map(digits);
            let gain = if one.gain.to_bits() == 1.0_f64.to_bits() {
                String::new()
            } else {
                format!(", gain {}", digits(one.gain))
            };
            let filter = one.filter.map(|time| format!(", filter {} s", digits(time))).unwrap_or_default();
            (
                one.name.clone(),
                format!("on {}, control {low} to {high}, gear {}{gain}{filter}", one.drives, digits(one.gear)),
            )
        });
        list(&mut lines, "actuators", drives.collect());
        let senses = sensors.iter().map(|one| (one.name.clone(), format!("{} at {}", word(&one.kind), one.site)));
        list(&mut lines, "sensors", senses.collect());
        list(&mut lines, "tendons", tendons.iter().map(|one| (one.name.clone(), one.joints.join(" + "))).collect());
        let named = file.ropes.iter().zip(ropes);
        list(&mut lines, "ropes", named.map(|(rope, text)| (rope.name.clone(), text.clone())).collect());
        if let Some(task) = &file.task {
            let description = task.description.as_deref().unwrap_or("defined by the file");
            // In one line, so that it cannot be mistaken for other lines of the summary.
            let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.extend([String::new(), format!("task: {description}")]);
        }
        lines.join("\n") + "\n"
    }
}

/// Appends a titled list in two columns; nothing if there are no entries.
fn list(lines: &mut Vec<String>, title: &str, entries: Vec<(String, String)>) {
    if entries.is_empty() {
        return;
    }
    lines.extend([String::new(), format!("{title} ({})", entries.len())]);
    let width = entries.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    lines.extend(entries.into_iter().map(|(name, text)| format!("  {name:<width$}  {text}")));
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
