//! Episodes that end early, of tasks written in Rust and of body files.

use std::sync::Arc;

use bootstride_core::body::{BodyError, BodyFile, Simulator};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{Environment, ObservationPart, Task, TaskError, TaskInfo};
use serde_json::{Value, json};

const BALANCER: &str = include_str!("../../assets/bodies/examples/balancer.json");

const OBSERVATION: &[ObservationPart] =
    &[ObservationPart { name: "angle", size: 1 }, ObservationPart { name: "velocity", size: 1 }];

/// A pendulum that starts upright, turning, and ends beyond an angle; each control step earns 1.
struct Turn {
    info: TaskInfo,
    /// rad.
    bound: f64,
}

impl Task for Turn {
    fn info(&self) -> &TaskInfo {
        &self.info
    }

    fn observe(&self, sim: &dyn Simulator, _: Option<[f64; 3]>, observation: &mut Vec<f64>) {
        observation.extend([sim.q()[0], sim.qd()[0]]);
    }

    fn reward(&self, _: &dyn Simulator, _: Option<[f64; 3]>) -> f64 {
        1.0
    }

    fn reset(&self, sim: &mut dyn Simulator, stream: &mut Stream) -> Option<[f64; 3]> {
        sim.set_state(&[stream.uniform_in(-0.1, 0.1)], &[10.0]);
        None
    }

    fn terminated(&self, sim: &dyn Simulator, _: Option<[f64; 3]>) -> bool {
        sim.q()[0] > self.bound
    }
}

fn info() -> TaskInfo {
    TaskInfo::new(["turn", "pendulum", "Turn."], OBSERVATION, 1, 0.02)
}

fn made(info: TaskInfo, bound: f64, action_repeat: usize) -> Result<Environment, TaskError> {
    Environment::with_task(Arc::new(Turn { info, bound }), &BodyFile::built_in("pendulum").unwrap(), action_repeat)
}

fn turn(info: TaskInfo, bound: f64, action_repeat: usize) -> Environment {
    let mut environment = made(info, bound, action_repeat).unwrap();
    environment.reset(&mut stream(0));
    environment
}

fn stream(number: u32) -> Stream {
    Stream::new(5, Purpose::Reset, number)
}

/// Decisions until the episode ends, and whether it was terminated and truncated.
fn play(environment: &mut Environment) -> (usize, bool, bool) {
    let action = vec![0.0; environment.info().action_size];
    for decision in 1.. {
        let step = environment.step(&action).unwrap();
        if step.terminated || step.truncated {
            return (decision, step.terminated, step.truncated);
        }
    }
    unreachable!()
}

#[test]
fn a_task_in_rust_terminates() {
    let mut environment = turn(info(), 1.0, 1);
    assert_eq!((environment.info().name, environment.observe().len()), ("turn", 2));
    let (decisions, terminated, truncated) = play(&mut environment);
    assert!(terminated && !truncated && (3..10).contains(&decisions), "{decisions}");
    assert!(environment.state().0[0] > 1.0);
    assert_eq!(environment.step(&[0.0]), Err(TaskError::EpisodeOver));
}

#[test]
fn a_task_in_rust_is_truncated_after_its_own_number_of_control_steps() {
    let short = TaskInfo { episode_control_steps: 7, ..info() };
    let mut environment = turn(short, f64::INFINITY, 2);
    assert_eq!(play(&mut environment), (4, false, true));
    assert_eq!(environment.control_steps(), 7);
    assert_eq!(environment.step(&[0.0]), Err(TaskError::EpisodeOver));
    let long = TaskInfo { episode_control_steps: 1500, ..info() };
    assert_eq!(play(&mut turn(long, f64::INFINITY, 2)), (750, false, true));
}

#[test]
fn termination_within_an_action_repeat_stops_the_decision() {
    let mut single = turn(info(), 1.0, 1);
    let (control_steps, ..) = play(&mut single);
    let mut environment = turn(info(), 1.0, 100);
    let mut seen = 0;
    let step = environment.step_observed(&[0.0], |_| seen += 1).unwrap();
    assert!(step.terminated && !step.truncated);
    assert_eq!((environment.control_steps(), seen), (control_steps, control_steps));
    assert_eq!(step.reward, control_steps as f32, "no reward after the end");
    assert_eq!(environment.state(), single.state());
}

#[test]
fn a_reset_after_termination_continues() {
    let mut environment = turn(info(), 1.0, 2);
    let first = play(&mut environment);
    environment.reset(&mut stream(0));
    assert_eq!(environment.control_steps(), 0);
    assert_eq!(play(&mut environment), first, "the same start has the same end");
    environment.reset(&mut stream(1));
    assert!(environment.step(&[0.0]).is_ok());
}

#[test]
fn a_snapshot_keeps_whether_the_episode_is_over() {
    let mut environment = turn(info(), 1.0, 1);
    environment.step(&[0.0]).unwrap();
    let running = environment.snapshot();
    play(&mut environment);
    let over = environment.snapshot();
    environment.restore(&running).unwrap();
    assert!(environment.step(&[0.0]).is_ok());
    environment.restore(&over).unwrap();
    assert_eq!(environment.step(&[0.0]), Err(TaskError::EpisodeOver));
}

