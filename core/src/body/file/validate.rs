//! Reading a body file: every error names the place in the JSON document, what was found and what is allowed.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::json_path::path_at;
use super::{
    Actuator, BodyFile, Fixtures, Geom, Integrator, Joint, JointKind, Limit, Link, Rope, Sensor, Shape, Simulation,
    Site, Softness, Tendon, WORLD,
};
use crate::body::error::BodyError;

/// Above this a length, mass or force is a typing error; far below it everything still fits f64 with ease.
const LARGEST: f64 = 1e6;
/// Bounds on repetition keep a mistyped file from stepping for minutes.
const MOST_STEPS: usize = 1000;
const MOST_SWEEPS: usize = 1000;
const MOST_JOINTS: usize = 6;
const MOST_LINKS: usize = 256;
const LONGEST_TIMESTEP: f64 = 0.1;
/// A constraint without any softness would have no law.
const FIRMEST: f64 = 0.9999;

impl BodyFile {
    /// Reads and validates a body file.
    ///
    /// # Errors
    /// [`BodyError::Json`] or [`BodyError::Value`] with the path of the first mistake.
    pub fn from_json(text: &str) -> Result<Self, BodyError> {
        let file: Self = serde_json::from_str(text).map_err(|error| {
            let path = path_at(text, error.line(), error.column());
            BodyError::Json { path, message: error.to_string() }
        })?;
        file.validate()?;
        Ok(file)
    }

    /// Checks what the types do not: references, signs, sizes, unique names.
    ///
    /// # Errors
    /// [`BodyError::Value`] with the path of the first mistake.
    pub fn validate(&self) -> Result<(), BodyError> {
        self.simulation.validate("$.simulation")?;
        self.validate_names()?;
        self.world.validate("$.world")?;
        if self.links.is_empty() || self.links.len() > MOST_LINKS {
            return Err(value("$.links", &format!("{} links", self.links.len()), format!("1 to {MOST_LINKS} links")));
        }
        for (i, link) in self.links.iter().enumerate() {
            let path = format!("$.links[{i}]");
            let parents = || self.links[..i].iter().map(|l| l.name.as_str());
            if link.parent != WORLD && !parents().any(|name| name == link.parent) {
                let known = std::iter::once(WORLD).chain(parents()).collect::<Vec<_>>().join(", ");
                return Err(value(format!("{path}.parent"), &link.parent, format!("an earlier link: {known}")));
            }
            link.validate(&path)?;
        }
        let rubs = self.joints().any(|joint| joint.friction_loss > 0.0);
        if self.simulation.integrator == Integrator::Explicit && (self.simulation.contacts || rubs) {
            let allowed = "semi_implicit or leapfrog for a body with contacts or dry friction";
            return Err(value("$.simulation.integrator", &"explicit", allowed));
        }
        let moving = self.joints().filter(|joint| joint.kind != JointKind::Free);
        let joints: Vec<&str> = moving.map(|joint| joint.name.as_str()).collect();
        let tendons: Vec<&str> = self.tendons.iter().map(|tendon| tendon.name.as_str()).collect();
        let links = self.links.iter().map(|link| link.name.as_str());
        let links: Vec<&str> = std::iter::once(WORLD).chain(links).collect();
        let fixtures = self.links.iter().flat_map(|link| &link.sites).chain(&self.world.sites);
        let sites: Vec<&str> = fixtures.map(|site| site.name.as_str()).collect();
        for (i, tendon) in self.tendons.iter().enumerate() {
            tendon.validate(&format!("$.tendons[{i}]"), &joints)?;
        }
        for (i, rope) in self.ropes.iter().enumerate() {
            rope.validate(&format!("$.ropes[{i}]"), &sites)?;
        }
        for (i, actuator) in self.actuators.iter().enumerate() {
            actuator.validate(&format!("$.actuators[{i}]"), &joints, &tendons)?;
        }
        for (i, [a, b]) in self.contact.exclude.iter().enumerate() {
            check_known(&format!("$.contact.exclude[{i}][0]"), a, "a link", &links)?;
            check_known(&format!("$.contact.exclude[{i}][1]"), b, "a link", &links)?;
        }
        if let Some(fluid) = &self.fluid {
            check_positive("$.fluid.density", fluid.density)?;
        }
        for (i, Sensor { site, .. }) in self.sensors.iter().enumerate() {
            let own: Vec<&str> =
                self.links.iter().flat_map(|link| &link.sites).map(|site| site.name.as_str()).collect();
            check_known(&format!("$.sensors[{i}].site"), site, "a site on a link", &own)?;
        }
        self.task.as_ref().map_or(Ok(()), |task| task.validate(self))
    }

