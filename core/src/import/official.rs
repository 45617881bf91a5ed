//! Reading an official checkpoint into named tensors and a configuration.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::error::{ImportError, Mismatch, NotFinite};
use super::file::{File, Stored};
use super::names::{Found, find};
use super::numbers::{first, float_name, numbers};
use super::parts::{Parameter, Sizes, parameters, sizes};
use crate::agent::AlgorithmConfig;
use crate::config::{Config, ConfigError, Layers};
use crate::math::NamedTensor;
use crate::model::ModelConfig;

/// An agent read from an official checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The parameters under Bootstride's names, sorted by name: `encoder.0.weight` as `[1, in, out]`, `value.0.weight`
    /// as `[members, in, out]`, biases and norms as `[members, 1, out]`.
    pub tensors: Vec<NamedTensor>,
    /// Sizes of the world model.
    pub model: ModelConfig,
    /// The point of the family: bmpc, tdmpc2 or variant3, with as many value members as the checkpoint has.
    pub algorithm: AlgorithmConfig,
    /// Observation dimensions.
    pub observation_size: usize,
    /// Action dimensions.
    pub action_size: usize,
    /// The mapping of parameters, in the order of the networks.
    pub mapping: Vec<Mapped>,
    /// Names of tensors that an agent does not need: copies without gradients, fixed buffers and everything else in the
    /// file, sorted. Official names for parts of the agent, and the names in the file for all others.
    pub ignored: Vec<String>,
    /// Differences between the file and what official code saves, one sentence each: names, types, missing parts.
    pub remarks: Vec<String>,
}

/// The mapping of one parameter from an official checkpoint to Bootstride.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Its name in the official checkpoint.
    pub official: String,
    /// Bootstride's name.
    pub ours: String,
    /// Bootstride's shape.
    pub shape: [usize; 3],
}

/// Reads an official TD-MPC2 or BMPC checkpoint, in the current layout or that of the published TD-MPC2 agents.
///
/// The file is a PyTorch or safetensors file. Prefixes of `torch.compile` and `DataParallel`, and keys that lead to the
/// agent in the file, are removed from the names. Floating-point numbers of other widths are converted to 32 bits.
/// Sizes are derived from the shapes; Q or V from the input of the value heads; the kind of policy from `log_std_min`
/// or, if that is missing, from the value. Target networks may be missing, as playing does not need them.
///
/// # Errors
/// If the file is damaged, is not such a checkpoint, holds tensors that do not fit together (all are listed), or
/// weights that are not finite.
pub fn import_official(path: impl AsRef<Path>) -> Result<Imported, ImportError> {
    let file = File::open(path.as_ref())?;
    let agent = Agent { found: find(&file)?, file: &file };
    agent.check_supported()?;

    let shapes = agent.found.shapes(&file);
    let sizes = sizes(&shapes);
    let mut remarks = agent.remarks();
    let (algorithm, policy) = agent.algorithm(sizes.state_value, &mut remarks)?;
    let mut parameters = parameters(&shapes, &sizes, policy);
    if parameters.iter().any(|parameter| parameter.is_target() && agent.get(&parameter.official).is_none()) {
        parameters.retain(|parameter| !parameter.is_target());
        remarks.push("no target networks in the file; only learning needs them".into());
    }
    agent.compare(&parameters)?;
    let config = config(&sizes, algorithm).map_err(|source| ImportError::Sizes { path: file.path.into(), source })?;

    let tensors = agent.take(&parameters, &mut remarks)?;
    let used: HashSet<&String> = parameters.iter().filter_map(|one| agent.found.names.get(&one.official)).collect();
    let official: BTreeMap<&String, &String> = agent.found.names.iter().map(|(name, raw)| (raw, name)).collect();
    let unused = file.tensors.keys().filter(|raw| !used.contains(raw));
    let mut ignored: Vec<String> = unused.map(|raw| (*official.get(raw).unwrap_or(&raw)).clone()).collect();
    ignored.sort();
    Ok(Imported {
        tensors,
        model: config.model,
        algorithm: config.algorithm,
        observation_size: sizes.observation,
        action_size: sizes.action,
        mapping: parameters
            .into_iter()
            .map(|parameter| Mapped {
                shape: parameter.our_shape(),
                official: parameter.official,
                ours: parameter.ours,
            })
            .collect(),
        ignored,
        remarks,
    })
}

