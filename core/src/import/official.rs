//! Reading an official checkpoint into named tensors and a configuration.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use pytorch_reader::{DType, PytorchError, PytorchReader, Tensor};

use super::parts::{Parameter, Shapes, Sizes, parameters, sizes};
use crate::config::{AlgorithmConfig, Config, ConfigError, Layers, ModelConfig};
use crate::math::NamedTensor;
use crate::math::tensors::f32s;

/// An agent read from an official checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The parameters under our names, sorted by name: `encoder.0.weight` as `[1, in, out]`, `value.0.weight` as
    /// `[members, in, out]`, biases and norms as `[members, 1, out]`.
    pub tensors: Vec<NamedTensor>,
    /// Sizes of the world model.
    pub model: ModelConfig,
    /// The point of the family: bmpc, tdmpc2 or variant3, with as many value members as the checkpoint has.
    pub algorithm: AlgorithmConfig,
    /// Observation dimensions.
    pub observation_size: usize,
    /// Action dimensions.
    pub action_size: usize,
    /// What became of what, in the order of the networks.
    pub mapping: Vec<Mapped>,
    /// Official names of tensors that an agent does not need: copies without gradients and fixed buffers, sorted.
    pub ignored: Vec<String>,
}

/// One parameter's way from an official checkpoint to ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// Its name in the official checkpoint.
    pub official: String,
    /// Its name here.
    pub ours: String,
    /// Its shape here.
    pub shape: [usize; 3],
}

/// A tensor that is missing or not as the other tensors let expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its official name.
    pub name: String,
    /// Shape and element type found; none if it is missing.
    pub found: Option<String>,
    /// What was expected.
    pub expected: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.as_deref().unwrap_or("nothing");
        write!(f, "{}: found {found}, expected {}", self.name, self.expected)
    }
}

/// Why a checkpoint cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read as what `torch.save` writes.
    #[error("{} cannot be read as a PyTorch checkpoint; it may be damaged or incomplete: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: PytorchError,
    },
    /// A tensor's data is damaged.
    #[error("{} is damaged: {source}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// What the reader says, with the tensor's name.
        source: std::io::Error,
    },
    /// The file holds tensors, but not those of an agent.
    #[error(
        "{} is no official TD-MPC2 or BMPC checkpoint: it has no tensor named _encoder.state.*, _dynamics.* or _Qs.*; \
         the first of its {count} tensors is {first}", path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Tensors in it.
        count: usize,
        /// Name of the first of them.
        first: String,
    },
    /// The checkpoint is of a kind that Bootstride has no agent for.
    #[error("{} is {what} ({name}), which is not supported; agents of one task with state observations are", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
        /// The entry that tells.
        name: String,
    },
    /// The policy is neither TD-MPC2's nor BMPC's.
    #[error(
        "{}: the policy's log_std_min is {found}; it is -10 in TD-MPC2 (max-Q) and -3 in BMPC (imitation), and a value \
         of states alone goes with the latter", path.display()
    )]
    Policy {
        /// The file.
        path: PathBuf,
        /// The value found.
        found: f64,
    },
    /// Tensors are missing or have the wrong shape or type; all of them are listed.
    #[error("{}: {} of the tensors are not as expected:\n  {}", path.display(), mismatches.len(), lines(mismatches))]
    Shapes {
        /// The file.
        path: PathBuf,
        /// All of them.
        mismatches: Vec<Mismatch>,
    },
    /// The sizes make no configuration.
    #[error("{}: {source}", path.display())]
    Sizes {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        source: ConfigError,
    },
}

fn lines(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}

/// Reads an official TD-MPC2 or BMPC checkpoint (`.pt`), in the current layout or that of the published TD-MPC2 agents.
///
/// Sizes come from the shapes; Q or V from the input of the value heads; the kind of policy from `log_std_min`, which
/// only TD-MPC2 checkpoints of the older layout lack.
///
/// # Errors
/// If the file is damaged, is no such checkpoint, or holds tensors that do not fit together (all are listed).
pub fn import_official(path: impl AsRef<Path>) -> Result<Imported, ImportError> {
    let path = path.as_ref();
    let reader = PytorchReader::new(path).map_err(|source| ImportError::Read { path: path.into(), source })?;
    let named =
        |(name, tensor): (String, Tensor)| (name.strip_prefix("model.").map(Into::into).unwrap_or(name), tensor);
    let file = File { path, tensors: reader.into_tensors().into_iter().map(named).collect() };

    let shapes: Shapes = file.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shape().to_vec())).collect();
    file.recognise()?;
    let sizes = sizes(&shapes);
    let log_std_min = file.log_std_min()?;
    let (algorithm, policy) = match (log_std_min, sizes.state_value) {
        (-3.0, true) => ("bmpc", "policy_imitation"),
        (-3.0, false) => ("variant3", "policy_imitation"),
        (-10.0, false) => ("tdmpc2", "policy_max_q"),
        (found, _) => return Err(ImportError::Policy { path: path.into(), found }),
    };
    let parameters = parameters(&shapes, &sizes, policy);
    file.compare(&parameters)?;
    let config = config(&sizes, algorithm).map_err(|source| ImportError::Sizes { path: path.into(), source })?;

    let mut tensors = parameters.iter().map(|parameter| file.take(parameter)).collect::<Result<Vec<_>, _>>()?;
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    let used: HashSet<&str> = parameters.iter().map(|parameter| parameter.official.as_str()).collect();
    let mut ignored: Vec<String> = file.tensors.keys().filter(|name| !used.contains(name.as_str())).cloned().collect();
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
    })
}