    /// All joints, in the order of the position and velocity vectors.
    pub fn joints(&self) -> impl Iterator<Item = &Joint> {
        self.links.iter().flat_map(|link| &link.joints)
    }

    fn validate_names(&self) -> Result<(), BodyError> {
        check_name("$.name", &self.name, &mut BTreeSet::new())?;
        let mut seen = [const { BTreeSet::new() }; 8];
        let [links, joints, geoms, sites, actuators, tendons, ropes, sensors] = &mut seen;
        let mut check_fixtures = |path: &str, g: &'_ [Geom], s: &'_ [Site]| -> Result<(), BodyError> {
            for (i, geom) in g.iter().enumerate() {
                check_name(&format!("{path}.geoms[{i}].name"), &geom.name, geoms)?;
            }
            for (i, site) in s.iter().enumerate() {
                check_name(&format!("{path}.sites[{i}].name"), &site.name, sites)?;
            }
            Ok(())
        };
        check_fixtures("$.world", &self.world.geoms, &self.world.sites)?;
        links.insert(WORLD.to_owned());
        for (i, link) in self.links.iter().enumerate() {
            let path = format!("$.links[{i}]");
            check_name(&format!("{path}.name"), &link.name, links)?;
            check_fixtures(&path, &link.geoms, &link.sites)?;
            for (j, joint) in link.joints.iter().enumerate() {
                check_name(&format!("{path}.joints[{j}].name"), &joint.name, joints)?;
            }
        }
        for (i, actuator) in self.actuators.iter().enumerate() {
            check_name(&format!("$.actuators[{i}].name"), &actuator.name, actuators)?;
        }
        for (i, tendon) in self.tendons.iter().enumerate() {
            check_name(&format!("$.tendons[{i}].name"), &tendon.name, tendons)?;
        }
        for (i, rope) in self.ropes.iter().enumerate() {
            check_name(&format!("$.ropes[{i}].name"), &rope.name, ropes)?;
        }
        for (i, sensor) in self.sensors.iter().enumerate() {
            check_name(&format!("$.sensors[{i}].name"), &sensor.name, sensors)?;
        }
        Ok(())
    }
}

impl Simulation {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        if !(self.control_timestep > 0.0 && self.control_timestep <= LONGEST_TIMESTEP) {
            let allowed = format!("above 0 s and at most {LONGEST_TIMESTEP} s");
            return Err(value(format!("{path}.control_timestep"), &self.control_timestep, allowed));
        }
        if !(1..=MOST_STEPS).contains(&self.steps_per_control) {
            return Err(value(
                format!("{path}.steps_per_control"),
                &self.steps_per_control,
                format!("1 to {MOST_STEPS}"),
            ));
        }
        if !(1..=MOST_SWEEPS).contains(&self.solver.sweeps) {
            let allowed = format!("1 to {MOST_SWEEPS}");
            return Err(value(format!("{path}.solver.sweeps"), &self.solver.sweeps, allowed));
        }
        self.solver.softness.validate(&format!("{path}.solver.softness"))?;
        check_positive(&format!("{path}.solver.margin"), self.solver.margin)?;
        check_vector(&format!("{path}.gravity"), &self.gravity)
    }
}

impl Fixtures {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_fixtures(path, &self.geoms, &self.sites)
    }
}

fn check_fixtures(path: &str, geoms: &[Geom], sites: &[Site]) -> Result<(), BodyError> {
    for (i, geom) in geoms.iter().enumerate() {
        geom.validate(&format!("{path}.geoms[{i}]"))?;
    }
    for (i, site) in sites.iter().enumerate() {
        let path = format!("{path}.sites[{i}]");
        check_vector(&format!("{path}.position"), &site.position)?;
        check_quaternion(&format!("{path}.orientation"), &site.orientation)?;
        site.shape.validate(&format!("{path}.shape"))?;
    }
    Ok(())
}

