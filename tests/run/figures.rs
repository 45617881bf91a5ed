//! A run's figures are in files that other programs read.

use std::fs;

use bootstride_core::run::RunFolder;
use bootstride_core::train::Event;

use crate::small_run::{config, create, play, text};

#[test]
fn a_run_leaves_its_settings_and_figures_in_files_that_plotting_programs_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs/one");
    let mut run = create(&path);
    play(&mut run, 0, 70);
    run.record(&Event::Warning { message: "the device is slow".into() }).unwrap();
    let metrics = text(&path, "metrics.csv");
    let lines: Vec<&str> = metrics.lines().collect();
    assert_eq!(lines[0], "env_step,update,reward_loss,grad_norm,policy_loss", "a figure that comes later comes last");
    assert_eq!((lines[1], lines[7]), ("10,10,0.1,10.0,", "70,70,0.014285714,70.0,-70.0"));
    let episodes = text(&path, "episodes.csv");
    assert!(episodes.starts_with("env_step,episode,episode_return,decisions,terminated\n10,1,10.0,5,false\n"));
    assert_eq!(
        text(&path, "eval.csv").lines().take(2).collect::<Vec<_>>(),
        ["env_step,planner_mean,planner_std,network_mean,network_std,gap,episodes", "20,21.0,1.0,19.0,0.0,2.0,2"]
    );
    let events = text(&path, "metrics.jsonl");
    let events: Vec<serde_json::Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events[0]["event"], "update");
    assert!(events[0]["grad,norm"].is_number() && events.iter().all(|event| event["event"] != "step"));
    assert!(events.iter().any(|event| event["event"] == "evaluation" && event["planner"][1] == 22.0));
    assert_eq!(events.last().unwrap()["message"], "the device is slow");
    assert_eq!(text(&path, "config.toml"), config().to_toml().unwrap());
    let (read, manifest) = RunFolder::read(&path).unwrap();
    assert_eq!(
        (read, manifest.started.as_str(), manifest.task.as_str()),
        (config(), "2023-11-14T22:13:20Z", "cartpole-swingup")
    );
    assert_eq!(manifest.command_line, ["bootstride", "train"]);
}

/// Tags, steps and values of an event file, its checksums and framing checked.
fn scalars(file: &[u8]) -> Vec<(String, u64, f32)> {
    let masked = |data: &[u8]| crc32c::crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes();
    let mut found = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let length = usize::try_from(u64::from_le_bytes(rest[..8].try_into().unwrap())).unwrap();
        assert_eq!(rest[8..12], masked(&rest[..8]));
        let data = &rest[12..12 + length];
        assert_eq!(rest[12 + length..16 + length], masked(data));
        let (mut step, mut summary) = (0, &[][..]);
        for (field, number, bytes) in fields(data) {
            match field {
                2 => step = number,
                5 => summary = bytes,
                _ => {}
            }
        }
        for (_, _, scalar) in fields(summary) {
            let scalar = fields(scalar);
            let value = f32::from_bits(u32::try_from(scalar[1].1).unwrap());
            found.push((String::from_utf8(scalar[0].2.to_vec()).unwrap(), step, value));
        }
        rest = &rest[16 + length..];
    }
    found
}

/// Fields of a protocol buffer: number, value if it is one, bytes if it has some.
fn fields(mut data: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fn varint(data: &mut &[u8]) -> u64 {
        let length = data.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let (bytes, rest) = data.split_at(length);
        *data = rest;
        bytes.iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7F))
    }
    let mut found = Vec::new();
    while !data.is_empty() {
        let key = varint(&mut data);
        let (value, length) = match key & 7 {
            0 => (varint(&mut data), 0),
            1 => (0, 8),
            2 => (0, usize::try_from(varint(&mut data)).unwrap()),
            5 => (u64::from(u32::from_le_bytes(data[..4].try_into().unwrap())), 4),
            other => panic!("wire type {other}"),
        };
        let (bytes, rest) = data.split_at(length);
        found.push((key >> 3, value, bytes));
        data = rest;
    }
    found
}

#[test]
fn the_event_file_holds_every_scalar_with_right_checksums() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = create(folder.path());
    play(&mut run, 0, 300);
    let file = fs::read(folder.path().join("events.out.tfevents.1700000000.bootstride")).unwrap();
    let scalars = scalars(&file);
    assert!(scalars.contains(&("train/policy_loss".into(), 300, -300.0)));
    assert!(scalars.contains(&("eval/gap".into(), 20, 2.0)));
    assert!(scalars.contains(&("episode/return".into(), 10, 10.0)));
    assert_eq!(scalars.len(), 30 * 2 + 24 + 30 + 15 * 3);
}
