//! The vectors of the official implementation: `tests/data/torch`, or another folder of the same layout that
//! `BOOTSTRIDE_REFERENCE` names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bootstride_core::agent::TargetReduction;
use bootstride_core::config::Config;
use bootstride_core::math::NamedTensor;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, PolicyKind, PolicyLearning, ValueLearning, WorldModel};
use bootstride_core::planner::Guide;
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

/// The points of the family that the reference has vectors for.
pub const AGENTS: [&str; 3] = ["bmpc", "tdmpc2", "variant3"];

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Sizes {
    pub obs: usize,
    pub act: usize,
    pub ep: usize,
    pub enc: usize,
    pub mlp: usize,
    pub latent: usize,
    pub batch: usize,
    pub samples: usize,
    pub elites: usize,
    pub pi: usize,
}

/// An array of the file; integers are turned into floats.
#[derive(Clone, Debug)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

impl Array {
    pub fn indices(&self) -> Vec<usize> {
        self.data.iter().map(|&x| x as usize).collect()
    }

    pub fn tensor<const D: usize>(&self, device: &Device) -> Tensor<D> {
        let shape: [usize; D] = self.shape.clone().try_into().unwrap();
        Tensor::from_data(TensorData::new(self.data.clone(), shape), device)
    }
}

pub struct Reference {
    pub sizes: Sizes,
    pub discounts: BTreeMap<String, f64>,
    arrays: BTreeMap<String, Array>,
}

pub fn folder() -> PathBuf {
    std::env::var_os("BOOTSTRIDE_REFERENCE")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/torch"), PathBuf::from)
}

impl Reference {
    pub fn load() -> Self {
        #[derive(Deserialize)]
        struct Json {
            sizes: Sizes,
            discount: BTreeMap<String, f64>,
        }
        let text = std::fs::read(folder().join("reference.json")).expect("reference.json");
        let json: Json = serde_json::from_slice(&text).expect("reference.json has sizes and discounts");
        let bytes = std::fs::read(folder().join("reference.safetensors")).expect("reference.safetensors");
        let file = SafeTensors::deserialize(&bytes).expect("a safetensors file");
        let arrays = file.iter().map(|(name, view)| {
            let data = match view.dtype() {
                Dtype::F32 => view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect(),
                Dtype::I64 => {
                    view.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32).collect()
                }
                other => panic!("{name} is {other:?}"),
            };
            (name.to_owned(), Array { shape: view.shape().to_vec(), data })
        });
        Self { sizes: json.sizes, discounts: json.discount, arrays: arrays.collect() }
    }

    pub fn get(&self, name: &str) -> &Array {
        self.arrays.get(name).unwrap_or_else(|| panic!("the reference has no {name}"))
    }

    pub fn find(&self, name: &str) -> Option<&Array> {
        self.arrays.get(name)
    }

    /// What follows `prefix` in the names that begin with it.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        self.arrays.keys().filter_map(|name| name.strip_prefix(prefix)).map(str::to_owned).collect()
    }

    /// The recorded draws under `PREFIX.rng`, in order, with their kinds.
    pub fn draws(&self, prefix: &str) -> Vec<(String, &Array)> {
        let prefix = format!("{prefix}.rng.");
        self.arrays
            .iter()
            .filter_map(|(name, array)| Some((name.strip_prefix(&prefix)?.split_once('.')?.1.to_owned(), array)))
            .collect()
    }

    /// The point of the family that an agent of the reference stands for, at the reference's sizes.
    pub fn config(&self, agent: &str) -> Config {
        let mut config = Config::default();
        let s = self.sizes;
        config.model.encoder_dim = s.enc;
        config.model.mlp_dim = s.mlp;
        config.model.latent_dim = s.latent;
        config.model.dropout = 0.0;
        config.training.batch = s.batch;
        config.planner.samples = s.samples;
        config.planner.elites = s.elites;
        config.planner.policy_samples = s.pi;
        if agent != "bmpc" {
            config.algorithm.value_learning = ValueLearning::QOffPolicy;
            config.algorithm.value_members = 5;
        }
        if agent == "tdmpc2" {
            config.algorithm.policy_learning = PolicyLearning::MaxQ;
            config.algorithm.target_policy = PolicyKind::MaxQ;
            config.algorithm.guide = Guide::MaxQ;
            config.algorithm.target_reduction = TargetReduction::Min;
        }
        config
    }

    /// The parameters under `PREFIX.`, by our names and in our layout.
    pub fn weights(&self, agent: &str, stage: &str) -> Vec<NamedTensor> {
        let prefix = format!("{agent}.{stage}.");
        self.arrays
            .iter()
            .filter_map(|(name, array)| {
                let name = our_name(agent, name.strip_prefix(&prefix)?)?;
                Some(our_layout(name, array))
            })
            .collect()
    }

    pub fn model(&self, agent: &str, stage: &str, device: &Device) -> WorldModel {
        let config = self.config(agent);
        let mut random = Stream::new(0, Purpose::Other, 0);
        let mut model =
            WorldModel::new(&ModelSettings::new(&config), self.sizes.obs, self.sizes.act, &mut random, device);
        model.load(&self.weights(agent, stage), device).expect("the reference's weights fit");
        model
    }
}

/// Our name of an official parameter; none for copies and buffers.
pub fn our_name(agent: &str, official: &str) -> Option<String> {
    let policy = if agent == "tdmpc2" { "policy_max_q." } else { "policy_imitation." };
    let modules = [
        ("_encoder.state.", "encoder."),
        ("_dynamics.", "dynamics."),
        ("_reward.", "reward."),
        ("_pi.", policy),
        ("_Qs.params.", "value."),
        ("_target_Qs_params.", "target_value."),
    ];
    let (official_module, ours) = modules.iter().find(|(module, _)| official.starts_with(module))?;
    let rest = official.strip_prefix(official_module)?;
    Some(format!("{ours}{}", rest.replace(".ln.", ".norm.")))
}

/// Rank 3, weights transposed to [members, in, out].
pub fn our_layout(name: String, array: &Array) -> NamedTensor {
    let stacked = name.starts_with("value.") || name.starts_with("target_value.");
    let (members, shape) = if stacked { (array.shape[0], &array.shape[1..]) } else { (1, &array.shape[..]) };
    match *shape {
        [out, input] => {
            let mut data = Vec::with_capacity(array.data.len());
            for member in array.data.chunks(out * input) {
                for i in 0..input {
                    data.extend((0..out).map(|o| member[o * input + i]));
                }
            }
            NamedTensor { name, shape: [members, input, out], data }
        }
        [out] => NamedTensor { name, shape: [members, 1, out], data: array.data.clone() },
        _ => panic!("{name} has shape {:?}", array.shape),
    }
}

/// Every number within `tolerance` of the reference, relative to the larger of 1 and its size.
#[track_caller]
pub fn close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}: length");
    let worst = found
        .iter()
        .zip(expected)
        .map(|(f, e)| if f.is_finite() { (f - e).abs() / e.abs().max(1.0) } else { f32::INFINITY })
        .fold(0.0, f32::max);
    assert!(worst <= tolerance, "{what}: off by {worst:e}, allowed {tolerance:e}");
}

/// The distance of two tensors over the norm of the expected one.
pub fn relative_distance(found: &[f32], expected: &[f32]) -> f32 {
    let norm = |x: &mut dyn Iterator<Item = f32>| x.map(|x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    let distance = norm(&mut found.iter().zip(expected).map(|(f, e)| f - e));
    (distance / norm(&mut expected.iter().copied()).max(1e-12)) as f32
}
