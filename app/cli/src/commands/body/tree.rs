//! Draws the links of a body as a tree.

use bootstride_core::body::{JointKind, Shape};

use super::report::{GeomReport, JointReport, LinkReport, digits, word};

/// Returns the lines of the tree; `world` holds the static geoms.
pub fn tree(world: &[GeomReport], links: &[LinkReport]) -> Vec<String> {
    let mut drawn = vec!["world".to_owned()];
    let top: Vec<_> = links.iter().filter(|link| link.parent == "world").collect();
    let stem = if top.is_empty() { " " } else { "│" };
    drawn.extend(world.iter().map(|geom| format!("{stem}    {}", geom_text(geom))));
    branches(&top, links, "", &mut drawn);
    drawn
}

fn branches(siblings: &[&LinkReport], links: &[LinkReport], indent: &str, drawn: &mut Vec<String>) {
    for (i, link) in siblings.iter().enumerate() {
        let last = i + 1 == siblings.len();
        let (corner, stem) = if last { ("└─", "  ") } else { ("├─", "│ ") };
        drawn.push(format!("{indent}{corner} {}  {} kg", link.name, digits(link.mass)));
        let children: Vec<_> = links.iter().filter(|child| child.parent == link.name).collect();
        let inside = format!("{indent}{stem} ");
        let detail = format!("{inside}{}   ", if children.is_empty() { " " } else { "│" });
        drawn.extend(link.joints.iter().map(|joint| format!("{detail}{}", joint_text(joint))));
        if link.joints.is_empty() {
            drawn.push(format!("{detail}fixed to {}", link.parent));
        }
        drawn.extend(link.geoms.iter().map(|geom| format!("{detail}{}", geom_text(geom))));
        branches(&children, links, &inside, drawn);
    }
}

fn joint_text(joint: &JointReport) -> String {
    let unit = if joint.kind == JointKind::Hinge { "rad" } else { "m" };
    let range = joint.range.map(|[low, high]| format!(", {} to {} {unit}", digits(low), digits(high)));
    let damping = if joint.damping > 0.0 { format!(", damping {}", digits(joint.damping)) } else { String::new() };
    format!("{} {}{}{damping}", word(&joint.kind), joint.name, range.unwrap_or_default())
}

fn geom_text(geom: &GeomReport) -> String {
    let mark = if geom.touches { "o" } else { "." };
    let sizes = |sizes: &[f64]| sizes.iter().copied().map(digits).collect::<Vec<_>>().join(" x ");
    let shape = match geom.shape {
        Shape::Plane { .. } => "plane".to_owned(),
        Shape::Sphere { radius } => format!("sphere, radius {} m", digits(radius)),
        Shape::Capsule { radius, half_length } => rod("capsule", radius, half_length),
        Shape::Cylinder { radius, half_length } => rod("cylinder", radius, half_length),
        Shape::Box { half_size } => format!("box, half sides {} m", sizes(&half_size)),
        Shape::Ellipsoid { half_size } => format!("ellipsoid, half axes {} m", sizes(&half_size)),
    };
    format!("{mark} {}: {shape}", geom.name)
}

fn rod(name: &str, radius: f64, half_length: f64) -> String {
    format!("{name}, radius {}, half length {} m", digits(radius), digits(half_length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stand_under_their_parents() {
        let link = |name: &str, parent: &str, geoms| LinkReport {
            name: name.into(),
            parent: parent.into(),
            mass: 1.5,
            joints: vec![JointReport {
                name: "j".into(),
                kind: JointKind::Hinge,
                range: Some([-1.0, 1.0]),
                damping: 0.0,
            }],
            geoms,
        };
        let ball = GeomReport { name: "tip".into(), shape: Shape::Sphere { radius: 0.1 }, touches: true };
        let links = [
            link("trunk", "world", Vec::new()),
            link("left", "trunk", vec![ball]),
            LinkReport { joints: Vec::new(), ..link("tail", "left", Vec::new()) },
            link("right", "trunk", Vec::new()),
        ];
        let expected = "\
world
└─ trunk  1.5 kg
   │   hinge j, -1 to 1 rad
   ├─ left  1.5 kg
   │  │   hinge j, -1 to 1 rad
   │  │   o tip: sphere, radius 0.1 m
   │  └─ tail  1.5 kg
   │         fixed to left
   └─ right  1.5 kg
          hinge j, -1 to 1 rad";
        assert_eq!(tree(&[], &links).join("\n"), expected);
    }
}
