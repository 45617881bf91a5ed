//! Rewards and observations equal the suite's.

use bootstride_core::body::BodyFile;
use bootstride_core::task::{Environment, Sigmoid, acrobot, cartpole, pendulum, reacher, tasks, tolerance};

use crate::reference::{RewardCase, episodes, reward_cases, tolerance_cases};

const EXACT: f64 = 1e-5;

fn sigmoid(name: &str) -> Sigmoid {
    match name {
        "gaussian" => Sigmoid::Gaussian,
        "hyperbolic" => Sigmoid::Hyperbolic,
        "long_tail" => Sigmoid::LongTail,
        "reciprocal" => Sigmoid::Reciprocal,
        "cosine" => Sigmoid::Cosine,
        "linear" => Sigmoid::Linear,
        "quadratic" => Sigmoid::Quadratic,
        "tanh_squared" => Sigmoid::TanhSquared,
        other => panic!("unknown sigmoid {other}"),
    }
}

#[test]
fn tolerance_equals_its_golden_cases() {
    for case in tolerance_cases() {
        let bounds = [case.lower.unwrap_or(f64::NEG_INFINITY), case.upper.unwrap_or(f64::INFINITY)];
        let found = tolerance(case.x, bounds, case.margin, sigmoid(&case.sigmoid), case.value_at_margin);
        assert!((found - case.expected).abs() < 1e-12, "{} at {}: {found}, {}", case.sigmoid, case.x, case.expected);
    }
}

/// The reward as a function of a case's inputs, without a simulator.
fn reward_of_inputs(task: &str, case: &RewardCase) -> f64 {
    let input = |name: &str| case.input(name)[0];
    match task {
        "acrobot-swingup" => acrobot::swingup_reward(input("tip_to_target_dist")),
        "pendulum-swingup" => pendulum::swingup_reward(input("pole_vertical")),
        "cartpole-balance" | "cartpole-swingup" => cartpole::dense_reward(
            input("cart_position"),
            input("pole_angle_cosine"),
            input("angular_vel"),
            input("control"),
        ),
        "cartpole-balance-sparse" | "cartpole-swingup-sparse" => {
            cartpole::sparse_reward(input("cart_position"), input("pole_angle_cosine"))
        }
        "reacher-easy" | "reacher-hard" => {
            let to_target = case.input("finger_to_target");
            reacher::reward([to_target[0], to_target[1]], if task == "reacher-easy" { 0.05 } else { 0.015 })
        }
        other => panic!("no reward function for {other}"),
    }
}

#[test]
fn rewards_equal_the_golden_cases_given_the_same_inputs() {
    for task in tasks() {
        for case in reward_cases(task.name).iter().filter(|case| !case.edge) {
            let found = reward_of_inputs(task.name, case);
            assert!((found - case.reward).abs() < EXACT, "{}: {found}, {:?} {}", task.name, case.inputs, case.reward);
        }
    }
}

#[test]
fn rewards_equal_the_golden_cases_given_the_same_state() {
    for task in tasks() {
        let mut environment = Environment::new(task.name, 1).unwrap();
        for case in reward_cases(task.name).iter().filter(|case| !case.edge) {
            let (Some(q), Some(qd)) = (&case.qpos, &case.qvel) else { continue };
            environment.set_state(q, qd);
            if let Some(target) = case.target_pos {
                environment.set_target(target);
            }
            if case.inputs.contains_key("control") {
                environment.set_control(&case.input("control"));
            }
            let found = environment.reward();
            assert!((found - case.reward).abs() < EXACT, "{}: {found} at {q:?}, {}", task.name, case.reward);
        }
    }
}

#[test]
fn observations_and_rewards_equal_those_of_recorded_states() {
    for task in tasks() {
        let mut environment = Environment::new(task.name, 1).unwrap();
        for episode in episodes(task.name) {
            if let Some(target) = episode.target {
                environment.set_target(target);
            }
            for (t, expected) in episode.observations.iter().enumerate() {
                environment.set_state(&episode.q[t], &episode.qd[t]);
                let observation = environment.observe();
                assert_eq!(observation.len(), task.observation_size);
                for (i, (found, expected)) in observation.iter().zip(expected).enumerate() {
                    let error = (f64::from(*found) - expected).abs();
                    assert!(error < EXACT, "{} step {t}, entry {i}: {found}, {expected}", episode.label);
                }
                // A reward belongs to the control that led to the state.
                if t > 0 {
                    environment.set_control(&episode.controls[t - 1]);
                    let (found, expected) = (environment.reward(), episode.rewards[t - 1]);
                    assert!((found - expected).abs() < EXACT, "{} step {t}: {found}, {expected}", episode.label);
                }
            }
        }
    }
}

#[test]
fn the_catalog_agrees_with_the_bodies() {
    for task in tasks() {
        let environment = Environment::new(task.name, task.action_repeat).unwrap();
        assert_eq!(environment.observe().len(), task.observation_size, "{}", task.name);
        assert_eq!(task.observation.iter().map(|part| part.size).sum::<usize>(), task.observation_size);
        assert_eq!(environment.world().control_ranges().len(), task.action_size, "{}", task.name);
        assert_eq!(environment.world().control_timestep(), task.control_timestep, "{}", task.name);
        assert!(BodyFile::built_in_names().any(|name| name == task.domain));
    }
}
