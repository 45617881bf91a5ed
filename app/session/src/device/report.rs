//! What is known about an adapter.

use std::fmt;

use serde::Serialize;

/// Kind of an adapter, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdapterKind {
    /// A GPU with its own memory.
    Discrete,
    /// A GPU that shares the memory of the CPU.
    Integrated,
    /// A GPU passed through to a virtual machine.
    Virtual,
    /// A GPU of unspecified kind.
    Other,
    /// No GPU: a driver that computes on the CPU (llvmpipe, lavapipe, `SwiftShader`, WARP).
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discrete => "discrete GPU",
            Self::Integrated => "integrated GPU",
            Self::Virtual => "virtual GPU",
            Self::Other => "GPU",
            Self::Software => "software, computes on the CPU",
        })
    }
}

/// The limits that determine which compute kernels an adapter can run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Storage buffers that one kernel can bind.
    pub storage_buffers_per_stage: u32,
    /// Bytes of memory shared within a workgroup.
    pub workgroup_storage_bytes: u32,
    /// Threads of a workgroup.
    pub workgroup_invocations: u32,
    /// Bytes of the largest storage buffer that a kernel can bind.
    pub storage_binding_bytes: u64,
    /// Bytes of the largest buffer.
    pub buffer_bytes: u64,
}

/// One adapter, as `doctor` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterReport {
    /// Value for `--device`: `gpu:0`, `gpu:1`, ...
    pub device: String,
    /// Name reported by the driver.
    pub name: String,
    /// Graphics API: `vulkan`, `metal`, `dx12`, or `webgpu` in a browser.
    pub backend: String,
    /// Kind of adapter.
    pub kind: AdapterKind,
    /// Name and version of the driver, as far as reported.
    pub driver: String,
    /// Limits of its compute kernels.
    pub limits: Limits,
    /// Whether kernels can compute with 16-bit floats.
    pub f16: bool,
    /// Whether the adapter supports timestamps, to time kernels on the device.
    pub timestamps: bool,
}

/// Returns whether the name is that of a software driver. These do not always report their kind: in a virtual machine
/// llvmpipe is reported as `VirtualGpu`, so the name counts too.
pub(super) fn is_software(name: &str) -> bool {
    let name = name.to_lowercase();
    ["llvmpipe", "lavapipe", "softpipe", "swiftshader", "swrast", "basic render driver"]
        .iter()
        .any(|known| name.contains(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_drivers_are_known_by_name() {
        assert!(is_software("llvmpipe (LLVM 15.0.6, 256 bits)"));
        assert!(is_software("SwiftShader Device (Subzero)"));
        assert!(is_software("Microsoft Basic Render Driver"));
        assert!(is_software("virgl (LLVMPIPE (LLVM 15.0.6))"));
        assert!(!is_software("NVIDIA GeForce RTX 3060"));
    }
}
