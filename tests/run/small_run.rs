//! Checkpoints of made-up bytes and a run of made-up events.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bootstride_core::config::Config;
use bootstride_core::run::{Checkpoints, Loaded, Manifest, RunFolder};
use bootstride_core::train::{Evaluation, Event, Parts};

pub fn parts(seed: u8) -> Parts {
    let mut parts = Parts::default();
    parts.insert("weights.safetensors", vec![seed; 1000]);
    parts.insert("replay.bin", (0..5000_u32).flat_map(|i| (i * u32::from(seed)).to_le_bytes()).collect());
    parts.insert("state.json", format!("{{\"seed\":{seed}}}").into_bytes());
    parts
}

/// All parts of a checkpoint, the replay buffer too, which it leaves on the disk.
pub fn whole(loaded: &Loaded) -> Parts {
    let mut parts = loaded.parts.clone();
    assert!(!parts.0.contains_key("replay.bin"), "the largest part is not held in memory");
    let mut replay = Vec::new();
    loaded.replay().unwrap().read_to_end(&mut replay).unwrap();
    parts.insert("replay.bin", replay);
    parts
}

pub fn checkpoints() -> (tempfile::TempDir, Checkpoints) {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path().join("checkpoints"));
    (folder, checkpoints)
}

pub fn steps(checkpoints: &Checkpoints) -> Vec<usize> {
    checkpoints.list().unwrap().into_iter().map(|(step, _)| step).collect()
}

pub fn config() -> Config {
    Config::default()
}

pub fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

pub fn create(path: &Path) -> RunFolder {
    let manifest = Manifest::new(&config(), "paper", "cpu", clock(), ["bootstride".into(), "train".into()]);
    RunFolder::create(path, &config(), &manifest).unwrap().with_clock(clock)
}

/// A run in small: pretraining updates without policy figures, episodes, evaluations, a checkpoint every 40 steps.
pub fn events(env_step: usize) -> Vec<Event> {
    #[allow(clippy::cast_precision_loss, reason = "small counts")]
    let x = env_step as f32;
    let mut events = vec![Event::Step { env_step, reward: 0.1, episode_return: x }];
    if env_step.is_multiple_of(10) {
        let mut metrics = vec![("reward_loss".into(), 1.0 / x), ("grad,norm".into(), x)];
        if env_step > 60 {
            metrics.insert(0, ("policy_loss".into(), -x));
        }
        events.push(Event::Update { env_step, update: env_step, metrics });
        events.push(Event::EpisodeEnd {
            env_step,
            episode: env_step / 10,
            episode_return: x,
            decisions: 5,
            terminated: false,
        });
    }
    if env_step.is_multiple_of(20) {
        let evaluation = Evaluation { env_step, planner: vec![x, x + 2.0], network: vec![x - 1.0, x - 1.0] };
        events.push(Event::Evaluation(evaluation));
    }
    if env_step.is_multiple_of(40) {
        events.push(Event::CheckpointDue { env_step });
    }
    events
}

pub fn play(folder: &mut RunFolder, from: usize, to: usize) {
    for env_step in (from + 2..=to).step_by(2) {
        let events = events(env_step);
        for event in &events {
            folder.record(event).unwrap();
        }
        if events.contains(&Event::CheckpointDue { env_step }) {
            folder.save(env_step, parts(1)).unwrap();
        }
    }
}

/// The files of a run by name, checkpoints included, without its lock.
pub fn contents(path: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap().path();
        if entry.is_dir() {
            let inner = contents(&entry).into_iter();
            files.extend(inner.map(|(name, bytes)| (Path::new(entry.file_name().unwrap()).join(name), bytes)));
        } else if !entry.ends_with("run.lock") {
            files.insert(entry.file_name().unwrap().into(), fs::read(&entry).unwrap());
        }
    }
    files
}

/// Of these files those in `folder`, by their names there.
pub fn inside(files: &BTreeMap<PathBuf, Vec<u8>>, folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let below = files.iter().filter_map(|(name, bytes)| Some((name.strip_prefix(folder).ok()?.into(), bytes.clone())));
    below.collect()
}

pub fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}
