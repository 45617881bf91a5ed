//! Bodies with their own task.

use bootstride_core::body::{BodyError, BodyFile};
use bootstride_core::config::Config;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::{CUSTOM_BODY, Environment, Environments, TaskConfig, TaskError, configured_task};
use serde_json::{Value, json};

const SCAMP: &str = include_str!("../../assets/bodies/examples/scamp.json");

/// The example creature, with what `change` makes of its file.
fn scamp(change: impl FnOnce(&mut Value)) -> Result<BodyFile, BodyError> {
    let mut document: Value = serde_json::from_str(SCAMP).unwrap();
    change(&mut document);
    BodyFile::from_json(&document.to_string())
}

fn environment(change: impl FnOnce(&mut Value)) -> Environment {
    Environment::of_body(&scamp(change).unwrap(), 2).unwrap()
}

fn stream(number: u32) -> Stream {
    Stream::new(3, Purpose::Reset, number)
}

#[test]
fn an_own_body_is_observed_without_its_place_and_all_parts_add_up() {
    let mut environment = environment(|_| {});
    let info = *environment.info();
    let parts: Vec<_> = info.observation.iter().map(|part| (part.name, part.size)).collect();
    // Pitch as sine and cosine, and four hinges; neither the place along x nor the slide along z.
    let expected =
        [("positions", 6), ("height", 1), ("orientation", 6), ("root_velocity", 6), ("velocities", 7), ("sensors", 2)];
    assert_eq!(parts, expected);
    assert_eq!((info.name, info.action_size, info.observation_size), ("scamp", 4, 28));
    environment.reset(&mut stream(0));
    let here = environment.observe();
    let (mut q, qd) = environment.state();
    q[0] += 100.0;
    environment.set_state(&q, &qd);
    let there = environment.observe();
    assert_eq!(here.len(), 28);
    assert!(here.iter().zip(&there).all(|(a, b)| (a - b).abs() < 1e-6), "{here:?} {there:?}");
}

