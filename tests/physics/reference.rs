//! The reference folder: rewards, trajectories and passive rollouts of the suite's tasks.

use std::path::PathBuf;

use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Domains with their tasks.
pub const DOMAINS: [(&str, &[&str]); 13] = [
    ("acrobot", &["acrobot-swingup"]),
    ("ball_in_cup", &["cup-catch"]),
    ("cartpole", &["cartpole-balance", "cartpole-balance-sparse", "cartpole-swingup", "cartpole-swingup-sparse"]),
    ("cheetah", &["cheetah-run"]),
    ("dog", &["dog-stand", "dog-walk", "dog-trot", "dog-run"]),
    ("finger", &["finger-spin", "finger-turn-easy", "finger-turn-hard"]),
    ("fish", &["fish-swim"]),
    ("hopper", &["hopper-stand", "hopper-hop"]),
    ("humanoid", &["humanoid-stand", "humanoid-walk", "humanoid-run"]),
    ("pendulum", &["pendulum-swingup"]),
    ("quadruped", &["quadruped-walk", "quadruped-run"]),
    ("reacher", &["reacher-easy", "reacher-hard"]),
    ("walker", &["walker-stand", "walker-walk", "walker-run"]),
];

/// Tasks whose trajectories our own folder leaves out: large, and of the same bodies as the ones it has.
const LEFT_OUT: [&str; 6] = ["dog-stand", "dog-trot", "dog-run", "humanoid-stand", "humanoid-run", "quadruped-run"];

const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/dmc");

/// The reference folder given from outside, if one is.
pub fn given() -> Option<PathBuf> {
    std::env::var_os("BOOTSTRIDE_DMC_REFERENCE").map(PathBuf::from)
}

/// Reads a file of the reference folder. A folder given from outside may lack some; ours may not.
fn read(path: &str) -> Option<Vec<u8>> {
    let given = given();
    let full = given.clone().unwrap_or_else(|| PathBuf::from(OWN)).join(path);
    match std::fs::read(&full) {
        Ok(bytes) => Some(bytes),
        Err(error) if given.is_some() && error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{}: {error}", full.display()),
    }
}

/// A golden case of the tolerance function.
#[derive(Deserialize)]
pub struct ToleranceCase {
    pub x: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub margin: f64,
    pub sigmoid: String,
    pub value_at_margin: f64,
    pub expected: f64,
}

/// A golden case of a reward.
#[derive(Deserialize)]
pub struct RewardCase {
    #[serde(rename = "in")]
    pub inputs: Map<String, Value>,
    pub reward: f64,
    #[serde(default)]
    pub edge: bool,
    pub qpos: Option<Vec<f64>>,
    pub qvel: Option<Vec<f64>>,
    pub target_pos: Option<[f64; 3]>,
}

