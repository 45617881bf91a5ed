//! Each file of a run folder, read as the program reads it, with all others unchanged.

use std::path::Path;

use bootstride_core::run::{ExportOptions, RunFolder};

use crate::harness::{INPUTS, Loader, as_it_is, survives};
use crate::trained::{Copy, RUN};

const WORDS: &[&[u8]] = &[
    b"\"event\":\"update\"",
    b"\"env_step\":18446744073709551615",
    b"\"event\":\"episode-end\"",
    b"{\"event\":\"warning\",\"message\":\"\"}\n",
    b"env_step,planner_mean,network_mean\n",
    b"18446744073709551615,1,1\n",
    b",,,,\n",
    b"\"files\":{}",
    b"\"board\":18446744073709551615",
    b"\"events\":18446744073709551615",
];

fn seed(name: impl AsRef<Path>) -> Vec<u8> {
    RUN.files[name.as_ref()].clone()
}

fn board() -> String {
    let names = RUN.files.keys().map(|name| name.display().to_string());
    names.into_iter().find(|name| name.starts_with("events.out")).unwrap()
}

/// Reads a run in which one file is `input`, without writing to it.
fn read(name: &str, corpus: Vec<Vec<u8>>) {
    let copy = Copy::new();
    survives(Loader {
        name: &format!("read-{}", name.rsplit('/').next().unwrap()),
        seeds: vec![seed(name)],
        corpus,
        words: WORDS,
        mend: as_it_is,
        inputs: INPUTS,
        room: 1 << 20,
        load: &mut |input| {
            copy.write(name, input);
            let _ = RunFolder::read(&copy.path).map_err(|error| error.to_string());
            let _ = RunFolder::past(&copy.path).map_err(|error| error.to_string());
            let _ = RunFolder::undamaged_past(&copy.path).map_err(|error| error.to_string());
            let _ = RunFolder::can_resume(&copy.path).map_err(|error| error.to_string());
            let _ = RunFolder::trained(&copy.path).map_err(|error| error.to_string());
        },
    });
}

/// Takes up a run in which one file is `input`, and exports from it.
fn resume(name: &str, corpus: Vec<Vec<u8>>) {
    let copy = Copy::new();
    survives(Loader {
        name: &format!("resume-{}", name.rsplit('/').next().unwrap()),
        seeds: vec![seed(name)],
        corpus,
        words: WORDS,
        mend: as_it_is,
        inputs: INPUTS,
        room: 1 << 20,
        load: &mut |input| {
            copy.write_all();
            copy.write(name, input);
            let out = copy.path.with_file_name("out");
            if RunFolder::export(&copy.path, &out, ExportOptions::default()).map_err(|error| error.to_string()).is_ok()
            {
                std::fs::remove_dir_all(out).unwrap();
            }
            let _ = RunFolder::prepare(&copy.path)
                .and_then(|prepared| {
                    let config = prepared.config.clone();
                    prepared.take_up(&config)
                })
                .map_err(|error| error.to_string());
        },
    });
}

fn nested() -> Vec<Vec<u8>> {
    vec![b"[".repeat(100_000), b"{\"a\":".repeat(50_000)]
}

#[test]
fn manifest() {
    read("manifest.json", nested());
}

#[test]
fn configuration_of_a_run() {
    read("config.toml", vec![]);
}

#[test]
fn body_of_a_run() {
    read("body.json", nested());
}

#[test]
fn events() {
    read("metrics.jsonl", [nested(), vec![b"\n".repeat(200_000), b"{}\n".repeat(50_000)]].concat());
}

#[test]
fn checksums() {
    read("checkpoints/step_000000020/checksums.json", nested());
}

#[test]
fn a_part_without_its_checksum() {
    read("checkpoints/step_000000020/weights.safetensors", vec![]);
}

#[test]
fn tables() {
    // Wide and long at once: looked through column by column it would take for ever.
    let wide = [&b",".repeat(60_000)[..], &b"\n".repeat(60_000)].concat();
    for name in ["metrics.csv", "episodes.csv", "eval.csv"] {
        resume(name, vec![wide.clone()]);
    }
}

#[test]
fn lines_taken_back() {
    resume("metrics.jsonl", vec![]);
}

#[test]
fn board_taken_back() {
    resume(&board(), vec![]);
}