#[test]
fn velocities_and_directions_are_those_of_the_roots_own_frame() {
    let mut environment = environment(|_| {});
    // Pitched nose down by a quarter turn and moving along x of the world: that is along z of its own.
    let quarter = std::f64::consts::FRAC_PI_2;
    environment.set_state(&[0.0, 2.0, quarter, 0.0, 0.0, 0.0, 0.0], &[3.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
    let seen = environment.observe();
    let near = |from: usize, expected: &[f32]| {
        let found = &seen[from..from + expected.len()];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} is not {expected:?}");
    };
    near(0, &[1.0, 0.0]);
    near(6, &[2.6]);
    near(7, &[0.0, 0.0, 1.0, -1.0, 0.0, 0.0]);
    near(13, &[0.0, 0.0, 3.0, 0.0, 0.5, 0.0]);
}

#[test]
fn each_goal_is_a_factor_of_the_reward() {
    let state = |environment: &mut Environment, z: f64, pitch: f64, speed: f64| {
        environment.set_state(&[0.0, z, pitch, 0.0, 0.0, 0.0, 0.0], &[speed]);
        environment.reward()
    };
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    let only = |goals: Value| environment(|document| document["task"] = goals);
    let mut forward = only(json!({"forward": {"link": "torso", "speed": 2, "share": 0.75}}));
    near(state(&mut forward, 0.0, 0.0, 2.5), 1.0);
    near(state(&mut forward, 0.0, 0.0, 1.0), 0.25 + 0.75 * 0.5);
    near(state(&mut forward, 0.0, 0.0, -1.0), 0.25);
    let mut upright = only(json!({"upright": {"link": "torso", "cosine": 0.5}}));
    near(state(&mut upright, 0.0, std::f64::consts::FRAC_PI_2, 0.0), 1.0 - 0.5 / 1.5);
    near(state(&mut upright, 0.0, std::f64::consts::PI, 0.0), 0.0);
    let mut height = only(json!({"height": {"link": "torso", "range": [0.5, 0.7], "margin": 0.2}}));
    near(state(&mut height, 0.0, 0.0, 0.0), 1.0);
    near(state(&mut height, -0.3, 0.0, 0.0), 0.1);
    let mut control = only(json!({"control": {"share": 0.4}}));
    control.set_control(&[1.0, -1.0, 0.0, 0.0]);
    near(state(&mut control, 0.0, 0.0, 0.0), 0.6 + 0.4 * 0.5);
    let mut all = environment(|_| {});
    // Level and high enough, at half the speed: 1/6 + 5/6 * 1/2, without control.
    near(state(&mut all, 0.0, 0.0, 1.0), 1.0 / 6.0 + 5.0 / 12.0);
}

#[test]
fn starts_are_within_their_share_of_the_ranges_and_at_their_height() {
    let mut environment = environment(|document| document["task"]["reset"]["positions"] = json!(0.5));
    let mut lowest = f64::INFINITY;
    for number in 0..200 {
        environment.reset(&mut stream(number));
        let (q, qd) = environment.state();
        assert!(q[0] == 0.0 && (q[1] - 0.02).abs() < 1e-12 && qd.iter().all(|qd| *qd == 0.0), "{q:?}");
        assert!(q[3].abs() <= 0.5 && (-0.1..=0.8).contains(&q[4]), "{q:?}");
        lowest = lowest.min(q[3]);
    }
    // Half of the range [-1, 1] about 0, which 200 draws come near.
    assert!(lowest < -0.45, "{lowest}");
}

#[test]
fn a_free_root_starts_at_its_height_and_falls() {
    let mut environment = environment(|document| {
        let torso = &mut document["links"][0];
        torso["joints"] = json!([{"name": "root", "kind": "free"}]);
        document["task"]["reset"]["height"] = json!(5);
    });
    environment.reset(&mut stream(0));
    assert!((environment.state().0[2] - 5.0).abs() < 1e-12);
    assert_eq!(environment.info().observation[0].size, 4);
    environment.step(&[0.0; 4]).unwrap();
    // Two control steps of free fall: g t^2 / 2 with t = 0.04 s, and what a first-order integrator adds.
    let fallen = 5.0 - environment.state().0[2];
    assert!((0.0078..0.009).contains(&fallen), "{fallen} {:?}", environment.state());
}

#[test]
fn what_is_wrong_with_a_task_is_told_with_its_path() {
    for (pointer, wrong, parts) in [
        ("/task/forward/link", json!("torsoo"), &["$.task.forward.link", "torsoo", "torso, back_thigh"][..]),
        ("/task/forward/speed", json!(0), &["$.task.forward.speed", "0"]),
        ("/task/control/share", json!(1.5), &["$.task.control.share", "1.5", "0 to 1"]),
        ("/task/upright/cosine", json!(2), &["$.task.upright.cosine", "2", "-1 to 1"]),
        ("/task/height/range", json!([1, 0.4]), &["$.task.height.range", "low below high"]),
        ("/task/height/margin", json!(-1), &["$.task.height.margin", "-1"]),
        ("/task/control", json!({"weight": 1}), &["$.task.control.weight", "unknown field `weight`", "`share`"]),
        ("/task/reset/positions", json!("some"), &["$.task.reset.positions", "some"]),
        ("/task", json!({}), &["$.task", "no goal", "forward, upright, height"]),
        ("/links/0/joints/1/axis", json!([0, 1, 0]), &["$.task.reset.height", "slide along the vertical"]),
        ("/actuators", json!([]), &["$.actuators", "none", "one or more"]),
    ] {
        let error = scamp(|document| *document.pointer_mut(pointer).unwrap() = wrong).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
    let without = scamp(|document| _ = document.as_object_mut().unwrap().remove("task")).unwrap();
    let error = Environment::of_body(&without, 2).unwrap_err().to_string();
    assert!(error.starts_with("$.task: found none, allowed is a section"), "{error}");
}

#[test]
fn the_configuration_carries_the_text_of_an_own_body() {
    let config = TaskConfig { name: CUSTOM_BODY.into(), body: Some(SCAMP.into()), ..TaskConfig::default() };
    assert_eq!(configured_task(&config).unwrap().name, "scamp");
    assert_eq!(Environment::configured(&config).unwrap().info().observation_size, 28);
    let toml = Config { task: config.clone(), ..Config::default() }.to_toml().unwrap();
    assert!(toml.contains("name = \"body\"") && !toml.contains("scamp"), "the file lies next to it: {toml}");
    let nothing = TaskConfig { body: None, ..config };
    assert_eq!(configured_task(&nothing).unwrap_err(), TaskError::NoBody);
}

#[test]
fn a_body_that_its_time_steps_cannot_follow_is_told_and_a_reset_brings_it_back() {
    // A spring that swings ten thousand times in a time step.
    let mut environment = environment(|document| {
        for actuator in document["actuators"].as_array_mut().unwrap() {
            actuator["bias"] = json!([0, 1e6, 1e6]);
            actuator["gear"] = json!(1e6);
        }
    });
    environment.reset(&mut stream(0));
    let mut left = 200;
    let error = loop {
        match environment.step(&[1.0; 4]) {
            Err(error) => break error,
            Ok(_) => left -= 1,
        }
        assert!(left > 0, "it held together: {:?}", environment.state());
    };
    assert!(matches!(error, TaskError::Diverged { task: "scamp", .. }), "{error}");
    environment.reset(&mut stream(1));
    assert!(environment.observe().iter().all(|x| x.is_finite()));
}

#[test]
fn environments_side_by_side_do_what_each_does_alone() {
    let one = environment(|_| {});
    let mut many = Environments::new(&one, 5);
    many.reset((0..5).map(|i| Some(stream(i))).collect());
    let mut alone: Vec<_> = (0..5).map(|_| one.clone()).collect();
    alone.iter_mut().zip(0..).for_each(|(environment, number)| environment.reset(&mut stream(number)));
    for decision in 0..20_u8 {
        // The fourth stands still from the tenth decision on.
        let action = |i: usize| vec![(f32::from(decision) * 0.7 + i as f32).sin(); 4];
        let actions: Vec<_> = (0..5).map(|i| (i != 3 || decision < 10).then(|| action(i))).collect();
        let steps = many.step(&actions).unwrap();
        for (i, environment) in alone.iter_mut().enumerate() {
            let expected = actions[i].as_ref().map(|action| environment.step(action).unwrap());
            assert_eq!(steps[i], expected);
            assert_eq!(many.observation(i), environment.observe());
            assert_eq!(many.all()[i].snapshot(), environment.snapshot());
        }
    }
    assert_eq!(many.observations().len(), 5 * 28);
    let mut wrong = vec![Some(vec![0.0; 4]); 5];
    wrong[2] = Some(vec![f32::NAN; 4]);
    wrong[4] = Some(Vec::new());
    assert!(matches!(many.step(&wrong), Err(TaskError::ActionNotFinite { index: 0, .. })), "the first in order");
}
