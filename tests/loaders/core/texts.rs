//! What a user writes: configurations, single settings, bodies.

use bootstride_core::body::{BodyFile, World};
use bootstride_core::config::{Config, ConfigError, Layers, presets};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::task::Environment;

use crate::harness::{INPUTS, Loader, as_it_is, survives};

const KEYS: &[&[u8]] = &[
    b"[planner]",
    b"[task]\nname = \"body\"",
    b"planner.policy_samples",
    b"planner.elites",
    b"algorithm.guide = \"both\"\nalgorithm.policy_learning = \"both\"",
    b"model.latent_dim",
    b"run.device",
    b"x.y.z = 1\n",
    b"a=1\n",
    b"[[a]]\n",
    b"a={b={",
    b"1979-05-27T07:32:00Z",
    b"0x7fffffffffffffff",
];

/// What comes of a configuration: where it holds, it can be printed and read again; where not, the error can be shown.
fn taken(config: Result<Config, ConfigError>) {
    match config {
        Ok(config) => {
            let text = config.to_toml().unwrap();
            let again = Config::from_toml("again", &text).unwrap();
            assert_eq!(again.to_toml().unwrap(), text);
        }
        Err(error) => drop(error.to_string()),
    }
}

fn configurations() -> Vec<Vec<u8>> {
    let whole = Config::default().to_toml().unwrap();
    let both = Layers::new().size_preset("tiny").unwrap().algorithm("variant2").unwrap().resolve().unwrap();
    let presets = presets().into_iter().map(|preset| preset.toml.to_owned());
    presets.chain([whole, both.to_toml().unwrap()]).map(String::into_bytes).collect()
}

#[test]
fn configuration() {
    let number = i64::MAX;
    survives(Loader {
        name: "configuration",
        seeds: configurations(),
        corpus: vec![
            format!("algorithm.guide=\"both\"\nplanner.policy_samples={number}").into(),
            (0..20_000).flat_map(|i| format!("a{i}=1\n").into_bytes()).collect(),
            [b"a=".as_slice(), &b"[".repeat(100_000)].concat(),
            b"a={b".repeat(50_000),
            b"a.".repeat(50_000),
            [b"[".as_slice(), &b"a.".repeat(30_000), b"a]\nb=1"].concat(),
            [&b"task.name=\""[..], &b"x".repeat(200_000), b"\""].concat(),
            (0..100).flat_map(|i| [format!("a{i}=\"").as_bytes(), &b"x".repeat(2000), b"\"\n"].concat()).collect(),
        ],
        words: KEYS,
        mend: as_it_is,
        inputs: INPUTS,
        room: 8 << 20,
        load: &mut |input| taken(Config::from_toml("config.toml", &String::from_utf8_lossy(input))),
    });
}

#[test]
fn settings() {
    let printed = Config::default().to_toml().unwrap();
    let lines = printed.lines().filter(|line| line.contains('=')).map(|line| format!("planner.{line}").into_bytes());
    let given =
        ["planner.samples=64", "run.device=gpu:0", "task.name=walker-walk", "algorithm.guide=both", "run.seed=7"];
    survives(Loader {
        name: "setting",
        seeds: lines.chain(given.map(|setting| setting.as_bytes().to_vec())).collect(),
        corpus: vec![
            format!("planner.policy_samples={}", i64::MAX).into(),
            [&b"planner.samples="[..], &b"[".repeat(100_000)].concat(),
            [&b"planner="[..], &b"{a=".repeat(100_000)].concat(),
            [&b"a.".repeat(100_000)[..], b"=1"].concat(),
        ],
        words: KEYS,
        mend: as_it_is,
        inputs: INPUTS,
        room: 8 << 20,
        load: &mut |input| {
            // On top of presets, by whose elites a wrong number is counted up.
            let layers = Layers::new().size_preset("tiny").and_then(|layers| layers.algorithm("variant2")).unwrap();
            taken(layers.set(&String::from_utf8_lossy(input)).and_then(|layers| layers.resolve()));
        },
    });
}

#[test]
fn names_of_presets() {
    survives(Loader {
        name: "preset",
        seeds: presets().iter().map(|preset| preset.name.as_bytes().to_vec()).collect(),
        corpus: vec![b"a".repeat(1 << 20)],
        words: &[],
        mend: as_it_is,
        inputs: INPUTS,
        room: 1 << 20,
        load: &mut |input| {
            let name = String::from_utf8_lossy(input);
            taken(Layers::new().size_preset(&name).and_then(|layers| layers.resolve()));
            taken(Layers::new().algorithm(&name).and_then(|layers| layers.resolve()));
            let _ = Environment::new(&name, 2).map_err(|error| error.to_string());
        },
    });
}

pub fn body(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../assets/bodies/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn bodies() {
    let names = [
        "acrobot",
        "ball_in_cup",
        "cartpole",
        "examples/balancer",
        "examples/scamp",
        "finger",
        "fish",
        "hopper",
        "reacher",
        "walker",
    ];
    let links = |count: usize| {
        let link = |i: usize| {
            let parent = if i == 0 { "world".into() } else { format!("l{}", i - 1) };
            let joint = format!(r#"{{"name":"j{i}","kind":"hinge"}}"#);
            let inertia = r#"{"moments":[1,1,1]}"#;
            format!(r#"{{"name":"l{i}","parent":"{parent}","mass":1,"inertia":{inertia},"joints":[{joint}]}}"#)
        };
        let links = (0..count).map(link).collect::<Vec<_>>().join(",");
        let simulation = r#"{"control_timestep":0.01,"steps_per_control":1,"integrator":"leapfrog","gravity":[0,0,-9.81],"contacts":false}"#;
        format!(
            r#"{{"format":"bootstride-body-1","name":"n","attribution":"a","simulation":{simulation},"links":[{links}]}}"#
        )
    };
    survives(Loader {
        name: "body",
        seeds: names.map(body).to_vec(),
        corpus: vec![
            b"[".repeat(100_000),
            b"{\"links\":".repeat(20_000),
            [&b"{\"name\":"[..], &b"[".repeat(100_000)].concat(),
            links(256).into(),
            links(2000).into(),
        ],
        words: &[
            b"\"parent\": \"world\"",
            b"\"kind\": \"free\"",
            b"\"kind\": \"slide\"",
            b"\"contacts\": true",
            b"[0, 0, 0]",
            b"[1e-12, 1e6, 1e6]",
            b"1e6",
            b"1e-12",
            b"1000",
            b"\"integrator\": \"explicit\"",
            b"\"shape\": {\"box\": {\"half_size\": [1e6, 1e-12, 1]}}",
        ],
        mend: as_it_is,
        inputs: INPUTS,
        // As many links as there may be.
        room: 32 << 20,
        load: &mut |input| {
            let file = match BodyFile::from_json(&String::from_utf8_lossy(input)) {
                Ok(file) => file,
                Err(error) => return drop(error.to_string()),
            };
            let Ok(_) = World::new(&file).map_err(|error| error.to_string()) else { return };
            let Ok(mut environment) = Environment::of_body(&file, 1).map_err(|error| error.to_string()) else { return };
            environment.reset(&mut Stream::new(1, Purpose::Other, 0));
            let _ = environment.observe();
            // How long a step may take is the file's own choice, in bounds.
            if file.simulation.steps_per_control * file.simulation.solver.sweeps <= 320 {
                let action = vec![0.5; environment.info().action_size];
                let _ = environment.step(&action).map_err(|error| error.to_string());
            }
        },
    });
}
