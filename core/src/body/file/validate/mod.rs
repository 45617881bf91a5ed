//! Reading a body file: every error names the place in the JSON document, what was found and what is allowed.

mod check;
mod parts;
mod words;

use std::collections::BTreeSet;

use super::json_path::path_at;
use super::{BodyFile, Geom, Integrator, Joint, JointKind, Sensor, Site, WORLD};
use crate::body::error::BodyError;
use crate::text::without_mark;
use check::check_name;
pub(super) use check::{
    check_known, check_not_negative, check_positive, check_prose, check_range, check_vector, value,
};
use words::{BODY_FILE, foreign, in_words};

/// Bounds on repetition keep a mistyped file from stepping for minutes.
const MOST_LINKS: usize = 256;
/// The dynamics keep matrices of the square of these: 24 MB at this number.
const MOST_VELOCITIES: usize = 256;

impl BodyFile {
    /// Reads and validates a body file.
    ///
    /// # Errors
    /// [`BodyError::Json`] or [`BodyError::Value`] with the path of the first mistake.
    pub fn from_json(text: &str) -> Result<Self, BodyError> {
        let text = without_mark(text);
        if let Some(found) = foreign(text) {
            return Err(BodyError::Json { path: "$".into(), message: format!("{found}; {BODY_FILE}") });
        }
        let file: Self = serde_json::from_str(text).map_err(|error| {
            let path = path_at(text, error.line(), error.column());
            BodyError::Json { path, message: in_words(&error.to_string()) }
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
        let velocities: usize = self.joints().map(|joint| joint.kind.sizes()[1]).sum();
        if velocities > MOST_VELOCITIES {
            let found = format!("joints with {velocities} velocities together");
            return Err(value(
                "$.links",
                &found,
                format!("at most {MOST_VELOCITIES}: 6 of a free joint, 1 of any other"),
            ));
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
        if let Some(tracked) = &self.tracked {
            let sites = self.links.iter().flat_map(|link| &link.sites).map(|site| site.name.as_str());
            let geoms = self.links.iter().flat_map(|link| &link.geoms).map(|geom| geom.name.as_str());
            let links = self.links.iter().map(|link| link.name.as_str());
            let mut moving: Vec<&str> = sites.chain(geoms).chain(links).collect();
            moving.sort_unstable();
            moving.dedup();
            check_known("$.tracked", tracked, "a site, geom or link that moves", &moving)?;
        }
        self.task.as_ref().map_or(Ok(()), |task| task.validate(self))
    }

    /// Returns all joints, in the order of the position and velocity vectors.
    pub fn joints(&self) -> impl Iterator<Item = &Joint> {
        self.links.iter().flat_map(|link| &link.joints)
    }

    fn validate_names(&self) -> Result<(), BodyError> {
        check_name("$.name", &self.name, &mut BTreeSet::new())?;
        check_prose("$.attribution", &self.attribution)?;
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
