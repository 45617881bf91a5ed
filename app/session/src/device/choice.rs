//! Chooses a device, given a list of adapters.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use serde::Serialize;

use super::{AdapterKind, AdapterReport};

/// The requested device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A hardware GPU if there is one, otherwise the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The best adapter.
    Gpu,
    /// The N-th adapter that `doctor` lists, counted from 0.
    GpuIndex(usize),
}

impl FromStr for Request {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            _ => text
                .strip_prefix("gpu:")
                .and_then(|index| index.parse().ok())
                .map(Self::GpuIndex)
                .with_context(|| format!("unknown device `{text}`: choose auto, cpu, gpu or gpu:N (N from 0)")),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu => f.write_str("gpu"),
            Self::GpuIndex(index) => write!(f, "gpu:{index}"),
        }
    }
}

/// The device chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chosen {
    /// The CPU.
    Cpu,
    /// The adapter at this index of the list.
    Gpu(usize),
}

impl Chosen {
    /// Returns the default size preset for this device and the kind of device.
    #[must_use]
    pub fn default_preset(&self) -> (&'static str, &'static str) {
        match self {
            Self::Cpu => ("tiny", "a CPU"),
            Self::Gpu(_) => ("small", "a GPU"),
        }
    }
}

/// The device chosen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The device.
    pub chosen: Chosen,
    /// Display name, also used in the run's manifest.
    pub label: String,
    /// The reason for the choice, as a clause.
    pub reason: String,
    /// A warning for the user.
    pub warning: Option<String>,
}

/// Chooses a device for `request` among `adapters`.
///
/// A software adapter is never chosen automatically: it computes on the CPU too, and far slower than the CPU device.
///
/// # Errors
///
/// If the requested adapter does not exist; the error lists those that do.
pub fn choose(request: Request, adapters: &[AdapterReport]) -> anyhow::Result<Choice> {
    match request {
        Request::Cpu => Ok(cpu("as requested".into())),
        Request::Auto => Ok(match adapters.iter().position(|adapter| adapter.kind != AdapterKind::Software) {
            Some(index) => gpu(adapters, index, "the best GPU found".into()),
            None => cpu(match adapters.first() {
                Some(software) => {
                    format!("no GPU found; {} is a software adapter, slower than the CPU device", software.name)
                }
                None if cfg!(target_family = "wasm") => "this browser does not support WebGPU".into(),
                None => "no GPU found".into(),
            }),
        }),
        Request::Gpu if adapters.is_empty() => Err(missing(request, adapters)),
        Request::Gpu => Ok(gpu(adapters, 0, "the best adapter found".into())),
        Request::GpuIndex(index) if index < adapters.len() => Ok(gpu(adapters, index, "as requested".into())),
        Request::GpuIndex(_) => Err(missing(request, adapters)),
    }
}

fn cpu(reason: String) -> Choice {
    Choice { chosen: Chosen::Cpu, label: "cpu".into(), reason, warning: None }
}

fn gpu(adapters: &[AdapterReport], index: usize, reason: String) -> Choice {
    let adapter = &adapters[index];
    let warning = (adapter.kind == AdapterKind::Software).then(|| {
        format!("{} is a software adapter: it computes on the CPU, much slower than `--device cpu`", adapter.name)
    });
    Choice {
        chosen: Chosen::Gpu(index),
        label: format!("{} {} ({})", adapter.device, adapter.name, adapter.backend),
        reason,
        warning,
    }
}

fn missing(request: Request, adapters: &[AdapterReport]) -> anyhow::Error {
    if adapters.is_empty() {
        return anyhow!("device `{request}` does not exist: no graphics adapter found; `--device cpu` always works");
    }
    let names: Vec<_> = adapters.iter().map(|adapter| format!("{} ({})", adapter.device, adapter.name)).collect();
    anyhow!("device `{request}` does not exist: this computer has cpu, {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    fn adapter(index: usize, name: &str, kind: AdapterKind) -> AdapterReport {
        AdapterReport {
            device: format!("gpu:{index}"),
            name: name.into(),
            backend: "vulkan".into(),
            kind,
            driver: String::new(),
            limits: Limits {
                storage_buffers_per_stage: 8,
                workgroup_storage_bytes: 16384,
                workgroup_invocations: 256,
                storage_binding_bytes: 1 << 27,
                buffer_bytes: 1 << 28,
            },
            f16: false,
            timestamps: false,
        }
    }

    #[test]
    fn auto_takes_a_gpu_and_never_a_software_adapter() {
        let radeon = adapter(0, "Radeon", AdapterKind::Discrete);
        let llvmpipe = adapter(0, "llvmpipe", AdapterKind::Software);
        let with_gpu = choose(Request::Auto, &[radeon, llvmpipe.clone()]).unwrap();
        assert_eq!(with_gpu.chosen, Chosen::Gpu(0));
        assert_eq!(with_gpu.warning, None);
        let software_only = choose(Request::Auto, &[llvmpipe]).unwrap();
        assert_eq!(software_only.chosen, Chosen::Cpu);
        assert!(software_only.reason.contains("llvmpipe"), "{}", software_only.reason);
        assert_eq!(choose(Request::Auto, &[]).unwrap().chosen, Chosen::Cpu);
    }

    #[test]
    fn a_software_adapter_asked_for_comes_with_a_warning() {
        let only = [adapter(0, "llvmpipe", AdapterKind::Software)];
        let choice = choose(Request::Gpu, &only).unwrap();
        assert_eq!(choice.chosen, Chosen::Gpu(0));
        assert!(choice.warning.unwrap().contains("software adapter"));
    }

    #[test]
    fn a_missing_adapter_is_an_error_that_names_those_there_are() {
        let two = [adapter(0, "Radeon", AdapterKind::Discrete), adapter(1, "Iris", AdapterKind::Integrated)];
        assert_eq!(choose(Request::GpuIndex(1), &two).unwrap().chosen, Chosen::Gpu(1));
        let error = choose(Request::GpuIndex(2), &two).unwrap_err().to_string();
        assert!(error.contains("gpu:2") && error.contains("gpu:1 (Iris)"), "{error}");
        let error = choose(Request::Gpu, &[]).unwrap_err().to_string();
        assert!(error.contains("no graphics adapter found"), "{error}");
    }

    #[test]
    fn requests_are_read_and_printed() {
        for text in ["auto", "cpu", "gpu", "gpu:3"] {
            assert_eq!(text.parse::<Request>().unwrap().to_string(), text);
        }
        for text in ["", "cuda", "gpu:", "gpu:-1", "gpu:x", "GPU"] {
            let error = text.parse::<Request>().unwrap_err().to_string();
            assert!(error.contains("choose auto, cpu, gpu or gpu:N"), "{error}");
        }
    }
}
