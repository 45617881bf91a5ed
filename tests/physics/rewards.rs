//! Rewards and observations equal the suite's.

use bootstride_core::body::BodyFile;
use bootstride_core::task::{
    Environment, ObservationPart, Sigmoid, TaskInfo, acrobot, ball_in_cup, cartpole, cheetah, dog, finger, fish,
    hopper, humanoid, pendulum, quadruped, reacher, tasks, tolerance, walker,
};

use crate::reference::{RewardCase, episodes, given, reward_cases, task_records, tolerance_cases};

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
    let cases = tolerance_cases();
    assert!(cases.len() > 100 || given().is_some(), "{} cases", cases.len());
    for case in cases {
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
            reacher::reward(case.vector("finger_to_target"), if task == "reacher-easy" { 0.05 } else { 0.015 })
        }
        "walker-stand" => walker::stand_reward(input("torso_height"), input("torso_upright")),
        "walker-walk" | "walker-run" => walker::move_reward(
            input("torso_height"),
            input("torso_upright"),
            input("horizontal_velocity"),
            if task == "walker-walk" { 1.0 } else { 8.0 },
        ),
        "hopper-stand" => hopper::stand_reward(input("height"), &case.input("control")),
        "hopper-hop" => hopper::hop_reward(input("height"), input("speed")),
        "cheetah-run" => cheetah::run_reward(input("speed")),
        "finger-spin" => finger::spin_reward(input("hinge_velocity")),
        "finger-turn-easy" | "finger-turn-hard" => {
            let [tip, target] = ["tip_position", "target_position"].map(|name| case.vector(name));
            finger::turn_reward(tip, target, if task == "finger-turn-easy" { 0.07 } else { 0.03 })
        }
        "cup-catch" => ball_in_cup::catch_reward(case.vector("ball_to_target")),
        "fish-swim" => fish::swim_reward(case.vector("mouth_to_target"), input("upright")),
        "humanoid-stand" | "humanoid-walk" | "humanoid-run" => humanoid::reward(
            input("head_height"),
            input("torso_upright"),
            case.vector("com_velocity"),
            &case.input("control"),
            speed(task),
        ),
        "quadruped-walk" | "quadruped-run" => {
            quadruped::reward(input("torso_upright"), input("torso_velocity"), speed(task))
        }
        "dog-stand" | "dog-walk" | "dog-trot" | "dog-run" => {
            dog_reward(task, case, case.input("touch_sensors").iter().sum())
        }
        other => panic!("no reward function for {other}"),
    }
}

/// Speeds that tasks ask for, m/s; 0 to stand.
fn speed(task: &str) -> f64 {
    match task {
        "quadruped-walk" => 0.5,
        "humanoid-walk" | "dog-walk" => 1.0,
        "dog-trot" => 3.0,
        "quadruped-run" => 5.0,
        "dog-run" => 9.0,
        "humanoid-run" => 10.0,
        _ => 0.0,
    }
}

/// With the sum of the touch sensors apart.
fn dog_reward(task: &str, case: &RewardCase, touch: f64) -> f64 {
    let forward = if speed(task) > 0.0 { case.input("com_forward_velocity")[0] } else { 0.0 };
    dog::reward(case.vector("torso_pelvis_height"), case.vector("upright"), touch, forward, speed(task))
}

/// What the environment's own touch sensors show, in place of the reference's: what touches is solved, not given by the
/// state. Only the dog's reward counts it.
fn reward_of_state(task: &str, case: &RewardCase, environment: &Environment) -> f64 {
    if task.starts_with("dog") {
        let sensors = ["palm_L", "palm_R", "sole_L", "sole_R"].iter();
        dog_reward(task, case, sensors.filter_map(|name| environment.world().sensor(name)).map(|shown| shown[0]).sum())
    } else {
        case.reward
    }
}

/// Per entry of a task's observation, whether it shows what the last time step solved rather than the state.
fn solved(task: &TaskInfo) -> Vec<bool> {
    let of_part = |part: &ObservationPart| match part.name {
        "touch" | "touch_sensors" | "foot_forces" | "force_torque" => vec![true; part.size],
        // The accelerometer comes first.
        "imu" | "inertial_sensors" => (0..part.size).map(|i| i < 3).collect(),
        _ => vec![false; part.size],
    };
    task.observation.iter().flat_map(of_part).collect()
}

