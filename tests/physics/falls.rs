//! Bodies that fall on the floor against the reference.
//!
//! How a single body comes to lie depends on the last digits: a hand or a knee is in the way or is not. So a single
//! fall is only asked to end at rest on the floor, with the centre of mass where such a body's may be; how high, how
//! far and how soon is compared in the middle and in the spread of falls from many starts.

use std::fmt::Write as _;

use bootstride_core::body::World;

use crate::driving::{larger, world};
use crate::published::publish;
use crate::reference::{Fall, falls, given, passive_rollout};

/// Bodies, control steps after which they have come to rest, and falls that are compared: a dog's take long.
const BODIES: [(&str, usize, usize); 6] = [
    ("cheetah", 400, 24),
    ("dog", 250, 8),
    ("hopper", 250, 24),
    ("humanoid", 250, 24),
    ("quadruped", 250, 24),
    ("walker", 250, 24),
];
/// Control steps of a fall that is compared.
const STEPS: usize = 100;

/// What is compared, and how far medians may be apart: as a share, or absolutely (m, s) where there is next to nothing.
const CLAIMS: [(&str, f64, f64); 3] = [("height", 0.05, 0.005), ("way", 0.15, 0.02), ("settled", 0.15, 0.05)];

/// Height and horizontal place of the centre of mass.
fn center(world: &World) -> [f64; 3] {
    world.center().to_array()
}

/// What becomes of a body that falls, by the path of its centre of mass: its height at the end, m; its way along the
/// ground, m; and when its height is for good within 5 percent of the fall of the last one, s.
fn ending(path: &[[f64; 3]], dt: f64) -> [f64; 3] {
    let (first, last) = (path[0], path[path.len() - 1]);
    let unsettled = path.iter().rposition(|at| (at[2] - last[2]).abs() > 0.05 * (first[2] - last[2]).abs());
    let settled = unsettled.map_or(0.0, |t| (t + 1) as f64 * dt);
    [last[2], (last[0] - first[0]).hypot(last[1] - first[1]), settled]
}

/// A body of which nothing is left but its weight.
#[derive(Debug)]
struct Rest {
    /// Share of the weight that the floor carries.
    carried: f64,
    /// Deepest overlap of any two geoms, m.
    deepest: f64,
    /// Of the centre of mass, m/s.
    speed: f64,
}

impl Rest {
    /// Over the next 20 control steps.
    fn new(world: &mut World) -> Self {
        let floor: Vec<String> = world.file().world.geoms.iter().map(|geom| geom.name.clone()).collect();
        let (mut force, mut deepest) = (0.0, 0.0_f64);
        for _ in 0..20 {
            world.step_control();
            for contact in world.contacts() {
                deepest = larger(deepest, -contact.gap);
                if contact.geoms.iter().any(|geom| floor.iter().any(|name| name == geom)) {
                    force += contact.force / 20.0;
                }
            }
        }
        Self { carried: force / (9.81 * world.mass()), deepest, speed: world.center_velocity().length() }
    }
}

/// The same fall here.
fn fallen(world: &mut World, q: &[f64], qd: &[f64], steps: usize) -> Vec<[f64; 3]> {
    world.set_state(q, qd);
    world.set_activation(&[]);
    let mut path = vec![center(world)];
    for _ in 0..steps {
        world.step_control();
        path.push(center(world));
    }
    path
}

/// Lower quartile, median and upper quartile.
fn quartiles(numbers: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| sorted[(quarter * (sorted.len() - 1) + 2) / 4])
}

#[test]
fn a_fall_ends_at_rest_on_the_floor() {
    for (domain, steps, _) in BODIES {
        let rollout = passive_rollout(domain).filter(|rollout| !rollout.drop_q.is_empty());
        let Some(rollout) = rollout else {
            assert!(given().is_some(), "there is no fall of {domain}");
            continue;
        };
        let mut world = world(domain);
        let path = fallen(&mut world, &rollout.drop_q[0], &rollout.drop_qd[0], steps - 20);
        let rest = Rest::new(&mut world);
        println!("{domain}: {:?}, {rest:?}", ending(&path[..=STEPS], world.control_timestep()));
        // The floor carries it on its surface, and it lies still.
        let rests = (rest.carried - 1.0).abs() < 0.005 && rest.deepest < 0.001 && rest.speed < 0.005;
        assert!(rests, "{domain}: {rest:?}");
    }
}

#[test]
fn falls_from_many_starts_end_as_the_references_do() {
    let mut table = String::from(
        "| domain | falls | height, m | reference | way, m | reference | settled, s | reference |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    let mut misses = Vec::new();
    for (domain, _, count) in BODIES {
        let mut world = world(domain);
        let expected: Vec<Fall> = falls(domain).into_iter().take(count).collect();
        assert_eq!(expected.len(), count);
        let dt = world.control_timestep();
        let found: Vec<[f64; 3]> =
            expected.iter().map(|fall| ending(&fallen(&mut world, &fall.q, &fall.qd, STEPS), dt)).collect();
        write!(table, "| {domain} | {count} |").unwrap();
        for (i, (name, share, absolute)) in CLAIMS.into_iter().enumerate() {
            let ours = quartiles(found.iter().map(|end| end[i]));
            let theirs = quartiles(expected.iter().map(|fall| fall.end[i]));
            for [low, middle, high] in [ours, theirs] {
                write!(table, " {middle:.3} ({low:.3} to {high:.3}) |").unwrap();
            }
            let slack = (share * theirs[1]).max(absolute);
            let near = (ours[1] - theirs[1]).abs() <= slack;
            // The median of each is in the middle half of the other.
            let inside = |middle: f64, [low, _, high]: [f64; 3]| (low - slack..=high + slack).contains(&middle);
            let spread = inside(theirs[1], ours) && inside(ours[1], theirs);
            if !near || !spread {
                misses.push(format!("{domain}, {name}: {ours:.3?}, reference {theirs:.3?}"));
            }
        }
        table.push('\n');
    }
    publish("falls", &table);
    assert!(misses.is_empty(), "{misses:#?}");
}