/// The defaults with what the checkpoint decides, checked.
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

struct File<'a> {
    path: &'a Path,
    tensors: HashMap<String, Tensor>,
}

impl File<'_> {
    fn recognise(&self) -> Result<(), ImportError> {
        let entry = |prefix: &str| self.tensors.keys().filter(|name| name.starts_with(prefix)).min();
        let unsupported = [
            ("_task_emb", "an agent of several tasks"),
            ("_action_masks", "an agent of several tasks"),
            ("_encoder.rgb", "an agent that sees pixels"),
        ];
        for (prefix, what) in unsupported {
            if let Some(name) = entry(prefix) {
                return Err(ImportError::Unsupported { path: self.path.into(), what, name: name.clone() });
            }
        }
        if ["_encoder.state.", "_dynamics.", "_Qs."].iter().all(|prefix| entry(prefix).is_none()) {
            let (count, first) = (self.tensors.len(), entry("").cloned().unwrap_or_else(|| "missing".into()));
            return Err(ImportError::Foreign { path: self.path.into(), count, first });
        }
        Ok(())
    }

    /// The lower end of the policy's log standard deviation; the older layout, without it, is TD-MPC2's.
    fn log_std_min(&self) -> Result<f64, ImportError> {
        let Some(tensor) = self.tensors.get("log_std_min") else { return Ok(-10.0) };
        let bytes = self.read(tensor)?;
        let first = match tensor.dtype() {
            #[allow(clippy::cast_precision_loss, reason = "a small whole number")]
            DType::I64 => bytes.as_chunks().0.first().map(|bytes| i64::from_le_bytes(*bytes) as f64),
            DType::F64 => bytes.as_chunks().0.first().map(|bytes| f64::from_le_bytes(*bytes)),
            DType::F32 => f32s(&bytes).first().copied().map(f64::from),
            _ => None,
        };
        Ok(first.unwrap_or(f64::NAN))
    }

    fn compare(&self, parameters: &[Parameter]) -> Result<(), ImportError> {
        let described = |shape: &[usize], kind: DType| format!("{shape:?} {kind:?}");
        let mut mismatches = Vec::new();
        for Parameter { official, shape, .. } in parameters {
            let found = self.tensors.get(official);
            if found.is_none_or(|tensor| tensor.shape() != shape || tensor.dtype() != DType::F32) {
                mismatches.push(Mismatch {
                    name: official.clone(),
                    found: found.map(|tensor| described(tensor.shape(), tensor.dtype())),
                    expected: described(shape, DType::F32),
                });
            }
        }
        if mismatches.is_empty() { Ok(()) } else { Err(ImportError::Shapes { path: self.path.into(), mismatches }) }
    }

    fn read(&self, tensor: &Tensor) -> Result<Vec<u8>, ImportError> {
        tensor.read().map_err(|source| ImportError::Data { path: self.path.into(), source })
    }

    /// The parameter under our name, its weights turned from `[out, in]` to `[in, out]`.
    fn take(&self, parameter: &Parameter) -> Result<NamedTensor, ImportError> {
        // Compared before: the tensor is there.
        let bytes = self.tensors.get(&parameter.official).map(|tensor| self.read(tensor)).transpose()?;
        let data = f32s(&bytes.unwrap_or_default());
        let shape = parameter.our_shape();
        let [_, rows, columns] = shape;
        let is_weight = parameter.shape.len() == 2 + usize::from(parameter.ensemble);
        let data = if is_weight { transposed(&data, rows, columns) } else { data };
        Ok(NamedTensor { name: parameter.ours.clone(), shape, data })
    }
}

/// Matrices stored one after the other as `[columns, rows]`, as `[rows, columns]`.
fn transposed(data: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(data.len());
    for matrix in data.chunks_exact((rows * columns).max(1)) {
        for row in 0..rows {
            turned.extend(matrix.iter().skip(row).step_by(rows));
        }
    }
    turned
}
