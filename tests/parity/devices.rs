//! The devices on which every claim is checked.

use burn::tensor::Device;

/// How closely a device can agree.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    pub forward: f32,
    pub plan: f32,
    pub loss: f32,
    pub gradient: f32,
    pub change: f32,
}

/// Runs `claim` on the CPU.
pub fn on_cpu(claim: impl Fn(&Device, Tolerance)) {
    claim(&Device::flex(), Tolerance { forward: 1e-5, plan: 1e-4, loss: 1e-4, gradient: 1e-4, change: 0.02 });
}

/// Runs `claim` on wgpu, if there is an adapter.
#[track_caller]
pub fn on_wgpu(claim: impl Fn(&Device, Tolerance)) {
    use bootstride_tests::webgpu;
    // The shader compiler of a GPU may contract and reorder, and exp and log are exact to a few units in the last place
    // only (the WGSL specification's accuracy table), so sums of many terms differ by about 1e-5 instead of 1e-6.
    let tolerance = Tolerance { forward: 5e-5, plan: 1e-4, loss: 2e-4, gradient: 1e-3, change: 0.05 };
    if let Some(device) = webgpu::device() {
        claim(&device, tolerance);
    }
}
