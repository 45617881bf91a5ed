//! Smooth motion of all bodies against the reference: a table of errors, and bounds on them.
//!
//! Motion is compared over stretches of the recorded rollouts in which nothing but smooth forces acts: from the state
//! at the beginning of a stretch, with the recorded controls, for up to 50 control steps, never corrected. An error is
//! that of the worst coordinate as a share of what it covers in the rollout; the orientation of a free body counts as
//! one coordinate.
//!
//! How fast two motions part depends on the motion, so what is asked for is asked of the middle of many stretches; a
//! single one may be off by more.

use std::fmt::Write as _;

use bootstride_core::body::{BodyFile, JointKind, World};

use crate::driving::larger;
use crate::published::publish;
use crate::reference::{DOMAINS, Rollout, episodes, given, passive_rollout};

/// Longest stretch, control steps.
const STEPS: usize = 50;

/// What is measured of one domain.
#[derive(Debug, Default)]
struct Row {
    /// Of a passive motion without contacts, and of its total energy as a share of the largest kinetic one.
    passive: Stretches,
    energy: f64,
    /// Of driven episodes: where no geom touches and no joint is beyond its limit.
    driven: Stretches,
}

/// What is known of stretches.
#[derive(Clone, Debug, Default)]
struct Stretches {
    /// Control steps of all together, and of the longest.
    steps: usize,
    longest: usize,
    /// The worst error in each.
    errors: Vec<f64>,
}

impl Stretches {
    fn add(&mut self, steps: usize, error: f64) {
        self.merge(Self { steps, longest: steps, errors: vec![error] });
    }

    fn merge(&mut self, other: Self) {
        self.longest = self.longest.max(other.longest);
        self.steps += other.steps;
        self.errors.extend(other.errors);
        self.errors.sort_by(f64::total_cmp);
    }

    /// 0 of no stretches.
    fn median(&self) -> f64 {
        self.errors.get(self.errors.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
    }

    fn worst(&self) -> f64 {
        self.errors.last().copied().unwrap_or(0.0)
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

/// Worst errors over the stretches of a rollout for all of whose states `smooth` holds: of coordinates, and of the
/// energy.
fn stretches(world: &mut World, rollout: &Rollout, smooth: impl Fn(usize) -> bool) -> (Stretches, f64) {
    let free = is_free(world);
    let ranges: Vec<f64> = covered(free, &rollout.q).into_iter().map(|range| range.max(1e-2)).collect();
    let kinetic = rollout.energies.iter().map(|energy| energy[1]).fold(0.0, f64::max);
    let (mut found, mut energy_error) = (Stretches::default(), 0.0_f64);
    let mut t = 0;
    while t < rollout.controls.len() {
        let end = (t..rollout.q.len()).take(STEPS + 1).take_while(|t| smooth(*t)).last();
        let Some(end) = end.filter(|end| *end > t) else {
            t += 1;
            continue;
        };
        start(world, rollout, t);
        let mut worst = 0.0_f64;
        for step in t..end {
            world.set_control(&rollout.controls[step]);
            world.step_control();
            let errors = differences(free, &world.q(), &rollout.q[step + 1]);
            let shares = errors.into_iter().zip(&ranges).map(|(error, range)| error / range);
            worst = shares.fold(worst, larger);
            if let Some(energy) = rollout.energies.get(step + 1) {
                energy_error = larger(energy_error, (world.energy().total() - energy[0] - energy[1]).abs() / kinetic);
            }
        }
        found.add(end - t, worst);
        t = end;
    }
    (found, energy_error)
}

/// Whether all joints of a recorded state are within their limits.
fn within_limits(file: &BodyFile, q: &[f64]) -> bool {
    let mut at = 0;
    file.joints().all(|joint| {
        let position = q[at];
        at += joint.kind.sizes()[0];
        joint.limit.is_none_or(|limit| (limit.range[0]..=limit.range[1]).contains(&position))
    })
}

fn measure(domain: &str, tasks: &[&str]) -> Row {
    let file = BodyFile::built_in(domain).unwrap();
    let mut row = Row::default();
    let passive = passive_rollout(domain);
    assert!(passive.is_some() || given().is_some(), "there is no passive rollout of {domain}");
    if let Some(rollout) = passive {
        let mut free = file.clone();
        free.simulation.contacts = false;
        let mut world = World::new(&free).unwrap();
        // Constraints that hold all the time (dry friction, tendons held) are part of the motion.
        let always = rollout.constraints.iter().min().copied().unwrap_or(0);
        (row.passive, row.energy) = stretches(&mut world, &rollout, |t| rollout.constraints[t] == always);
    }
    for rollout in tasks.iter().flat_map(|task| episodes(task)) {
        let mut changed = file.clone();
        for joint in changed.links.iter_mut().flat_map(|link| &mut link.joints).filter(|joint| joint.name == "hinge") {
            joint.damping = rollout.hinge_damping.unwrap_or(joint.damping);
        }
        let mut world = World::new(&changed).unwrap();
        let smooth = |t: usize| rollout.contacts[t] == 0 && within_limits(&file, &rollout.q[t]);
        let (found, _) = stretches(&mut world, &rollout, smooth);
        row.driven.merge(found);
    }
    row
}

/// Errors that are asked for in the middle and of each stretch, and of the total energy.
const ASKED: [f64; 3] = [0.03, 0.5, 0.02];

#[test]
fn bodies_move_as_the_reference_does() {
    let mut table = String::from(
        "| domain | passive | control steps | energy | driven, median | worst | control steps | longest |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    let mut misses = Vec::new();
    for (domain, tasks) in DOMAINS {
        let Row { passive, energy, driven } = measure(domain, tasks);
        println!("{domain}: {passive:.4?}, {energy:.4}, {driven:.4?}");
        let percent = |stretches: &Stretches, error: f64| {
            if stretches.steps == 0 { "-".into() } else { format!("{:.2}%", 100.0 * error) }
        };
        let of_passive = [percent(&passive, passive.worst()), passive.steps.to_string()];
        let of_driven = [percent(&driven, driven.median()), percent(&driven, driven.worst())];
        let steps = [driven.steps.to_string(), driven.longest.to_string()];
        let figures = [&of_passive[..], &[format!("{:.2}%", 100.0 * energy)], &of_driven, &steps].concat();
        writeln!(table, "| {domain} | {} |", figures.join(" | ")).unwrap();
        let [middle, each, of_energy] = ASKED;
        let within = |stretches: &Stretches| stretches.median() <= middle && stretches.worst() <= each;
        if !within(&passive) || !within(&driven) || energy > of_energy || energy.is_nan() {
            misses.push(format!("{domain}: {passive:?}, {energy}, {driven:?}"));
        }
    }
    publish("smooth motion", &table);
    assert!(misses.is_empty(), "{misses:#?}");
}