impl RewardCase {
    pub fn input(&self, name: &str) -> Vec<f64> {
        self.inputs[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }

    pub fn vector<const N: usize>(&self, name: &str) -> [f64; N] {
        self.input(name).try_into().unwrap()
    }
}

/// What the suite says of a task.
#[derive(Deserialize)]
pub struct TaskRecord {
    pub task: String,
    pub domain: String,
    pub observation: Vec<PartRecord>,
    pub action_dim: usize,
    pub control_timestep: f64,
    pub episode_control_steps: usize,
    pub action_repeat: usize,
}

/// A stretch of an observation.
#[derive(Deserialize)]
pub struct PartRecord {
    pub name: String,
    pub dim: usize,
}

pub fn task_records() -> Vec<TaskRecord> {
    #[derive(Deserialize)]
    struct File {
        tasks: Vec<TaskRecord>,
    }
    read("tasks.json").map(|bytes| serde_json::from_slice::<File>(&bytes).unwrap().tasks).unwrap_or_default()
}

fn cases<T: for<'de> Deserialize<'de>>(path: &str) -> Vec<T> {
    #[derive(Deserialize)]
    struct File<T> {
        cases: Vec<T>,
    }
    read(path).map(|bytes| serde_json::from_slice::<File<T>>(&bytes).unwrap().cases).unwrap_or_default()
}

pub fn tolerance_cases() -> Vec<ToleranceCase> {
    cases("tolerance.json")
}

pub fn reward_cases(task: &str) -> Vec<RewardCase> {
    cases(&format!("rewards/{task}.json"))
}

/// A recorded motion: states at the ends of control steps, and what was applied and seen between them.
pub struct Rollout {
    pub label: String,
    pub q: Vec<Vec<f64>>,
    pub qd: Vec<Vec<f64>>,
    /// One less than there are states; empty controls for a passive rollout.
    pub controls: Vec<Vec<f64>>,
    /// Per state; empty for a passive rollout.
    pub observations: Vec<Vec<f64>>,
    /// Per control; empty for a passive rollout.
    pub rewards: Vec<f64>,
    /// Potential and kinetic per state; empty for a driven rollout.
    pub energies: Vec<Vec<f64>>,
    /// Per state and body, the world first: position and quaternion [w, x, y, z]; empty for a driven rollout.
    pub poses: Vec<Vec<[f64; 7]>>,
    pub target: Option<[f64; 3]>,
    /// The finger's spinner: damping of its joint, which the tasks change.
    pub hinge_damping: Option<f64>,
    /// Per state; empty for a body without activations and for a passive rollout.
    pub activations: Vec<Vec<f64>>,
    /// Number of constraints in force per state; empty for a driven rollout.
    pub constraints: Vec<usize>,
    /// The states of a second passive rollout, with contacts, if any.
    pub drop_q: Vec<Vec<f64>>,
    pub drop_qd: Vec<Vec<f64>>,
    /// Number of contacts per state.
    pub contacts: Vec<usize>,
    /// Raw sensors per state, if any; empty for a passive rollout.
    pub sensors: Vec<Vec<f64>>,
}

/// The tensor `name` of shape [.., columns] as rows; a tensor without columns gives rows of one.
fn rows(tensors: &SafeTensors, name: &str, columns_from: usize) -> Vec<Vec<f64>> {
    let Ok(tensor) = tensors.tensor(name) else { return Vec::new() };
    let numbers: Vec<f64> = match tensor.dtype() {
        safetensors::Dtype::F64 => tensor.data().as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        safetensors::Dtype::F32 => {
            tensor.data().as_chunks().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
        }
        safetensors::Dtype::I32 => {
            tensor.data().as_chunks().0.iter().map(|b| f64::from(i32::from_le_bytes(*b))).collect()
        }
        other => panic!("{name} is {other:?}"),
    };
    let columns: usize = tensor.shape()[columns_from..].iter().product();
    numbers.chunks(columns.max(1)).map(<[f64]>::to_vec).collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small counts")]
fn counts(rows: &[Vec<f64>]) -> Vec<usize> {
    rows.concat().into_iter().map(|x| x as usize).collect()
}

pub fn passive_rollout(domain: &str) -> Option<Rollout> {
    let bytes = read(&format!("passive/{domain}.safetensors"))?;
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let q = rows(&tensors, "qpos", 1);
    let (positions, orientations) = (rows(&tensors, "xpos", 1), rows(&tensors, "xquat", 1));
    let pose = |(p, o): (&[f64; 3], &[f64; 4])| [p[0], p[1], p[2], o[0], o[1], o[2], o[3]];
    let poses = positions.iter().zip(&orientations);
    let poses = poses.map(|(p, o)| p.as_chunks().0.iter().zip(o.as_chunks().0).map(pose).collect()).collect();
    Some(Rollout {
        poses,
        label: format!("{domain} passive"),
        qd: rows(&tensors, "qvel", 1),
        controls: vec![Vec::new(); q.len() - 1],
        observations: Vec::new(),
        rewards: Vec::new(),
        energies: rows(&tensors, "energy", 1),
        target: None,
        hinge_damping: None,
        activations: Vec::new(),
        contacts: counts(&rows(&tensors, "ncon", 1)),
        constraints: counts(&rows(&tensors, "nefc", 1)),
        drop_q: rows(&tensors, "drop_qpos", 1),
        drop_qd: rows(&tensors, "drop_qvel", 1),
        sensors: Vec::new(),
        q,
    })
}

/// The episodes of a task; none if the folder has no such file.
pub fn episodes(task: &str) -> Vec<Rollout> {
    if given().is_none() && LEFT_OUT.contains(&task) {
        return Vec::new();
    }
    let Some(bytes) = read(&format!("trajectories/{task}.safetensors")) else { return Vec::new() };
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let shape = tensors.tensor("ctrl").unwrap().shape().to_vec();
    let (episodes, steps) = (shape[0], shape[1]);
    let states = |name: &str, episode: usize| {
        let all = rows(&tensors, name, 2);
        if all.is_empty() { all } else { all[episode * (steps + 1)..(episode + 1) * (steps + 1)].to_vec() }
    };
    let between = |name: &str, episode: usize| rows(&tensors, name, 2)[episode * steps..(episode + 1) * steps].to_vec();
    (0..episodes)
        .map(|episode| Rollout {
            label: format!("{task} episode {episode}"),
            q: states("qpos", episode),
            qd: states("qvel", episode),
            controls: between("ctrl", episode),
            observations: states("obs", episode),
            rewards: between("reward", episode).concat(),
            energies: Vec::new(),
            poses: Vec::new(),
            constraints: Vec::new(),
            drop_q: Vec::new(),
            drop_qd: Vec::new(),
            activations: states("act", episode),
            contacts: counts(&states("ncon", episode)),
            sensors: states("sensordata", episode),
            hinge_damping: rows(&tensors, "hinge_damping", 1).get(episode).map(|damping| damping[0]),
            target: rows(&tensors, "target_pos", 1).get(episode).map(|t| [t[0], t[1], t[2]]),
        })
        .collect()
}

/// Where a fall begins, and what becomes of the centre of mass: see `falls.py`.
pub struct Fall {
    pub q: Vec<f64>,
    pub qd: Vec<f64>,
    pub end: [f64; 3],
}

/// Falls of a body from many starts. They are always our own: statistics do not change with the folder.
pub fn falls(domain: &str) -> Vec<Fall> {
    let bytes = std::fs::read(PathBuf::from(OWN).join("falls.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let [q, qd, ends] = ["q", "qd", "fall"].map(|name| rows(&tensors, &format!("{domain}.{name}"), 1));
    let states = q.into_iter().zip(qd).zip(ends);
    states.map(|((q, qd), end)| Fall { q, qd, end: end.try_into().unwrap() }).collect()
}

/// All rollouts of a domain: the passive one and every episode of its tasks. Never empty.
pub fn rollouts(domain: &str) -> Vec<Rollout> {
    let (_, tasks) = DOMAINS.iter().find(|(name, _)| *name == domain).unwrap();
    let all: Vec<Rollout> =
        passive_rollout(domain).into_iter().chain(tasks.iter().flat_map(|task| episodes(task))).collect();
    assert!(!all.is_empty(), "the reference folder has no rollout of {domain}");
    all
}