/// Returns the defaults with the settings that the checkpoint determines, checked.
fn config(sizes: &Sizes, algorithm: &str) -> Result<Config, ConfigError> {
    let mut config = Layers::new().algorithm(algorithm)?.resolve()?;
    config.algorithm.value_members = sizes.members;
    config.model = ModelConfig {
        encoder_dim: sizes.encoder,
        encoder_layers: sizes.encoder_layers,
        mlp_dim: sizes.mlp,
        latent_dim: sizes.latent,
        bins: sizes.bins,
        ..config.model
    };
    config.check()?;
    Ok(config)
}

/// The agent found in a file.
struct Agent<'a> {
    file: &'a File<'a>,
    found: Found,
}

impl Agent<'_> {
    fn get(&self, official: &str) -> Option<&Stored> {
        self.found.names.get(official).and_then(|raw| self.file.tensors.get(raw))
    }

    fn check_supported(&self) -> Result<(), ImportError> {
        let kind = |name: &str| {
            let is_of = |root: &str| name.split('.').next() == Some(root);
            if is_of("_task_emb") || is_of("_action_masks") {
                Some("a multi-task agent")
            } else if name.starts_with("_encoder.rgb.") {
                Some("an agent with pixel observations")
            } else if is_of("_encoder") && !name.starts_with("_encoder.state.") {
                Some("an agent with observations other than states")
            } else if is_of("_termination") {
                Some("an agent that predicts episode termination")
            } else {
                None
            }
        };
        match self.found.names.keys().find_map(|name| Some((kind(name)?, name.clone()))) {
            Some((what, name)) => Err(ImportError::Unsupported { path: self.file.path.into(), what, name }),
            None => Ok(()),
        }
    }

    /// Returns how names in the file differ from the official ones.
    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let taken_off = self.found.taken_off();
        if !taken_off.is_empty() {
            remarks.push(format!("removed from the names in the file: {}", taken_off.join(", ")));
        }
        if !self.found.others.is_empty() {
            let named = |wrapper: &String| if wrapper.is_empty() { "no key".into() } else { wrapper.clone() };
            let others: Vec<String> = self.found.others.iter().map(named).collect();
            remarks.push(format!(
                "imported from {}; the file also has weights under {}",
                named(&self.found.wrapper),
                others.join(", ")
            ));
        }
        remarks
    }

    /// Returns the algorithm and Bootstride's name of its policy, from the limits of the policy's log standard
    /// deviation and the value's input.
    #[allow(clippy::float_cmp, reason = "whole numbers, and NaN equals none of them")]
    fn algorithm(
        &self,
        state_value: bool,
        remarks: &mut Vec<String>,
    ) -> Result<(&'static str, &'static str), ImportError> {
        let wrong = |name, found, expected| ImportError::Policy { path: self.file.path.into(), name, found, expected };
        let min = self.number("log_std_min")?.unwrap_or_else(|| {
            let (value, algorithm, min) =
                if state_value { ("states only", "BMPC", -3.0) } else { ("states and actions", "TD-MPC2", -10.0) };
            remarks.push(format!(
                "no log_std_min in the file; the value reads {value}, as in {algorithm}, where log_std_min is {min}"
            ));
            min
        });
        let (dif, algorithm) = match (min, state_value) {
            (-3.0, true) => (4.0, ("bmpc", "policy_imitation")),
            (-3.0, false) => (4.0, ("variant3", "policy_imitation")),
            (-10.0, false) => (12.0, ("tdmpc2", "policy_max_q")),
            (found, true) => {
                return Err(wrong(
                    "log_std_min",
                    found,
                    "it is -3 in BMPC, whose value depends on states only, as here",
                ));
            }
            (found, false) => {
                return Err(wrong("log_std_min", found, "it is -10 in TD-MPC2 (max-Q) and -3 in BMPC (imitation)"));
            }
        };
        match self.number("log_std_dif")? {
            Some(found) if found != dif => {
                Err(wrong("log_std_dif", found, "it is 12 in TD-MPC2 (log_std_min -10) and 4 in BMPC (log_std_min -3)"))
            }
            _ => Ok(algorithm),
        }
    }

    /// Returns the number in this entry; `None` if the file does not have it.
    fn number(&self, name: &str) -> Result<Option<f64>, ImportError> {
        let Some(tensor) = self.get(name) else { return Ok(None) };
        Ok(Some(first(tensor.dtype, &self.file.read(tensor)?).unwrap_or(f64::NAN)))
    }

    /// Checks that the file has all parameters, in the right shape, and no further layers.
    fn compare(&self, parameters: &[Parameter]) -> Result<(), ImportError> {
        let mut mismatches = Vec::new();
        for network in parameters.chunk_by(|a, b| a.network == b.network) {
            if network.iter().all(|parameter| self.get(&parameter.official).is_none()) {
                let name = format!("{}.*", network[0].network);
                mismatches.push(Mismatch { name, found: None, expected: format!("{} tensors", network.len()) });
                continue;
            }
            for Parameter { official, shape, .. } in network {
                let found = self.get(official);
                if found.is_none_or(|tensor| tensor.shape != *shape || float_name(tensor.dtype).is_none()) {
                    let expected = format!("{shape:?} F32");
                    mismatches.push(Mismatch { name: official.clone(), found: found.map(described), expected });
                }
            }
        }
        let used: HashSet<&str> = parameters.iter().map(|parameter| parameter.official.as_str()).collect();
        let networks: HashSet<&str> = parameters.iter().filter(|one| !one.is_target()).map(|one| one.network).collect();
        let is_layer = |name: &str| {
            let below = |network: &&str| name.strip_prefix(network).and_then(|rest| rest.strip_prefix('.'));
            networks.iter().filter_map(below).any(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
        };
        for name in self.found.names.keys().filter(|name| is_layer(name) && !used.contains(name.as_str())) {
            let found = self.get(name).map(described);
            mismatches.push(Mismatch { name: name.clone(), found, expected: "no such layer".into() });
        }
        if mismatches.is_empty() {
            Ok(())
        } else {
            Err(ImportError::Shapes { path: self.file.path.into(), mismatches })
        }
    }

    /// Returns the parameters under Bootstride's names, sorted by name, in 32 bits. They must have been compared
    /// before.
    fn take(&self, parameters: &[Parameter], remarks: &mut Vec<String>) -> Result<Vec<NamedTensor>, ImportError> {
        let stored: Vec<(&Parameter, &Stored)> =
            parameters.iter().filter_map(|parameter| Some((parameter, self.get(&parameter.official)?))).collect();
        self.file.check_claims(stored.iter().map(|(_, tensor)| *tensor))?;
        let mut not_finite = Vec::new();
        let mut converted: BTreeMap<&str, usize> = BTreeMap::new();
        let mut tensors = Vec::new();
        for (parameter, tensor) in stored {
            let read = numbers(tensor.dtype, &self.file.read(tensor)?);
            if read.not_finite + read.too_large > 0 {
                let name = parameter.official.clone();
                not_finite.push(NotFinite {
                    name,
                    values: read.data.len(),
                    not_finite: read.not_finite,
                    too_large: read.too_large,
                });
            }
            *converted.entry(float_name(tensor.dtype).unwrap_or_default()).or_default() += 1;
            tensors.push(named(parameter, read.data));
        }
        if !not_finite.is_empty() {
            return Err(ImportError::NotFinite { path: self.file.path.into(), tensors: not_finite });
        }
        converted.remove("float32");
        for (kind, count) in converted {
            remarks.push(format!("{count} tensors converted from {kind} to 32 bits"));
        }
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(tensors)
    }
}

/// Returns the parameter under Bootstride's name, its weights transposed from `[out, in]` to `[in, out]`.
fn named(parameter: &Parameter, data: Vec<f32>) -> NamedTensor {
    let shape = parameter.our_shape();
    let [_, rows, columns] = shape;
    let is_weight = parameter.shape.len() == 2 + usize::from(parameter.ensemble);
    let data = if is_weight { transposed(&data, rows, columns) } else { data };
    NamedTensor { name: parameter.ours.clone(), shape, data }
}

fn described(tensor: &Stored) -> String {
    format!("{:?} {:?}", tensor.shape, tensor.dtype)
}

/// Transposes consecutive matrices from `[columns, rows]` to `[rows, columns]`.
fn transposed(data: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(data.len());
    for matrix in data.chunks_exact((rows * columns).max(1)) {
        for row in 0..rows {
            turned.extend(matrix.iter().skip(row).step_by(rows));
        }
    }
    turned
}