#[test]
fn a_task_that_does_not_fit_its_body_is_refused() {
    for (wrong, message) in [
        (TaskInfo { action_size: 2, ..info() }, "the task turn has action_size 2, with this body it must be 1"),
        (TaskInfo { control_timestep: 0.01, ..info() }, "control_timestep 0.01, with this body it must be 0.02"),
        (TaskInfo { observation_size: 3, ..info() }, "observation_size 3, with this body it must be 2"),
        (TaskInfo::new(["turn", "pendulum", "Turn."], &OBSERVATION[..1], 1, 0.02), "observation_size 1, with this"),
        (
            TaskInfo { episode_control_steps: 0, ..info() },
            "episode_control_steps 0, with this body it must be 1 or more",
        ),
    ] {
        let error = made(wrong, 1.0, 1).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    assert_eq!(made(info(), 1.0, 0).unwrap_err(), TaskError::ActionRepeat(0));
}

/// The example that may not fall, with what `change` makes of its file.
fn balancer(change: impl FnOnce(&mut Value)) -> Result<BodyFile, BodyError> {
    let mut document: Value = serde_json::from_str(BALANCER).unwrap();
    change(&mut document);
    BodyFile::from_json(&document.to_string())
}

fn upright(environment: &Environment) -> f64 {
    environment.world().link_pose("pole").unwrap().z_axis()[2]
}

#[test]
fn the_example_that_may_not_fall_ends_when_it_falls() {
    let mut environment = Environment::of_body(&balancer(|_| {}).unwrap(), 2).unwrap();
    assert_eq!(environment.info().episode_control_steps, 500);
    for number in 0..5 {
        environment.reset(&mut stream(number));
        assert!(upright(&environment) > 0.99);
        let mut decisions = 0;
        loop {
            let step = environment.step(&[1.0]).unwrap();
            decisions += 1;
            assert!(!step.truncated && decisions < 250, "pushed with full force, it falls");
            assert_eq!(step.terminated, upright(&environment) < 0.8);
            if step.terminated {
                break;
            }
        }
        assert_eq!(environment.step(&[1.0]), Err(TaskError::EpisodeOver));
    }
}

#[test]
fn a_body_that_stays_up_is_truncated_after_its_own_time() {
    // Held by a spring.
    let spring = |document: &mut Value| {
        document["links"][1]["joints"][0]["spring"] = json!({"stiffness": 100, "rest": 0});
    };
    let mut environment = Environment::of_body(&balancer(spring).unwrap(), 2).unwrap();
    environment.reset(&mut stream(0));
    assert_eq!(play(&mut environment), (250, false, true));
}

#[test]
fn either_bound_ends_an_episode_and_none_is_reached_at_the_bound() {
    let ends = |ends: Value| {
        let change = |document: &mut Value| document["task"]["ends"] = ends;
        Environment::of_body(&balancer(change).unwrap(), 1).unwrap()
    };
    let at = |environment: &mut Environment, tilt: f64| {
        environment.reset(&mut stream(0));
        environment.set_state(&[0.0, tilt], &[]);
        environment.step(&[0.0]).unwrap().terminated
    };
    let mut both = ends(json!({"link": "pole", "below_height": 0.05, "below_cosine": 0.5}));
    assert!(!at(&mut both, 1.0) && at(&mut both, 1.1) && at(&mut both, 3.0));
    // The origin of the cart is at 0.1 m and stays there.
    assert!(!at(&mut ends(json!({"link": "cart", "below_height": 0.0999})), 3.0));
    assert!(at(&mut ends(json!({"link": "cart", "below_height": 0.1001})), 0.0));
}

#[test]
fn mistakes_in_an_end_name_their_path() {
    for (key, wrong, parts) in [
        ("ends", json!({"link": "pole"}), &["$.task.ends", "no bound", "below_height and below_cosine"][..]),
        ("ends", json!({"below_height": 1}), &["$.task.ends", "missing field `link`"]),
        ("ends", json!({"link": "poll", "below_height": 1}), &["$.task.ends.link", "poll", "cart, pole"]),
        ("ends", json!({"link": "pole", "below_height": 1e300}), &["$.task.ends.below_height", "1e300"]),
        ("ends", json!({"link": "pole", "below_cosine": 1.5}), &["$.task.ends.below_cosine", "1.5", "at most 1"]),
        ("ends", json!({"link": "pole", "below_cosine": -1}), &["$.task.ends.below_cosine", "-1", "above -1"]),
        ("ends", json!({"link": "pole", "under": 1}), &["$.task.ends.under", "unknown field `under`"]),
        ("episode_control_steps", json!(0), &["$.task.episode_control_steps", "found 0", "1 to 100000"]),
        ("episode_control_steps", json!(100_001), &["$.task.episode_control_steps", "100001"]),
        ("episode_control_steps", json!(-5), &["$.task.episode_control_steps", "-5"]),
    ] {
        let error = balancer(|document| document["task"][key] = wrong).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
}
