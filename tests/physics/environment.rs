//! Episodes, actions and start states are those of the suite.

use std::f64::consts::PI;

use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, TaskError, task_info, tasks};

const SAMPLES: usize = 2000;

/// Start states [samples][dof * 2], and targets.
fn starts(task: &str) -> (Vec<Vec<f64>>, Vec<[f64; 3]>) {
    let mut environment = Environment::new(task, 2).unwrap();
    let mut stream = Stream::new(11, Purpose::Reset, 0);
    (0..SAMPLES)
        .map(|_| {
            environment.reset(&mut stream);
            let (q, qd) = environment.state();
            ([q, qd].concat(), environment.target().map(|target| target.position).unwrap_or_default())
        })
        .unzip()
}

/// Asserts that coordinate `i` is spread evenly over [low, high].
fn assert_uniform(samples: &[Vec<f64>], i: usize, [low, high]: [f64; 2]) {
    let values: Vec<f64> = samples.iter().map(|sample| sample[i]).collect();
    assert!(values.iter().all(|x| (low..=high).contains(x)), "coordinate {i} leaves [{low}, {high}]");
    for quarter in 1..4 {
        let bound = low + (high - low) * f64::from(quarter) / 4.0;
        let share = fraction(&values, |x| x < bound);
        assert!((share - f64::from(quarter) / 4.0).abs() < 0.05, "coordinate {i}: {share} below {bound}");
    }
}

/// Asserts that coordinate `i` is normal with this mean and standard deviation.
fn assert_normal(samples: &[Vec<f64>], i: usize, mean: f64, deviation: f64) {
    let scores: Vec<f64> = samples.iter().map(|sample| (sample[i] - mean) / deviation).collect();
    assert!(scores.iter().all(|z| z.abs() < 6.0), "coordinate {i}");
    let (below, within) = (fraction(&scores, |z| z < 0.0), fraction(&scores, |z| z.abs() < 1.0));
    assert!((below - 0.5).abs() < 0.05 && (within - 0.683).abs() < 0.05, "coordinate {i}: {below}, {within}");
}

#[allow(clippy::cast_precision_loss, reason = "a few thousand samples")]
fn fraction(values: &[f64], holds: impl Fn(f64) -> bool) -> f64 {
    values.iter().filter(|x| holds(**x)).count() as f64 / values.len() as f64
}

#[test]
fn pendulum_and_acrobot_start_at_any_angle_and_at_rest() {
    for (task, dof) in [("pendulum-swingup", 1), ("acrobot-swingup", 2)] {
        let (samples, _) = starts(task);
        (0..dof).for_each(|i| assert_uniform(&samples, i, [-PI, PI]));
        assert!(samples.iter().all(|sample| sample[dof..].iter().all(|qd| *qd == 0.0)));
    }
}

#[test]
fn cartpole_starts_nearly_upright_to_balance_and_hanging_to_swing_up() {
    for task in ["cartpole-balance", "cartpole-balance-sparse"] {
        let (samples, _) = starts(task);
        assert_uniform(&samples, 0, [-0.1, 0.1]);
        assert_uniform(&samples, 1, [-0.034, 0.034]);
        (2..4).for_each(|i| assert_normal(&samples, i, 0.0, 0.01));
    }
    for task in ["cartpole-swingup", "cartpole-swingup-sparse"] {
        let (samples, _) = starts(task);
        for (i, mean) in [0.0, PI, 0.0, 0.0].into_iter().enumerate() {
            assert_normal(&samples, i, mean, 0.01);
        }
    }
}

#[test]
fn reacher_starts_anywhere_within_its_limits_with_a_target_in_a_ring() {
    for task in ["reacher-easy", "reacher-hard"] {
        let (samples, targets) = starts(task);
        assert_uniform(&samples, 0, [-PI, PI]);
        assert_uniform(&samples, 1, [-2.792_526_8, 2.792_526_8]);
        assert!(samples.iter().all(|sample| sample[2..] == [0.0, 0.0]));
        let polar: Vec<Vec<f64>> = targets.iter().map(|[x, y, _]| vec![x.hypot(*y), y.atan2(*x)]).collect();
        assert_uniform(&polar, 0, [0.05, 0.2]);
        assert_uniform(&polar, 1, [-PI, PI]);
    }
}

