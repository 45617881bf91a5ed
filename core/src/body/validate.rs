//! Reading a body file: every error names the place in the JSON document, what was found and what is allowed.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::error::BodyError;
use super::file::{Actuator, BodyFile, Fixtures, Geom, Joint, Link, Shape, Simulation, Site};
use super::json_path::path_at;

/// Name of the parent of a link that hangs on nothing.
pub(crate) const WORLD: &str = "world";
/// Above this a length, mass or force is a typing error; far below it everything still fits f64 with ease.
const LARGEST: f64 = 1e6;
/// Bounds on repetition keep a mistyped file from stepping for minutes.
const MOST_STEPS: usize = 1000;
const MOST_LINKS: usize = 256;
const LONGEST_TIMESTEP: f64 = 0.1;

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
        let joints: Vec<&str> = self.joints().map(|joint| joint.name.as_str()).collect();
        for (i, actuator) in self.actuators.iter().enumerate() {
            actuator.validate(&format!("$.actuators[{i}]"), &joints)?;
        }
        Ok(())
    }

    /// All joints, in the order of the position and velocity vectors.
    pub fn joints(&self) -> impl Iterator<Item = &Joint> {
        self.links.iter().flat_map(|link| &link.joints)
    }

    fn validate_names(&self) -> Result<(), BodyError> {
        check_name("$.name", &self.name, &mut BTreeSet::new())?;
        let mut seen = [const { BTreeSet::new() }; 5];
        let [links, joints, geoms, sites, actuators] = &mut seen;
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
        if self.contacts {
            let allowed = "false: contacts are not simulated yet";
            return Err(value(format!("{path}.contacts"), &true, allowed));
        }
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
        check_vector(&format!("{path}.sites[{i}].position"), &site.position)?;
        check_positive(&format!("{path}.sites[{i}].radius"), site.radius)?;
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
        match self.joints.len() {
            0 if self.parent == WORLD => {
                let allowed = "a joint: a link fixed to the world is written as geoms and sites of the world";
                return Err(value(format!("{path}.joints"), &"none", allowed));
            }
            0 | 1 => {}
            n => {
                let allowed = "0 or 1: several joints on one link are not simulated yet";
                return Err(value(format!("{path}.joints"), &n, allowed));
            }
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
        if let Some(limit) = &self.limit {
            check_range(&format!("{path}.limit.range"), limit.range)?;
            check_positive(&format!("{path}.limit.stiffness"), limit.stiffness)?;
            check_not_negative(&format!("{path}.limit.damping"), limit.damping)?;
        }
        Ok(())
    }
}

impl Geom {
    fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_vector(&format!("{path}.position"), &self.position)?;
        check_quaternion(&format!("{path}.orientation"), &self.orientation)?;
        let shape = format!("{path}.shape");
        match self.shape {
            Shape::Plane { half_size } => check_sizes(&shape, &half_size),
            Shape::Sphere { radius } => check_sizes(&shape, &[radius]),
            Shape::Capsule { radius, half_length } | Shape::Cylinder { radius, half_length } => {
                check_sizes(&shape, &[radius, half_length])
            }
            Shape::Box { half_size } => check_sizes(&shape, &half_size),
        }
    }
}

impl Actuator {
    fn validate(&self, path: &str, joints: &[&str]) -> Result<(), BodyError> {
        if !joints.contains(&self.joint.as_str()) {
            return Err(value(format!("{path}.joint"), &self.joint, format!("a joint: {}", joints.join(", "))));
        }
        check_vector(&format!("{path}.gear"), &[self.gear])?;
        check_range(&format!("{path}.control_range"), self.control_range)
    }
}

fn value(path: impl Into<String>, found: &dyn Display, allowed: impl Into<String>) -> BodyError {
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

fn check_vector(path: &str, numbers: &[f64]) -> Result<(), BodyError> {
    if !numbers.iter().all(|x| x.abs() <= LARGEST) {
        return Err(value(path, &list(numbers), format!("numbers of magnitude up to {LARGEST}")));
    }
    Ok(())
}

fn check_positive(path: &str, number: f64) -> Result<(), BodyError> {
    const SMALLEST: f64 = 1e-12;
    if !(SMALLEST..=LARGEST).contains(&number) {
        return Err(value(path, &number, format!("{SMALLEST} to {LARGEST}")));
    }
    Ok(())
}

fn check_not_negative(path: &str, number: f64) -> Result<(), BodyError> {
    if (0.0..=LARGEST).contains(&number) { Ok(()) } else { Err(value(path, &number, format!("0 to {LARGEST}"))) }
}

fn check_sizes(path: &str, sizes: &[f64]) -> Result<(), BodyError> {
    sizes.iter().try_for_each(|size| check_positive(path, *size))
}

fn check_range(path: &str, range: [f64; 2]) -> Result<(), BodyError> {
    check_vector(path, &range)?;
    if range[0] < range[1] { Ok(()) } else { Err(value(path, &list(&range), "[low, high] with low below high")) }
}

fn check_quaternion(path: &str, quaternion: &[f64; 4]) -> Result<(), BodyError> {
    let norm = quaternion.iter().map(|x| x * x).sum::<f64>().sqrt();
    if (norm - 1.0).abs() <= 1e-3 { Ok(()) } else { Err(value(path, &list(quaternion), "[w, x, y, z] of length 1")) }
}