impl Link {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_vector(&format!("{path}.position"), &self.position)?;
        check_quaternion(&format!("{path}.orientation"), &self.orientation)?;
        check_positive(&format!("{path}.mass"), self.mass)?;
        check_vector(&format!("{path}.center_of_mass"), &self.center_of_mass)?;
        for (i, moment) in self.inertia.moments.iter().enumerate() {
            check_positive(&format!("{path}.inertia.moments[{i}]"), *moment)?;
        }
        check_quaternion(&format!("{path}.inertia.orientation"), &self.inertia.orientation)?;
        if self.joints.is_empty() && self.parent == WORLD {
            let allowed = "a joint: a link fixed to the world is written as geoms and sites of the world";
            return Err(value(format!("{path}.joints"), &"none", allowed));
        }
        if self.joints.len() > MOST_JOINTS {
            return Err(value(format!("{path}.joints"), &self.joints.len(), format!("0 to {MOST_JOINTS}")));
        }
        let free = self.joints.iter().any(|joint| joint.kind == JointKind::Free);
        if free && (self.joints.len() > 1 || self.parent != WORLD) {
            let found = format!("a free joint among {} of a link of {}", self.joints.len(), self.parent);
            let allowed = "a free joint alone, on a link whose parent is the world";
            return Err(value(format!("{path}.joints"), &found, allowed));
        }
        for (i, joint) in self.joints.iter().enumerate() {
            joint.validate(&format!("{path}.joints[{i}]"))?;
        }
        check_fixtures(path, &self.geoms, &self.sites)
    }
}

impl Joint {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_vector(&format!("{path}.axis"), &self.axis)?;
        if self.axis.iter().map(|x| x * x).sum::<f64>() < 1e-12 {
            return Err(value(format!("{path}.axis"), &list(&self.axis), "a direction: a vector of length above 1e-6"));
        }
        check_vector(&format!("{path}.position"), &self.position)?;
        check_not_negative(&format!("{path}.damping"), self.damping)?;
        check_not_negative(&format!("{path}.armature"), self.armature)?;
        check_not_negative(&format!("{path}.friction_loss"), self.friction_loss)?;
        check_vector(&format!("{path}.reference"), &[self.reference])?;
        if let Some(spring) = &self.spring {
            check_not_negative(&format!("{path}.spring.stiffness"), spring.stiffness)?;
            check_vector(&format!("{path}.spring.rest"), &[spring.rest])?;
        }
        let Some(limit) = &self.limit else { return Ok(()) };
        if self.kind == JointKind::Free {
            return Err(value(format!("{path}.limit"), &"a limit", "none: a free joint has no bounds"));
        }
        limit.validate(&format!("{path}.limit"))
    }
}

impl Limit {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_range(&format!("{path}.range"), self.range)?;
        self.softness.validate(&format!("{path}.softness"))
    }
}

impl Softness {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_positive(&format!("{path}.time_constant"), self.time_constant)?;
        check_positive(&format!("{path}.damping_ratio"), self.damping_ratio)?;
        check_positive(&format!("{path}.width"), self.width)?;
        let [low, high] = self.firmness;
        if !(0.0 <= low && low <= high && high <= FIRMEST && high > 0.0) {
            let allowed = format!("two numbers, the first not above the second, from 0 to {FIRMEST}");
            return Err(value(format!("{path}.firmness"), &list(&self.firmness), allowed));
        }
        Ok(())
    }
}

impl Tendon {
    fn validate(&self, path: &str, joints: &[&str]) -> Result<(), BodyError> {
        if self.joints.is_empty() {
            return Err(value(format!("{path}.joints"), &"none", "one or more joints"));
        }
        for (i, joint) in self.joints.iter().enumerate() {
            check_known(&format!("{path}.joints[{i}].joint"), &joint.joint, "a joint", joints)?;
            check_vector(&format!("{path}.joints[{i}].coefficient"), &[joint.coefficient])?;
        }
        check_not_negative(&format!("{path}.stiffness"), self.stiffness)?;
        check_not_negative(&format!("{path}.damping"), self.damping)?;
        self.hold.map_or(Ok(()), |hold| hold.validate(&format!("{path}.hold")))
    }
}

impl Rope {
    fn validate(&self, path: &str, sites: &[&str]) -> Result<(), BodyError> {
        for (i, site) in self.sites.iter().enumerate() {
            check_known(&format!("{path}.sites[{i}]"), site, "a site", sites)?;
        }
        check_positive(&format!("{path}.length"), self.length)?;
        self.softness.validate(&format!("{path}.softness"))
    }
}

