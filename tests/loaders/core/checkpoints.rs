//! Parts of a checkpoint with correct checksums and wrong contents.

use bootstride_core::config::Config;
use bootstride_core::inspect::{MotionDecoder, load_agent};
use bootstride_core::math::tensors::read_tensors;
use bootstride_core::run::{Checkpoints, ExportOptions, RunFolder};
use bootstride_core::train::Trainer;
use burn::tensor::Device;
use pollster::block_on;

use crate::harness::{FEW, Loader, as_it_is, survives};
use crate::trained::{Copy, RUN};

const WORDS: &[&[u8]] = &[
    b"\"seed_extension\": 18446744073709551615",
    b"\"env_step\": 18446744073709551615",
    b"\"evaluating\": true",
    b"\"previous_mean\": null",
    b"\"pending_rounds\": []",
    b"\"dtype\":\"F16\"",
    b"[1,1,2]",
    b"[0,0,0]",
    b".scale",
    b".steps",
];

/// Goes on with the training of a run of which one part is `input`.
fn trains(part: &'static str, corpus: Vec<Vec<u8>>) {
    let mut taken = 0;
    survives(Loader {
        name: &format!("train-{part}"),
        seeds: vec![RUN.parts.0[part].clone()],
        corpus: corpus.clone(),
        words: WORDS,
        mend: as_it_is,
        inputs: FEW,
        room: 8 << 20,
        load: &mut |input| {
            let mut parts = RUN.parts.clone();
            parts.insert(part, input.to_vec());
            match Trainer::resume(RUN.config.clone(), &Device::flex(), &parts) {
                Ok(mut trainer) => {
                    let _ = trainer.progress();
                    // A step takes a hundred times as long as all before it.
                    taken += 1;
                    if taken % 16 == 1 || corpus.iter().any(|hard| hard == input) {
                        let _ = block_on(trainer.step()).map_err(|error| error.to_string());
                    }
                    let _ = trainer.progress();
                }
                Err(error) => drop(error.to_string()),
            }
        },
    });
}

/// A number of the state replaced by another.
fn state_with(key: &str, number: &str) -> Vec<u8> {
    let text = String::from_utf8(RUN.parts.0["state.json"].clone()).unwrap();
    let line = text.lines().find(|line| line.contains(&format!("\"{key}\""))).unwrap();
    text.replace(line, &format!("  \"{key}\": {number},")).into_bytes()
}

#[test]
fn state() {
    let keys = [
        "decisions",
        "env_step",
        "episodes",
        "begun",
        "number",
        "episode_return",
        "updates",
        "seed_extension",
        "pretrained",
    ];
    let more = ["evaluated_at", "checkpoint_at"];
    let largest = keys.iter().chain(&more).map(|key| state_with(key, "18446744073709551615"));
    let corpus = largest.chain([state_with("reanalyzed", "4294967295")]).collect();
    trains("state.json", corpus);
}

#[test]
fn weights() {
    trains("weights.safetensors", vec![]);
}

#[test]
fn optimiser() {
    trains("optimiser.safetensors", vec![]);
}

#[test]
fn environment() {
    trains("environment.bin", vec![]);
}

#[test]
fn replay() {
    trains("replay.bin", vec![]);
}

#[test]
fn body() {
    trains("body.json", vec![]);
}

#[test]
fn records() {
    let copy = Copy::new();
    let seed = br#"{"updates":1,"episodes":1,"evaluations":1,"events":2,"board":100}"#.to_vec();
    survives(Loader {
        name: "records",
        seeds: vec![seed],
        corpus: vec![],
        words: &[b"18446744073709551615", b"\"board\":18446744073709551615", b"\"events\":18446744073709551615"],
        mend: as_it_is,
        inputs: FEW,
        room: 1 << 20,
        load: &mut |input| {
            copy.write_all();
            let mut parts = RUN.parts.clone();
            parts.insert("records.json", input.to_vec());
            Checkpoints::new(copy.path.join("checkpoints")).save(20, parts, 2).unwrap();
            let _ = RunFolder::prepare(&copy.path)
                .and_then(|prepared| {
                    let config = prepared.config.clone();
                    prepared.take_up(&config)
                })
                .map_err(|error| error.to_string());
        },
    });
}

/// An exported agent.
struct Agent {
    config: Vec<u8>,
    weights: Vec<u8>,
}

fn exported() -> Agent {
    let copy = Copy::new();
    let out = copy.path.with_file_name("agent");
    RunFolder::export(&copy.path, &out, ExportOptions::default()).unwrap();
    let trained = RunFolder::trained(&out).unwrap();
    let weights = trained.checkpoint.parts.get("weights.safetensors").unwrap().to_vec();
    Agent { config: std::fs::read(out.join("config.toml")).unwrap(), weights }
}

/// Loads an agent as a lab or an evaluation does.
fn plays(config: &[u8], weights: &[u8], motion: Option<&[u8]>) {
    let Ok(mut config) = Config::from_toml("config.toml", &String::from_utf8_lossy(config)) else { return };
    let Ok(weights) = read_tensors(weights).map_err(|error| error.to_string()) else { return };
    config.task.body.clone_from(&RUN.config.task.body);
    match load_agent(&config, &weights, &Device::flex()) {
        Ok(model) => {
            let Some(Ok(motion)) = motion.map(read_tensors) else { return };
            let _ = MotionDecoder::restored(&model, 1, &motion).map_err(|error| error.to_string());
        }
        Err(error) => drop(error.to_string()),
    }
}

#[test]
fn weights_of_an_agent() {
    let agent = exported();
    survives(Loader {
        name: "agent-weights",
        seeds: vec![agent.weights],
        corpus: vec![],
        words: WORDS,
        mend: as_it_is,
        inputs: FEW,
        room: 2 << 20,
        load: &mut |input| plays(&agent.config, input, None),
    });
}

#[test]
fn configuration_of_an_agent() {
    let agent = exported();
    let text = String::from_utf8(agent.config.clone()).unwrap();
    let larger = ["mlp_dim = 65536", "encoder_dim = 65536", "bins = 65535"];
    let with = |line: &str| {
        let key = line.split(' ').next().unwrap();
        let old = text.lines().find(|old| old.starts_with(&format!("{key} ="))).unwrap();
        text.replace(old, line).into_bytes()
    };
    survives(Loader {
        name: "agent-config",
        corpus: larger.map(with).into_iter().chain([vec![b'.'; 200_000]]).collect(),
        seeds: vec![agent.config],
        words: &[
            b"mlp_dim = 65536",
            b"encoder_layers = 16",
            b"value_members = 64",
            b"simnorm_dim = 2",
            b"bins = 65536",
        ],
        mend: as_it_is,
        inputs: FEW,
        room: 2 << 20,
        load: &mut |input| plays(input, &agent.weights, None),
    });
}

#[test]
fn motion_of_an_agent() {
    let agent = exported();
    let config = Config::from_toml("config.toml", &String::from_utf8_lossy(&agent.config)).unwrap();
    let config = { Config { task: RUN.config.task.clone(), ..config } };
    let model = load_agent(&config, &read_tensors(&agent.weights).unwrap(), &Device::flex()).unwrap();
    let motion = block_on(MotionDecoder::new(&model, 1).store()).unwrap();
    let motion = bootstride_core::math::tensors::write_tensors(&motion).unwrap();
    survives(Loader {
        name: "agent-motion",
        seeds: vec![motion],
        corpus: vec![],
        words: WORDS,
        mend: as_it_is,
        inputs: FEW,
        room: 2 << 20,
        load: &mut |input| plays(&agent.config, &agent.weights, Some(input)),
    });
}
