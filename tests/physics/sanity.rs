//! What every simulated body owes to physics, with or without a reference.

use bootstride_core::body::{BodyFile, Integrator, World};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, tasks};

const STEPS: usize = 100;

fn without_friction(domain: &str) -> BodyFile {
    let mut file = BodyFile::built_in(domain).unwrap();
    for joint in file.links.iter_mut().flat_map(|link| &mut link.joints) {
        joint.damping = 0.0;
    }
    file
}

/// Largest deviation of the total energy from its first value, relative to the largest kinetic energy.
fn energy_drift(file: &BodyFile, q: &[f64], qd: &[f64]) -> f64 {
    let mut world = World::new(file).unwrap();
    world.set_state(q, qd);
    let mut states = vec![(world.q(), world.qd())];
    for _ in 0..=STEPS {
        world.step_control();
        states.push((world.q(), world.qd()));
    }
    let energies: Vec<_> = states
        .windows(2)
        .map(|pair| {
            let [(q, before), (_, after)] = pair else { unreachable!() };
            let qd: Vec<f64> = match file.simulation.integrator {
                // A semi-implicit step kicks, then drifts: its velocities belong to the middles of the steps, and the
                // velocity at a position is the mean of the two around it.
                Integrator::SemiImplicit | Integrator::Explicit => {
                    before.iter().zip(after).map(|(a, b)| f64::midpoint(*a, *b)).collect()
                }
                Integrator::Leapfrog => before.clone(),
            };
            world.set_state(q, &qd);
            world.energy()
        })
        .collect();
    let kinetic = energies.iter().map(|energy| energy.kinetic).fold(0.0, f64::max);
    energies.iter().map(|energy| (energy.total() - energies[0].total()).abs()).fold(0.0, f64::max) / kinetic
}

#[test]
fn bodies_without_friction_keep_their_energy_within_one_percent() {
    let starts: [(&str, &[&[f64]]); 3] = [
        ("pendulum", &[&[1.0], &[2.5], &[0.1]]),
        ("cartpole", &[&[-0.4, 0.1], &[0.0, 2.0], &[0.5, 0.8]]),
        ("acrobot", &[&[0.6, -0.9], &[1.0, 1.0], &[3.0, 0.5]]),
    ];
    for (domain, starts) in starts {
        for q in starts {
            let drift = energy_drift(&without_friction(domain), q, &vec![0.0; q.len()]);
            println!("{domain} from {q:?}: {drift:.2e}");
            assert!(drift < 0.01, "{domain} from {q:?}: {drift}");
        }
    }
}

#[test]
fn a_spinning_reacher_without_friction_keeps_its_energy_in_finer_steps() {
    // The reacher's own step of 20 ms suits its strong damping; without it, it needs shorter ones.
    let mut file = without_friction("reacher");
    file.simulation.steps_per_control = 20;
    file.simulation.integrator = Integrator::Leapfrog;
    let drift = energy_drift(&file, &[0.2, 0.5], &[3.0, -2.0]);
    println!("{drift:.2e}");
    assert!(drift < 0.01, "{drift}");
}

/// Furthest that any limited joint goes beyond its range.
fn overshoot(world: &World) -> f64 {
    let beyond = |(q, joint): (f64, &bootstride_core::body::Joint)| {
        joint.limit.map_or(f64::NEG_INFINITY, |limit| (limit.range[0] - q).max(q - limit.range[1]))
    };
    world.q().into_iter().zip(world.file().joints()).map(beyond).fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn joint_limits_hold_against_the_motors() {
    // The reacher's wrist is an angle; the cart's stop is a soft buffer, in the reference too, which lets a cart at full
    // speed 0.29 m beyond it under such controls.
    for (domain, allowed) in [("reacher", 0.05), ("cartpole", 0.3)] {
        let mut stream = Stream::new(5, Purpose::Other, 0);
        let mut world = World::new(&BodyFile::built_in(domain).unwrap()).unwrap();
        let controls = world.control_ranges().len();
        let mut worst = f64::NEG_INFINITY;
        for _ in 0..200 {
            let control: Vec<f64> = (0..controls).map(|_| if stream.uniform() < 0.5 { -1.0 } else { 1.0 }).collect();
            world.set_control(&control);
            for _ in 0..100 {
                world.step_control();
                worst = worst.max(overshoot(&world));
            }
        }
        println!("{domain}: {worst:.3}");
        assert!((0.0..allowed).contains(&worst), "{domain} went {worst} beyond its limits");
    }
}

#[test]
fn a_joint_far_outside_its_limit_comes_back_and_stays() {
    let mut world = World::new(&BodyFile::built_in("reacher").unwrap()).unwrap();
    world.set_state(&[0.0, 4.0], &[0.0, 0.0]);
    for _ in 0..100 {
        world.step_control();
    }
    assert!(overshoot(&world) < 0.01, "{world:?}");
    assert!(world.qd().iter().all(|qd| qd.abs() < 1.0), "{world:?}");
}

#[test]
fn thousands_of_random_decisions_at_the_limits_stay_finite() {
    for (index, task) in (0..).zip(tasks()) {
        let mut stream = Stream::new(7, Purpose::Other, index);
        let mut environment = Environment::new(task.name, task.action_repeat).unwrap();
        environment.reset(&mut stream);
        let mut action = vec![1.0_f32; task.action_size];
        // Bodies that touch things take longer, and those with many joints longer still.
        let mut geoms = environment.world().file().links.iter().flat_map(|link| &link.geoms);
        let decisions = match environment.world().dof() {
            50.. => 60,
            20.. => 500,
            _ if geoms.any(|geom| geom.contact.is_some()) => 1000,
            _ => 20_000,
        };
        for _ in 0..decisions {
            // Held for a while, so that the body is driven hard and not merely shaken.
            if stream.below(20) == 0 {
                action.fill_with(|| if stream.uniform() < 0.5 { -1.0 } else { 1.0 });
            }
            let step = environment.step(&action).unwrap();
            assert!((0.0..=2.0).contains(&step.reward), "{}: {step:?}", task.name);
            assert!(environment.observe().iter().all(|x| x.is_finite()), "{}: {environment:?}", task.name);
            if step.truncated {
                environment.reset(&mut stream);
            }
        }
    }
}