#[test]
fn rewards_equal_the_golden_cases_given_the_same_inputs() {
    for task in tasks() {
        let cases = reward_cases(task.name);
        assert!(cases.len() > 50 || given().is_some(), "{}: {} cases", task.name, cases.len());
        for case in cases.iter().filter(|case| !case.edge) {
            let found = reward_of_inputs(task.name, case);
            assert!((found - case.reward).abs() < EXACT, "{}: {found}, {:?} {}", task.name, case.inputs, case.reward);
        }
    }
}

#[test]
fn rewards_equal_the_golden_cases_given_the_same_state() {
    for task in tasks() {
        let mut environment = Environment::new(task.name, 1).unwrap();
        let mut compared = 0;
        for case in reward_cases(task.name).iter().filter(|case| !case.edge) {
            // Other cases have inputs that no state has.
            let (Some(q), Some(qd)) = (&case.qpos, &case.qvel) else { continue };
            compared += 1;
            environment.set_state(q, qd);
            if let Some(target) = case.target_pos {
                environment.set_target(target);
            }
            if case.inputs.contains_key("control") {
                environment.set_control(&case.input("control"));
            }
            let (found, expected) = (environment.reward(), reward_of_state(task.name, case, &environment));
            assert!((found - expected).abs() < EXACT, "{}: {found} at {q:?}, {expected}", task.name);
        }
        assert!(compared > 10 || given().is_some(), "{}: {compared} cases have a state", task.name);
    }
}

#[test]
fn observations_and_rewards_equal_those_of_recorded_states() {
    for task in tasks() {
        let mut environment = Environment::new(task.name, 1).unwrap();
        let solved = solved(task);
        for episode in episodes(task.name) {
            if let Some(target) = episode.target {
                environment.set_target(target);
            }
            for (t, expected) in episode.observations.iter().enumerate() {
                environment.set_state(&episode.q[t], &episode.qd[t]);
                if let Some(activation) = episode.activations.get(t) {
                    environment.set_activation(activation);
                }
                let observation = environment.observe();
                assert_eq!(observation.len(), task.observation_size);
                let given = observation.iter().zip(expected).enumerate().zip(&solved).filter(|(_, solved)| !**solved);
                for ((i, (found, expected)), _) in given {
                    let error = (f64::from(*found) - expected).abs();
                    assert!(error < EXACT, "{} step {t}, entry {i}: {found}, {expected}", episode.label);
                }
                // A reward belongs to the control that led to the state.
                if t > 0 {
                    environment.set_control(&episode.controls[t - 1]);
                    let (found, expected) = (environment.reward(), episode.rewards[t - 1]);
                    // The force under the dog's feet, which is solved, is worth a tenth of its reward.
                    let (low, high) =
                        if task.domain == "dog" { (0.9 * expected, expected / 0.9) } else { (expected, expected) };
                    assert!(
                        (low - EXACT..high + EXACT).contains(&found),
                        "{} step {t}: {found}, {expected}",
                        episode.label
                    );
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

#[test]
fn observations_have_the_parts_of_the_suite_in_its_order() {
    let records = task_records();
    for task in tasks() {
        let record = records.iter().find(|record| record.task == task.name);
        assert!(record.is_some() || given().is_some(), "no record of {}", task.name);
        let Some(record) = record else { continue };
        let expected: Vec<_> = record.observation.iter().map(|part| (part.name.as_str(), part.dim)).collect();
        let found: Vec<_> = task.observation.iter().map(|part| (part.name, part.size)).collect();
        assert_eq!(found, expected, "{}", task.name);
        assert_eq!((task.domain, task.action_size), (record.domain.as_str(), record.action_dim), "{}", task.name);
        assert_eq!(
            (task.action_repeat, task.episode_control_steps),
            (record.action_repeat, record.episode_control_steps)
        );
        assert_eq!(task.control_timestep, record.control_timestep, "{}", task.name);
    }
}