impl Geom {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_vector(&format!("{path}.position"), &self.position)?;
        check_quaternion(&format!("{path}.orientation"), &self.orientation)?;
        if let Some(contact) = &self.contact {
            check_not_negative(&format!("{path}.contact.friction"), contact.friction)?;
        }
        self.shape.validate(&format!("{path}.shape"))
    }
}

impl Shape {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        match self {
            Self::Plane { half_size } => check_sizes(path, half_size),
            Self::Sphere { radius } => check_sizes(path, &[*radius]),
            Self::Capsule { radius, half_length } | Self::Cylinder { radius, half_length } => {
                check_sizes(path, &[*radius, *half_length])
            }
            Self::Box { half_size } | Self::Ellipsoid { half_size } => check_sizes(path, half_size),
        }
    }
}

impl Actuator {
    fn validate(&self, path: &str, joints: &[&str], tendons: &[&str]) -> Result<(), BodyError> {
        match (&self.joint, &self.tendon) {
            (Some(joint), None) => check_known(&format!("{path}.joint"), joint, "a joint", joints)?,
            (None, Some(tendon)) => check_known(&format!("{path}.tendon"), tendon, "a tendon", tendons)?,
            (Some(_), Some(_)) => {
                return Err(value(path, &"joint and tendon", "one of them: an actuator has one transmission"));
            }
            (None, None) => return Err(value(path, &"neither joint nor tendon", "one of them")),
        }
        check_vector(&format!("{path}.gear"), &[self.gear])?;
        check_vector(&format!("{path}.gain"), &[self.gain])?;
        check_vector(&format!("{path}.bias"), &self.bias)?;
        if let Some(filter) = self.filter {
            check_positive(&format!("{path}.filter"), filter)?;
        }
        check_range(&format!("{path}.control_range"), self.control_range)
    }
}

pub(super) fn value(path: impl Into<String>, found: &dyn Display, allowed: impl Into<String>) -> BodyError {
    BodyError::Value { path: path.into(), found: found.to_string(), allowed: allowed.into() }
}

fn list(numbers: &[f64]) -> String {
    format!("{numbers:?}")
}

fn check_name(path: &str, name: &str, seen: &mut BTreeSet<String>) -> Result<(), BodyError> {
    if name.is_empty() || !seen.insert(name.to_owned()) {
        return Err(value(path, &format!("\"{name}\""), "a name that is not empty and not used before"));
    }
    Ok(())
}

pub(super) fn check_known(path: &str, name: &str, what: &str, known: &[&str]) -> Result<(), BodyError> {
    if known.contains(&name) { Ok(()) } else { Err(value(path, &name, format!("{what}: {}", known.join(", ")))) }
}

pub(super) fn check_vector(path: &str, numbers: &[f64]) -> Result<(), BodyError> {
    if !numbers.iter().all(|x| x.abs() <= LARGEST) {
        return Err(value(path, &list(numbers), format!("numbers of magnitude up to {LARGEST}")));
    }
    Ok(())
}

pub(super) fn check_positive(path: &str, number: f64) -> Result<(), BodyError> {
    const SMALLEST: f64 = 1e-12;
    if !(SMALLEST..=LARGEST).contains(&number) {
        return Err(value(path, &number, format!("{SMALLEST} to {LARGEST}")));
    }
    Ok(())
}

pub(super) fn check_not_negative(path: &str, number: f64) -> Result<(), BodyError> {
    if (0.0..=LARGEST).contains(&number) { Ok(()) } else { Err(value(path, &number, format!("0 to {LARGEST}"))) }
}

fn check_sizes(path: &str, sizes: &[f64]) -> Result<(), BodyError> {
    sizes.iter().try_for_each(|size| check_positive(path, *size))
}

pub(super) fn check_range(path: &str, range: [f64; 2]) -> Result<(), BodyError> {
    check_vector(path, &range)?;
    if range[0] < range[1] { Ok(()) } else { Err(value(path, &list(&range), "[low, high] with low below high")) }
}

fn check_quaternion(path: &str, quaternion: &[f64; 4]) -> Result<(), BodyError> {
    let norm = quaternion.iter().map(|x| x * x).sum::<f64>().sqrt();
    if (norm - 1.0).abs() <= 1e-3 { Ok(()) } else { Err(value(path, &list(quaternion), "[w, x, y, z] of length 1")) }
}
