//! The host's operating system, processor and vector instructions.

pub mod memory;

use std::process::Command;
use std::{env, fs, thread};

use serde::Serialize;

/// The processor.
#[derive(Clone, Debug, Serialize)]
pub struct Cpu {
    /// Reported model name, or the architecture.
    pub name: String,
    /// Number of threads that this process may use.
    pub threads: usize,
    /// Vector instructions that matter for matrix products.
    pub features: Vec<&'static str>,
}

impl Cpu {
    /// Detects the processor of this computer.
    #[must_use]
    pub fn detect() -> Self {
        Self {
            name: name().unwrap_or_else(|| env::consts::ARCH.into()),
            threads: thread::available_parallelism().map_or(1, usize::from),
            features: features(),
        }
    }
}

/// Returns the number of threads that share CPU work: `RAYON_NUM_THREADS`, or all that this process may use.
#[must_use]
pub fn threads() -> usize {
    let told = env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.trim().parse().ok()).filter(|&count| count > 0);
    told.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Returns the operating system, with its distribution name if it has one.
#[must_use]
pub fn operating_system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let platform = format!("{} {}", env::consts::OS, env::consts::ARCH);
    match pretty {
        Some(name) => format!("{} ({platform})", name.trim_matches('"')),
        None => platform,
    }
}

fn name() -> Option<String> {
    let found = if cfg!(target_os = "macos") {
        let output = Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
        String::from_utf8(output.stdout).ok()?
    } else if cfg!(windows) {
        env::var("PROCESSOR_IDENTIFIER").ok()?
    } else {
        let info = fs::read_to_string("/proc/cpuinfo").ok()?;
        let line = info.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':')?.1.into()
    };
    Some(found.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty())
}

fn features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let known = [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512bw", is_x86_feature_detected!("avx512bw")),
        ("avx512vl", is_x86_feature_detected!("avx512vl")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
        ("avx512fp16", is_x86_feature_detected!("avx512fp16")),
        ("amx-bf16", is_amx_bf16()),
    ];
    // Every 64-bit ARM has NEON.
    #[cfg(target_arch = "aarch64")]
    let known = [("neon", true)];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let known: [(&str, bool); 0] = [];
    known.into_iter().filter_map(|(name, there)| there.then_some(name)).collect()
}

/// Returns whether Linux lists AMX, which the standard library cannot detect yet.
#[cfg(target_arch = "x86_64")]
fn is_amx_bf16() -> bool {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines().find(|line| line.starts_with("flags")).is_some_and(|line| line.contains("amx_bf16"))
}
