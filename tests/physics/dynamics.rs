//! All bodies against the reference: a table of errors, and bounds on them.
//!
//! Motion is compared over stretches of the recorded rollouts in which nothing but smooth forces acts: from the state at the
//! beginning of a stretch, with the recorded controls, for up to 50 control steps, never corrected. An error is that of the
//! worst coordinate as a share of what it covers in the rollout; the orientation of a free body counts as one coordinate.

use std::fmt::Write as _;

use bootstride_core::body::{BodyFile, JointKind, World};

use crate::reference::{DOMAINS, Rollout, episodes, passive_rollout};

/// Longest stretch, control steps.
const STEPS: usize = 50;

/// What is measured of one domain.
#[derive(Debug, Default)]
struct Row {
    /// Of a passive motion without contacts: worst error, and of the total energy as a share of the largest kinetic one.
    passive: Stretch,
    energy: f64,
    /// Of driven episodes: where no geom touches and no joint is beyond its limit.
    driven: Stretch,
}

/// The longest stretch and the worst error in any.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    steps: usize,
    longest: usize,
    error: f64,
}

impl Stretch {
    fn add(&mut self, steps: usize, error: f64) {
        self.longest = self.longest.max(steps);
        self.steps += steps;
        self.error = self.error.max(error);
    }
}

fn is_free(world: &World) -> bool {
    world.file().joints().next().is_some_and(|joint| joint.kind == JointKind::Free)
}

/// Difference of two states per coordinate.
fn differences(free: bool, a: &[f64], b: &[f64]) -> Vec<f64> {
    if !free {
        return a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect();
    }
    let dot: f64 = (3..7).map(|i| a[i] * b[i]).sum();
    let angle = 2.0 * dot.abs().min(1.0).acos();
    let plain = |i: usize| (a[i] - b[i]).abs();
    (0..3).map(plain).chain([angle]).chain((7..a.len()).map(plain)).collect()
}

/// What each coordinate covers in a rollout: largest difference between two of its states.
fn covered(free: bool, states: &[Vec<f64>]) -> Vec<f64> {
    let mut covered = differences(free, &states[0], &states[0]);
    for a in states.iter().step_by(2) {
        for b in states {
            let found = differences(free, a, b);
            covered.iter_mut().zip(found).for_each(|(covered, found)| *covered = covered.max(found));
        }
    }
    covered
}

fn start(world: &mut World, rollout: &Rollout, at: usize) {
    world.set_state(&rollout.q[at], &rollout.qd[at]);
    world.set_activation(rollout.activations.get(at).map_or(&[], Vec::as_slice));
}

/// Worst errors over the stretches of a rollout for all of whose states `smooth` holds: of coordinates, and of the energy.
fn stretches(world: &mut World, rollout: &Rollout, smooth: impl Fn(usize) -> bool) -> (Stretch, f64) {
    let free = is_free(world);
    let ranges: Vec<f64> = covered(free, &rollout.q).into_iter().map(|range| range.max(1e-2)).collect();
    let kinetic = rollout.energies.iter().map(|energy| energy[1]).fold(0.0, f64::max);
    let (mut found, mut energy_error) = (Stretch::default(), 0.0_f64);
    let mut t = 0;
    while t < rollout.controls.len() {
        let end = (t..rollout.q.len()).take(STEPS + 1).take_while(|t| smooth(*t)).last();
        let Some(end) = end.filter(|end| *end > t) else {
            t += 1;
            continue;
        };
        start(world, rollout, t);
        let mut worst = (0.0, 0);
        for step in t..end {
            world.set_control(&rollout.controls[step]);
            world.step_control();
            let errors = differences(free, &world.q(), &rollout.q[step + 1]);
            for (i, (error, range)) in errors.into_iter().zip(&ranges).enumerate() {
                if error / range > worst.0 {
                    worst = (error / range, i);
                }
            }
            if let Some(energy) = rollout.energies.get(step + 1) {
                energy_error = energy_error.max((world.energy().total() - energy[0] - energy[1]).abs() / kinetic);
            }
        }
        if std::env::var("V").is_ok() {
            println!("  {} {t}..{end}: {worst:.5?} energy {energy_error:.5}", rollout.label);
        }
        found.add(end - t, worst.0);
        t = end;
    }
    (found, energy_error)
}

/// Whether all joints of a recorded state are within their limits.
fn within_limits(file: &BodyFile, q: &[f64]) -> bool {
    let mut at = 0;
    file.joints().all(|joint| {
        let position = q[at];
        at += if joint.kind == JointKind::Free { 7 } else { 1 };
        joint.limit.is_none_or(|limit| (limit.range[0]..=limit.range[1]).contains(&position))
    })
}

