//! A Burn device on the first wgpu adapter, under the limits that WebGPU promises everywhere.

use std::sync::OnceLock;

use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuSetup, wgpu};

use crate::skip::skip;

/// The device, made once. Without an adapter `None`, and the test that asks is recorded as skipped.
#[track_caller]
pub fn device() -> Option<Device> {
    static DEVICE: OnceLock<Option<Device>> = OnceLock::new();
    let device = DEVICE.get_or_init(make);
    if device.is_none() {
        skip("no wgpu adapter on this computer (Mesa's llvmpipe would do)");
    }
    device.clone()
}

fn make() -> Option<Device> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default())).ok()?;
    // Burn's runtime sizes its workgroups by the adapter, whatever the device was granted, so these come from the
    // adapter; everything else is WebGPU's default.
    let granted = adapter.limits();
    let limits = wgpu::Limits {
        max_compute_invocations_per_workgroup: granted.max_compute_invocations_per_workgroup,
        max_compute_workgroup_size_x: granted.max_compute_workgroup_size_x,
        max_compute_workgroup_size_y: granted.max_compute_workgroup_size_y,
        max_compute_workgroup_size_z: granted.max_compute_workgroup_size_z,
        ..wgpu::Limits::default()
    };
    let features = adapter.features() - wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
    let descriptor = wgpu::DeviceDescriptor {
        required_features: features,
        required_limits: limits,
        ..wgpu::DeviceDescriptor::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).ok()?;
    let backend = adapter.get_info().backend;
    Device::wgpu_options().tasks_max(64).setup(WgpuSetup { instance, adapter, device, queue, backend }).init().ok()
}
