//! Binary formats by themselves: packed checkpoints, tensors, the replay buffer, states of an environment.

use bootstride_core::math::tensors::{Element, NamedTensor, read_tensors, write_tensors, write_tensors_as};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::replay::{Columns, Expert, Replay, Transition, expert_columns};
use bootstride_core::task::{Environment, EnvironmentSnapshot};
use bootstride_core::train::Parts;

use crate::harness::{INPUTS, Loader, as_it_is, survives};

/// A header's length and sum set right: magic, length, sum, header.
fn mend_pack(bytes: &mut Vec<u8>) {
    const START: usize = 16 + 8 + 4;
    let Some(rest) = bytes.get(START..).filter(|_| bytes.starts_with(b"bootstride-parts")) else { return };
    let length = rest.windows(2).rposition(|two| two == b"}\n" || two == b"\n}").map_or(rest.len(), |at| at + 2);
    let sum = crc32c::crc32c(&rest[..length]);
    bytes[16..24].copy_from_slice(&(length as u64).to_le_bytes());
    bytes[24..28].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn packed_checkpoints() {
    let mut parts = Parts::default();
    parts.insert("state.json", b"{}".to_vec());
    parts.insert("weights.safetensors", (0..100).collect());
    parts.insert("empty", Vec::new());
    survives(Loader {
        name: "pack",
        seeds: vec![parts.pack(12).unwrap(), Parts::default().pack(0).unwrap()],
        corpus: vec![],
        words: &[b"\"bytes\": 18446744073709551615", b"\"format\": 1", b"\"../x\"", b"\"files\": {}"],
        mend: mend_pack,
        inputs: INPUTS,
        room: 1 << 20,
        load: &mut |input| match Parts::unpack(input) {
            Ok((step, parts)) => drop(parts.pack(step).unwrap()),
            Err(error) => drop(error.to_string()),
        },
    });
}

fn tensor(name: &str, shape: [usize; 3]) -> NamedTensor {
    NamedTensor { name: name.into(), shape, data: vec![0.25; shape.iter().product()] }
}

#[test]
fn tensors() {
    let tensors = [tensor("a.weight", [2, 3, 4]), tensor("a.bias", [2, 1, 4]), tensor("none", [0, 5, 1])];
    survives(Loader {
        name: "tensors",
        seeds: vec![write_tensors(&tensors).unwrap(), write_tensors_as(&tensors, Element::F16).unwrap()],
        corpus: vec![],
        words: &[
            b"\"dtype\":\"F16\"",
            b"\"dtype\":\"I64\"",
            b"[0,9223372036854775807,9223372036854775807]",
            b"[1,1,24]",
        ],
        mend: |bytes| {
            // The header's length, where it ends in two braces.
            let end = bytes.iter().skip(8).rposition(|byte| *byte == b'}').map_or(0, |at| at + 1);
            if let Some(length) = bytes.first_chunk_mut::<8>() {
                *length = (end as u64).next_multiple_of(8).to_le_bytes();
            }
        },
        inputs: INPUTS,
        room: 1 << 20,
        load: &mut |input| match read_tensors(input) {
            Ok(tensors) => {
                write_tensors(&tensors).unwrap();
                let _ = write_tensors_as(&tensors, Element::F16).map_err(|error| error.to_string());
            }
            Err(error) => drop(error.to_string()),
        },
    });
}

const CAPACITY: usize = 40;

/// Columns with and without experts.
fn columns() -> [Columns; 2] {
    [expert_columns(2), Vec::new()].map(|extras| Columns { observation: 3, action: 2, extras })
}

fn replay(columns: Columns) -> Replay {
    let mut replay = Replay::new(columns, CAPACITY);
    for episode in 0..3 {
        let id = replay.begin(&[0.0; 3], 3);
        for t in 0..=episode {
            let expert = Expert { mean: &[0.5; 2], std: &[0.1; 2], value: 1.0, origin: None }.cells();
            replay.push(
                id,
                &Transition {
                    action: &[0.1, 0.2],
                    reward: 1.0,
                    next_observation: &[0.5; 3],
                    extras: if t > 0 { &expert } else { &[] },
                    terminated: t == 1,
                    truncated: t == episode && episode < 2,
                },
            );
        }
    }
    replay
}

#[test]
fn replay_buffers() {
    let seed = replay(columns()[0].clone()).to_bytes();
    let plain = replay(columns()[1].clone()).to_bytes();
    // The first version had the same columns without the last one, which cuts its last episode short.
    let second = include_bytes!("../../data/replay/bmpc/replay.bin");
    let first = [b"BSREPLY1", &second[8..]].concat();
    let huge = |at: usize, number: u64| {
        let mut bytes = seed.clone();
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        bytes
    };
    let numbers = [u64::MAX, u64::MAX / 3, 1 << 40, i64::MAX as u64];
    survives(Loader {
        name: "replay",
        corpus: [24, 32, 40, 48, 50, 68, 77].iter().flat_map(|at| numbers.map(|number| huge(*at, number))).collect(),
        seeds: vec![
            seed.clone(),
            plain,
            second.to_vec(),
            first,
            Replay::new(columns()[0].clone(), CAPACITY).to_bytes(),
        ],
        words: &[b"BSREPLY1", b"BSREPLY2", b"BSREPLY3", b"expert_mean", b"expert_origin"],
        mend: as_it_is,
        inputs: INPUTS,
        room: 1 << 20,
        load: &mut |input| {
            for columns in columns() {
                // The stored buffers of older versions have actions of one number.
                let narrow = Columns { action: 1, extras: Vec::new(), ..columns.clone() };
                for columns in [columns, narrow] {
                    match Replay::from_bytes(input, columns, CAPACITY) {
                        Ok(replay) => use_replay(replay),
                        Err(error) => drop(error.to_string()),
                    }
                }
            }
        },
    });
}

/// Does all that a run does with its buffer.
fn use_replay(mut replay: Replay) {
    let mut random = Stream::new(1, Purpose::Other, 0);
    drop((replay.sample(4, 2, &mut random), replay.len(), replay.memory_bytes(), replay.to_bytes()));
    let action = vec![0.0; replay.columns().action];
    replay.write_expert(u64::MAX, Expert { mean: &action, std: &action, value: 0.0, origin: None });
    let id = replay.begin(&[0.0; 3], 3);
    replay.push(
        id,
        &Transition {
            action: &action,
            reward: 0.0,
            next_observation: &[0.0; 3],
            extras: &[],
            terminated: false,
            truncated: true,
        },
    );
}

/// Sums of the outer and the inner snapshot set right.
fn mend_snapshot(bytes: &mut Vec<u8>) {
    let sum = |bytes: &mut [u8]| {
        let Some(content) = bytes.len().checked_sub(4) else { return };
        let sum = crc32c::crc32c(&bytes[..content]).to_le_bytes();
        bytes[content..].copy_from_slice(&sum);
    };
    // Magic, task, and the world as bytes of its own.
    let word = |bytes: &[u8], at: usize| Some(usize::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let inner = word(bytes, 4).and_then(|name| {
        let at = name.checked_add(12)?;
        let start = at.checked_add(8)?;
        Some(start..start.checked_add(word(bytes, at)?)?)
    });
    if let Some(world) = inner.and_then(|inner| bytes.get_mut(inner)) {
        sum(world);
    }
    sum(bytes);
}

#[test]
fn snapshots_of_environments() {
    let tasks = ["hopper-stand", "reacher-easy", "cartpole-swingup"];
    let environments = tasks.map(|task| {
        let mut environment = Environment::new(task, 2).unwrap();
        environment.reset(&mut Stream::new(1, Purpose::Other, 0));
        environment
    });
    survives(Loader {
        name: "snapshot",
        seeds: environments.iter().map(|environment| environment.snapshot().to_bytes()).collect(),
        corpus: vec![],
        words: &[b"BSE1", b"BSW2", &f64::NAN.to_bits().to_le_bytes(), &f64::INFINITY.to_bits().to_le_bytes()],
        mend: mend_snapshot,
        inputs: INPUTS,
        room: 4 << 20,
        load: &mut |input| {
            let snapshot = match EnvironmentSnapshot::from_bytes(input) {
                Ok(snapshot) => snapshot,
                Err(error) => return drop(error.to_string()),
            };
            for environment in &environments {
                let mut environment = environment.clone();
                let Ok(()) = environment.restore(&snapshot).map_err(|error| error.to_string()) else { continue };
                let _ = environment.observe();
                let action = vec![0.5; environment.info().action_size];
                let _ = environment.step(&action).map_err(|error| error.to_string());
            }
        },
    });
}
