//! Body files are simulated as written, and their mistakes are reported.

use bootstride_core::body::{BodyError, BodyFile, World};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::Environment;
use proptest::prelude::*;
use serde_json::{Value, json};

fn text(name: &str) -> &'static str {
    BodyFile::built_in_text(name).unwrap()
}

/// The error of the cart-pole's file after one replacement in its text.
fn error_after(from: &str, to: &str) -> String {
    let original = text("cartpole");
    assert!(original.contains(from), "{from}");
    BodyFile::from_json(&original.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn every_body_is_attributed_and_survives_a_round_trip() {
    for name in BodyFile::built_in_names() {
        let file = BodyFile::built_in(name).unwrap();
        assert_eq!(file.name, name);
        assert!(file.attribution.contains("Apache-2.0"), "{name}");
        let again = BodyFile::from_json(&serde_json::to_string(&file).unwrap()).unwrap();
        assert_eq!(World::new(&again).unwrap().snapshot(), World::new(&file).unwrap().snapshot());
    }
}

#[test]
fn errors_name_the_path_what_was_found_and_what_is_allowed() {
    for (from, to, path, parts) in [
        ("\"mass\": 0.1", "\"mass\": -0.1", "$.links[1].mass", &["-0.1", "0.000000000001 to 1000000"][..]),
        ("\"mass\": 0.1", "\"mass\": \"heavy\"", "$.links[1].mass", &["string \"heavy\"", "expected f64"]),
        ("\"mass\": 0.1", "\"mas\": 0.1", "$.links[1].mas", &["unknown field `mas`", "`mass`"]),
        ("\"kind\": \"slide\"", "\"kind\": \"slip\"", "$.links[0].joints[0].kind", &["`slip`", "`hinge`", "`slide`"]),
        ("\"axis\": [1, 0, 0]", "\"axis\": [0, 0, 0]", "$.links[0].joints[0].axis", &["[0.0, 0.0, 0.0]", "direction"]),
        ("[-1.8, 1.8]", "[1.8, -1.8]", "$.links[0].joints[0].limit.range", &["[1.8, -1.8]", "low below high"]),
        ("\"joint\": \"slider\"", "\"joint\": \"slyder\"", "$.actuators[0].joint", &["slyder", "slider, hinge_1"]),
        ("\"parent\": \"cart\"", "\"parent\": \"card\"", "$.links[1].parent", &["card", "world, cart"]),
        ("\"steps_per_control\": 10", "\"steps_per_control\": 0", "$.simulation.steps_per_control", &["1 to 1000"]),
        ("\"damping\": 2e-06", "\"armature\": -0.1", "$.links[1].joints[0].armature", &["-0.1", "0 to 1000000"]),
        ("\"gear\": 10", "\"gear\": 10, \"filter\": 0", "$.actuators[0].filter", &["found 0", "0.000000000001 to"]),
        ("\"kind\": \"slide\"", "\"kind\": \"free\"", "$.links[0].joints[0].limit", &["a limit", "no bounds"]),
        ("\"tracked\": \"tip\"", "\"tracked\": \"rail1\"", "$.tracked", &["rail1", "cart, pole_1, tip"]),
        ("bootstride-body-1", "bootstride-body-9", "$.format", &["`bootstride-body-9`", "`bootstride-body-1`"]),
        (
            "\"name\": \"pole_1\", \"parent\"",
            "\"name\": \"cart\", \"parent\"",
            "$.links[1].name",
            &["cart", "not used before"],
        ),
    ] {
        let message = error_after(from, to);
        assert!(message.starts_with(&format!("{path}: ")), "{message}");
        for part in parts {
            assert!(message.contains(part), "{message} lacks {part}");
        }
    }
}

#[test]
fn a_missing_field_and_an_unknown_body_are_named() {
    let message = error_after("\"gear\": 10, ", "");
    assert!(message.starts_with("$.actuators[0]") && message.contains("missing field `gear`"), "{message}");
    assert!(matches!(BodyFile::built_in("unicorn"), Err(BodyError::UnknownBody { .. })));
}

#[test]
fn a_welded_link_moves_and_weighs_as_part_of_its_carrier() {
    let file = BodyFile::built_in("reacher").unwrap();
    let mut world = World::new(&file).unwrap();
    world.set_state(&[std::f64::consts::FRAC_PI_2, 0.0], &[2.0, 0.0]);
    let finger = world.geom_pose("finger").unwrap().translation;
    assert!((finger.y - 0.24).abs() < 1e-12 && finger.x.abs() < 1e-12, "{finger}");
    let heavy = world.energy().kinetic;
    let mut light = file.clone();
    light.links[2].mass = 1e-12;
    let mut world = World::new(&light).unwrap();
    world.set_state(&[0.0, 0.0], &[2.0, 0.0]);
    // The finger's share: m (w r)^2 / 2.
    let share = 0.5 * file.links[2].mass * (2.0_f64 * 0.24).powi(2);
    assert!((heavy - world.energy().kinetic - share).abs() < 1e-9);
}

/// The bodies that come with the program, and the examples with a task.
const BODIES: usize = 15;

fn body(which: usize) -> &'static str {
    let names = BodyFile::built_in_names();
    let examples = [
        include_str!("../../assets/bodies/examples/scamp.json"),
        include_str!("../../assets/bodies/examples/balancer.json"),
    ];
    names.map(text).chain(examples).nth(which).unwrap()
}

/// Every value of a document, by JSON pointer.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{i}"), found);
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(key, item)| pointers(item, &format!("{at}/{key}"), found)),
        _ => {}
    }
}

fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<f64>().prop_map(|x| json!(x)),
        any::<i64>().prop_map(|x| json!(x)),
        (-3.0..3.0_f64).prop_map(|x| json!(x)),
        (0..4_i64).prop_map(|x| json!(x)),
        prop::sample::select(vec![
            json!(null),
            json!(true),
            json!(""),
            json!("world"),
            json!("cart"),
            json!("torso"),
            json!("hinge"),
            json!("free"),
            json!([]),
            json!({}),
            json!(1e-12),
            json!(1e6),
            json!(-1e6),
            json!(1e-300),
            json!(1e300),
            json!([0, 0, 0]),
            json!([1, 0, 0, 0]),
        ]),
    ]
}

/// Must not panic, whatever the file says.
fn try_out(text: &str) {
    match BodyFile::from_json(text) {
        Err(error) => assert!(error.to_string().starts_with('$'), "{error}"),
        Ok(mut file) => {
            // A file may ask for more time steps and sweeps than a test has time for.
            let simulation = &mut file.simulation;
            simulation.control_timestep *= 2.0 / simulation.steps_per_control.max(2) as f64;
            simulation.steps_per_control = simulation.steps_per_control.min(2);
            simulation.solver.sweeps = simulation.solver.sweeps.min(8);
            let mut world = World::new(&file).unwrap();
            world.set_control(&[1.0; 64]);
            world.step_control();
            world.step_control();
            let _ = (world.energy(), world.geoms().count(), world.snapshot());
            if file.task.is_some() {
                let mut environment = Environment::of_body(&file, 1).unwrap();
                environment.reset(&mut Stream::new(1, Purpose::Reset, 0));
                let _ = environment.step(&vec![1.0; file.actuators.len()]);
                assert_eq!(environment.observe().len(), environment.info().observation_size);
            }
        }
    }
}

/// The pointer with all numbers of items left out: the field's own place in the schema.
fn field(pointer: &str) -> String {
    pointer.split('/').map(|key| if key.parse::<usize>().is_ok() { "#" } else { key }).collect::<Vec<_>>().join("/")
}

/// The document with the value at `pointer` removed.
fn without(document: &Value, pointer: &str) -> Value {
    let mut document = document.clone();
    if let Some((parent, key)) = pointer.rsplit_once('/') {
        match document.pointer_mut(parent).unwrap() {
            Value::Object(fields) => _ = fields.remove(key),
            Value::Array(items) => _ = items.remove(key.parse().unwrap()),
            _ => {}
        }
    }
    document
}

#[test]
fn no_mistake_in_any_field_of_the_schema_panics() {
    let wrong = [
        json!(null),
        json!(true),
        json!("unicorn"),
        json!(""),
        json!([]),
        json!({}),
        json!(0),
        json!(-1),
        json!(0.5),
        json!(1e-12),
        json!(1e6),
        json!(-1e6),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
    ];
    let mut bodies: Vec<&str> = (0..BODIES).map(body).collect();
    // Each field is tried in the smallest body that has it.
    bodies.sort_by_key(|text| text.len());
    let mut tried = std::collections::BTreeSet::new();
    for text in bodies {
        let document: Value = serde_json::from_str(text).unwrap();
        let mut found = Vec::new();
        pointers(&document, "", &mut found);
        for pointer in found.iter().filter(|pointer| tried.insert(field(pointer))) {
            try_out(&without(&document, pointer).to_string());
            for value in &wrong {
                let mut document = document.clone();
                *document.pointer_mut(pointer).unwrap() = value.clone();
                try_out(&document.to_string());
            }
        }
    }
    // 126 fields, those of the example's task among them.
    assert!(tried.len() > 100 && tried.contains("/task/forward/speed"), "{}", tried.len());
}

proptest! {
    #![proptest_config(bootstride_tests::property::cases(300))]

    #[test]
    fn a_body_with_a_value_replaced_or_removed_never_panics(
        which in 0..BODIES, at in any::<prop::sample::Index>(), value in replacement(), remove in any::<bool>(),
    ) {
        let mut document: Value = serde_json::from_str(body(which)).unwrap();
        let mut found = Vec::new();
        pointers(&document, "", &mut found);
        let pointer = at.get(&found);
        if remove {
            document = without(&document, pointer);
        } else {
            *document.pointer_mut(pointer).unwrap() = value;
        }
        try_out(&document.to_string());
    }

    #[test]
    fn a_body_with_bytes_damaged_never_panics(
        which in 0..BODIES, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut bytes = body(which).as_bytes().to_vec();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        try_out(&String::from_utf8_lossy(&bytes));
    }
}