#[test]
fn the_hard_target_is_smaller() {
    let radius = |task| Environment::new(task, 2).unwrap().target().map(|target| target.radius);
    assert_eq!(
        (radius("reacher-easy"), radius("reacher-hard"), radius("acrobot-swingup")),
        (Some(0.05), Some(0.015), None)
    );
}

#[test]
fn an_episode_has_a_thousand_control_steps_and_ends_by_time_only() {
    for (repeat, decisions) in [(1, 1000), (2, 500), (7, 143)] {
        let mut environment = Environment::new("pendulum-swingup", repeat).unwrap();
        environment.reset(&mut Stream::new(1, Purpose::Reset, 0));
        for decision in 1..=decisions {
            let step = environment.step(&[0.3]).unwrap();
            assert!(!step.terminated);
            assert_eq!(step.truncated, decision == decisions);
        }
        assert_eq!(environment.control_steps(), 1000);
        assert_eq!(environment.step(&[0.3]), Err(TaskError::EpisodeOver));
        environment.reset(&mut Stream::new(1, Purpose::Reset, 1));
        assert!(environment.step(&[0.3]).is_ok());
    }
}

#[test]
fn a_held_action_earns_the_sum_of_its_control_steps() {
    for task in tasks() {
        let mut environment = Environment::new(task.name, 2).unwrap();
        environment.reset(&mut Stream::new(2, Purpose::Reset, 0));
        let mut single = Environment::new(task.name, 1).unwrap();
        single.restore(&environment.snapshot()).unwrap();
        let action = vec![0.4; task.action_size];
        for _ in 0..if task.domain == "dog" { 5 } else { 50 } {
            let sum = single.step(&action).unwrap().reward + single.step(&action).unwrap().reward;
            assert!((environment.step(&action).unwrap().reward - sum).abs() < 1e-6, "{}", task.name);
            assert_eq!(environment.observe(), single.observe(), "{}", task.name);
        }
    }
}

#[test]
fn actions_beyond_one_act_as_one() {
    let mut environment = Environment::new("reacher-easy", 2).unwrap();
    environment.reset(&mut Stream::new(2, Purpose::Reset, 0));
    let mut other = environment.clone();
    environment.step(&[9.0, -3.0]).unwrap();
    other.step(&[1.0, -1.0]).unwrap();
    assert_eq!(environment.state(), other.state());
}

#[test]
fn wrong_actions_are_errors_and_change_nothing() {
    let mut environment = Environment::new("reacher-easy", 2).unwrap();
    let before = environment.snapshot();
    for (action, message) in [
        (vec![0.0], "the action has 1 entries, reacher-easy takes 2"),
        (vec![0.0; 3], "the action has 3 entries, reacher-easy takes 2"),
        (vec![0.0, f32::NAN], "entry 1 of the action is NaN, it must be finite"),
        (vec![f32::INFINITY, 0.0], "entry 0 of the action is inf, it must be finite"),
    ] {
        assert_eq!(environment.step(&action).unwrap_err().to_string(), message);
        assert_eq!(environment.snapshot(), before);
    }
}

#[test]
fn wrong_names_and_repeats_are_errors_that_help() {
    let message = |name: &str| Environment::new(name, 2).unwrap_err().to_string();
    assert_eq!(
        message("cartpole-swing-up"),
        "no task is called `cartpole-swing-up`; the nearest is `cartpole-swingup`"
    );
    assert_eq!(message("reacher"), "no task is called `reacher`; the nearest is `reacher-easy`");
    assert!(task_info("").is_err());
    for repeat in [0, 1001, usize::MAX] {
        assert_eq!(Environment::new("cartpole-balance", repeat).unwrap_err(), TaskError::ActionRepeat(repeat));
    }
}

#[test]
fn environments_can_move_to_other_threads() {
    fn assert_send<T: Send + Clone>(_: &T) {}
    assert_send(&Environment::new("pendulum-swingup", 2).unwrap());
}
