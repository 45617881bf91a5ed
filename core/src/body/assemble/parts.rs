//! What a file has besides links: actuators, tendons, sensors, geoms and sites.

use std::collections::BTreeMap;

use rapier3d_f64::prelude::Pose;

use super::super::file::{Actuator, BodyFile, Sensor, Shape, TendonJoint, WORLD};
use super::draft::Draft;
use super::model::{ActuatorModel, JointModel, LinkModel, Placement, SensorModel, SiteModel, Transmission};
use super::pose;

pub(super) fn actuators(file: &BodyFile, drafts: &[Draft]) -> Vec<ActuatorModel> {
    let model = |actuator: &Actuator| {
        let joint = actuator.joint.as_ref();
        let joint = joint.and_then(|name| drafts.iter().position(|draft| draft.joint.name == *name));
        let tendon = actuator.tendon.as_ref();
        let tendon = tendon.and_then(|name| file.tendons.iter().position(|tendon| tendon.name == *name));
        let transmission = joint.map(Transmission::Joint).or(tendon.map(Transmission::Tendon))?;
        let Actuator { gear, gain, bias, filter, control_range: range, .. } = *actuator;
        Some(ActuatorModel { transmission, gear, gain, bias, filter, range })
    };
    file.actuators.iter().filter_map(model).collect()
}

pub(super) fn tendons(file: &BodyFile, drafts: &[Draft], joints: &[JointModel]) -> Vec<Vec<(usize, usize, f64)>> {
    let part = |part: &TendonJoint| {
        let joint = drafts.iter().position(|draft| draft.joint.name == part.joint)?;
        Some((joints[joint].dof, joints[joint].position, part.coefficient))
    };
    file.tendons.iter().map(|tendon| tendon.joints.iter().filter_map(part).collect()).collect()
}

pub(super) fn sensors(file: &BodyFile) -> Vec<SensorModel> {
    let mut at = 0;
    let mut model = |sensor: &Sensor| {
        let begin = at;
        at += sensor.kind.size();
        SensorModel { name: sensor.name.clone(), kind: sensor.kind, site: sensor.site.clone(), at: begin }
    };
    file.sensors.iter().map(&mut model).collect()
}

type Named<T> = BTreeMap<String, T>;

/// Returns where the tracked point is: on the site, geom or link that the file names, or the first link.
pub(super) fn tracked(
    file: &BodyFile,
    links: &Named<LinkModel>,
    geoms: &Named<(Placement, Shape)>,
    sites: &Named<SiteModel>,
) -> Placement {
    // Names are unique among things of one kind, the world's own included, and validation asks for one that moves.
    let moves = |placement: &Placement| placement.rigid_link.is_some();
    let named = file.tracked.as_ref().and_then(|name| {
        let site = sites.get(name).map(|site| site.placement).filter(moves);
        let geom = geoms.get(name).map(|(placement, _)| *placement).filter(moves);
        site.or(geom).or_else(|| links.get(name).map(|link| link.placement))
    });
    let first = || file.links.first().and_then(|link| links.get(&link.name)).map(|link| link.placement);
    named.or_else(first).unwrap_or(Placement { rigid_link: None, pose: Pose::IDENTITY })
}

pub(super) fn fixtures(file: &BodyFile, links: &Named<LinkModel>) -> (Named<(Placement, Shape)>, Named<SiteModel>) {
    let mut geoms = BTreeMap::new();
    let mut sites = BTreeMap::new();
    let world = (WORLD, &file.world.geoms, &file.world.sites);
    let moving = file.links.iter().map(|link| (link.name.as_str(), &link.geoms, &link.sites));
    for (link, link_geoms, link_sites) in std::iter::once(world).chain(moving) {
        let Some(carrier) = links.get(link).map(|link| link.placement) else { continue };
        let on_carrier = |pose: Pose| Placement { rigid_link: carrier.rigid_link, pose: carrier.pose * pose };
        for geom in link_geoms {
            geoms.insert(geom.name.clone(), (on_carrier(pose(geom.position, geom.orientation)), geom.shape));
        }
        for site in link_sites {
            let placement = on_carrier(pose(site.position, site.orientation));
            sites.insert(site.name.clone(), SiteModel { placement, shape: site.shape, link: link.to_owned() });
        }
    }
    (geoms, sites)
}