fn measure(domain: &str, tasks: &[&str]) -> Row {
    let mut file = BodyFile::built_in(domain).unwrap();
    if let Ok(n) = std::env::var("SUB") { file.simulation.steps_per_control = n.parse().unwrap(); }
    if let Ok(n) = std::env::var("SWEEPS") { file.simulation.solver.sweeps = n.parse().unwrap(); }
    let mut row = Row::default();
    if let Some(rollout) = passive_rollout(domain) {
        let mut free = file.clone();
        free.simulation.contacts = false;
        let mut world = World::new(&free).unwrap();
        // Constraints that hold all the time (dry friction, tendons held) are part of the motion.
        let always = rollout.constraints.iter().min().copied().unwrap_or(0);
        (row.passive, row.energy) = stretches(&mut world, &rollout, |t| rollout.constraints[t] == always);
        start(&mut world, &rollout, 0);
    }
    for rollout in tasks.iter().flat_map(|task| episodes(task)) {
        let mut changed = file.clone();
        for joint in changed.links.iter_mut().flat_map(|link| &mut link.joints).filter(|joint| joint.name == "hinge") {
            joint.damping = rollout.hinge_damping.unwrap_or(joint.damping);
        }
        let mut world = World::new(&changed).unwrap();
        let smooth = |t: usize| rollout.contacts[t] == 0 && within_limits(&file, &rollout.q[t]);
        let (found, _) = stretches(&mut world, &rollout, smooth);
        row.driven.longest = row.driven.longest.max(found.longest);
        row.driven.steps += found.steps;
        row.driven.error = row.driven.error.max(found.error);
    }
    row
}

/// Height and horizontal place of the centre of mass.
fn center(world: &World) -> [f64; 3] {
    world.center().to_array()
}

/// What becomes of a body that falls: statistics of the path of its centre of mass.
#[derive(Debug)]
struct Drop {
    /// At the end, m.
    height: f64,
    /// From start to end along the ground, m.
    slide: f64,
    /// When the height is within 2 percent of the last one for good, s.
    settled: f64,
}

impl Drop {
    fn new(path: &[[f64; 3]], dt: f64) -> Self {
        let (first, last) = (path[0], path[path.len() - 1]);
        let unsettled = path.iter().rposition(|at| (at[2] - last[2]).abs() > 0.05 * (first[2] - last[2]).abs());
        #[allow(clippy::cast_precision_loss, reason = "small counts")]
        let settled = unsettled.map_or(0.0, |t| (t + 1) as f64 * dt);
        Self { height: last[2], slide: (last[0] - first[0]).hypot(last[1] - first[1]), settled }
    }
}

fn drops(domain: &str) -> Option<[Drop; 2]> {
    let rollout = passive_rollout(domain)?;
    let mut file = BodyFile::built_in(domain).unwrap();
    if let Ok(n) = std::env::var("SUB") { file.simulation.steps_per_control = n.parse().unwrap(); }
    if let Ok(n) = std::env::var("SWEEPS") { file.simulation.solver.sweeps = n.parse().unwrap(); }
    let mut world = World::new(&file).unwrap();
    let dt = world.control_timestep();
    let mut expected = Vec::new();
    for (q, qd) in rollout.drop_q.iter().zip(&rollout.drop_qd) {
        world.set_state(q, qd);
        expected.push(center(&world));
    }
    if expected.is_empty() {
        return None;
    }
    start(&mut world, &rollout, 0);
    let mut found = vec![center(&world)];
    for _ in 1..expected.len() {
        world.step_control();
        found.push(center(&world));
    }
    if std::env::var("V").is_ok() {
        for t in (0..found.len()).step_by(10) {
            println!("  drop {t} {:.3?} {:.3?}", found[t], expected[t]);
        }
    }
    Some([Drop::new(&found, dt), Drop::new(&expected, dt)])
}

#[test]
#[ignore]
fn table() {
    let only = std::env::var("DOMAIN").unwrap_or_default();
    let mut text = String::new();
    for (domain, tasks) in DOMAINS.iter().filter(|(d, _)| only.is_empty() || only == *d) {
        let row = measure(domain, tasks);
        writeln!(
            text,
            "{domain:12} passive {:.4} ({} longest {}) energy {:.5}; driven {:.4} ({} longest {})",
            row.passive.error, row.passive.steps, row.passive.longest, row.energy, row.driven.error, row.driven.steps, row.driven.longest
        )
        .unwrap();
        if let Some([found, expected]) = drops(domain) {
            writeln!(text, "   drop {found:.3?}\n        {expected:.3?}").unwrap();
        }
    }
    println!("{text}");
}

#[test]
#[ignore]
fn speed() {
    let only = std::env::var("DOMAIN").unwrap_or_default();
    for (domain, _) in DOMAINS.iter().filter(|(d, _)| only.is_empty() || only == *d) {
        for contacts in [true, false] {
            let mut file = BodyFile::built_in(domain).unwrap();
            file.simulation.contacts &= contacts;
            let mut world = World::new(&file).unwrap();
            let mut best: f64 = 0.0;
            let mut u = 1.0;
            for _ in 0..10 {
                let begin = std::time::Instant::now();
                let mut n = 0.0;
                while begin.elapsed().as_secs_f64() < 0.2 {
                    u = -u;
                    world.set_control(&vec![u; world.control().len()]);
                    world.step_control();
                    n += 1.0;
                }
                best = best.max(n / begin.elapsed().as_secs_f64());
            }
            println!("{domain} contacts {contacts}: {best:.0} a second");
        }
    }
}
