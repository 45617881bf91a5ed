//! What each part of a body file must hold by itself.

use super::super::{
    Actuator, Fixtures, Geom, Inertia, Joint, JointKind, Limit, Link, Rope, Shape, Simulation, Site, Softness, Tendon,
    WORLD,
};
use super::check::{
    check_known, check_not_negative, check_positive, check_quaternion, check_range, check_sizes, check_vector, list,
    value,
};
use crate::body::error::BodyError;

/// Bounds on repetition keep a mistyped file from stepping for minutes.
const MOST_STEPS: usize = 1000;
const MOST_SWEEPS: usize = 1000;
const MOST_JOINTS: usize = 6;
const LONGEST_TIMESTEP: f64 = 0.1;
/// A constraint without any softness would have no law.
const FIRMEST: f64 = 0.9999;
/// By so much of the sum of the others a moment may exceed it: a thin plate's is equal to it before it is rounded.
const ROUNDING: f64 = 1e-3;

impl Simulation {
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
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
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
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
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_vector(&format!("{path}.position"), &self.position)?;
        check_quaternion(&format!("{path}.orientation"), &self.orientation)?;
        check_positive(&format!("{path}.mass"), self.mass)?;
        check_vector(&format!("{path}.center_of_mass"), &self.center_of_mass)?;
        self.inertia.validate(&format!("{path}.inertia"))?;
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

impl Inertia {
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
        for (i, moment) in self.moments.iter().enumerate() {
            check_positive(&format!("{path}.moments[{i}]"), *moment)?;
        }
        // Each moment is an integral over the squared distances along two axes, so any two hold all that the third has.
        let largest = self.moments.into_iter().fold(0.0, f64::max);
        let others = self.moments.iter().sum::<f64>() - largest;
        if largest > others * (1.0 + ROUNDING) {
            let allowed = "moments of which none is more than the sum of the other two: no solid has others";
            return Err(value(format!("{path}.moments"), &list(&self.moments), allowed));
        }
        check_quaternion(&format!("{path}.orientation"), &self.orientation)
    }
}

impl Joint {
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
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
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_range(&format!("{path}.range"), self.range)?;
        self.softness.validate(&format!("{path}.softness"))
    }
}

impl Softness {
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
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
    pub(super) fn validate(&self, path: &str, joints: &[&str]) -> Result<(), BodyError> {
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
    pub(super) fn validate(&self, path: &str, sites: &[&str]) -> Result<(), BodyError> {
        for (i, site) in self.sites.iter().enumerate() {
            check_known(&format!("{path}.sites[{i}]"), site, "a site", sites)?;
        }
        check_positive(&format!("{path}.length"), self.length)?;
        self.softness.validate(&format!("{path}.softness"))
    }
}

impl Geom {
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
        check_vector(&format!("{path}.position"), &self.position)?;
        check_quaternion(&format!("{path}.orientation"), &self.orientation)?;
        if let Some(contact) = &self.contact {
            check_not_negative(&format!("{path}.contact.friction"), contact.friction)?;
        }
        self.shape.validate(&format!("{path}.shape"))
    }
}

impl Shape {
    pub(super) fn validate(&self, path: &str) -> Result<(), BodyError> {
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
    pub(super) fn validate(&self, path: &str, joints: &[&str], tendons: &[&str]) -> Result<(), BodyError> {
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
