//! The graphics adapters of this computer.

use anyhow::Context as _;
use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuSetup, wgpu};

use super::report::{AdapterKind, AdapterReport, Limits, is_software};

/// The adapters found, best kind first; `gpu:N` is the N-th of them.
pub struct Adapters {
    instance: Option<wgpu::Instance>,
    handles: Vec<wgpu::Adapter>,
    reports: Vec<AdapterReport>,
}

impl Adapters {
    /// Returns an empty list without querying any driver.
    #[must_use]
    pub fn none() -> Self {
        Self { instance: None, handles: Vec::new(), reports: Vec::new() }
    }

    /// Lists the adapters of the first graphics API that finds a hardware GPU, or otherwise of the first that finds any
    /// adapter. Only one API is used, because two would list the same GPU twice.
    ///
    /// Without any graphics driver the list is empty; that is not an error.
    pub async fn find() -> Self {
        let mut software = None;
        for backend in graphics_apis() {
            let found = Self::on(*backend).await;
            if found.reports.iter().any(|report| report.kind != AdapterKind::Software) {
                return found;
            }
            if software.is_none() && !found.reports.is_empty() {
                software = Some(found);
            }
        }
        software.unwrap_or_else(Self::none)
    }

    async fn on(backend: wgpu::Backend) -> Self {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: backend.into(),
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let mut handles = instance.enumerate_adapters(backend.into()).await;
        handles.sort_by_key(|adapter| kind(&adapter.get_info()));
        #[cfg_attr(not(target_family = "wasm"), expect(unused_mut, reason = "a page names its adapter itself"))]
        let mut reports: Vec<_> = handles.iter().enumerate().map(|(index, adapter)| report(index, adapter)).collect();
        #[cfg(target_family = "wasm")]
        for report in &mut reports {
            super::browser::describe(report).await;
        }
        Self { instance: Some(instance), handles, reports }
    }

    /// Returns the adapters in the order of `gpu:N`.
    #[must_use]
    pub fn reports(&self) -> &[AdapterReport] {
        &self.reports
    }

    /// Opens adapter `index` for Burn.
    ///
    /// Opens the adapter here and passes it to Burn, rather than its name, so that it is exactly the one that was
    /// listed.
    ///
    /// # Errors
    ///
    /// If the adapter does not exist or cannot be opened.
    pub async fn open(&self, index: usize) -> anyhow::Result<Device> {
        let adapter = self.handles.get(index).context("the adapter does not exist")?.clone();
        let instance = self.instance.clone().context("there is no graphics driver")?;
        // All features of the adapter, as Burn requests them, except those that are experimental in wgpu.
        let features = adapter
            .features()
            .difference(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS)
            .difference(wgpu::Features::all_experimental_mask());
        let asked = adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("bootstride"),
            required_features: features,
            required_limits: adapter.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..Default::default()
        });
        let (device, queue) = asked.await.context("the driver did not open the device")?;
        let backend = adapter.get_info().backend;
        // Large enough for a whole plan after an update, including packing the weights, to be one submission.
        Ok(Device::wgpu_options()
            .tasks_max(64)
            .setup(WgpuSetup { instance, adapter, device, queue, backend })
            .init()?)
    }
}

/// The graphics APIs of this platform, best first. OpenGL is excluded: wgpu supports it only on a best-effort basis,
/// without the guarantees that compute kernels need, and querying its drivers prints errors without a display.
fn graphics_apis() -> &'static [wgpu::Backend] {
    if cfg!(target_family = "wasm") {
        &[wgpu::Backend::BrowserWebGpu]
    } else if cfg!(target_vendor = "apple") {
        &[wgpu::Backend::Metal]
    } else {
        &[wgpu::Backend::Vulkan, wgpu::Backend::Dx12]
    }
}

fn report(index: usize, adapter: &wgpu::Adapter) -> AdapterReport {
    let info = adapter.get_info();
    let limits = adapter.limits();
    AdapterReport {
        device: format!("gpu:{index}"),
        kind: kind(&info),
        backend: info.backend.to_str().into(),
        driver: [info.driver, info.driver_info].join(" ").trim().into(),
        name: info.name,
        limits: Limits {
            storage_buffers_per_stage: limits.max_storage_buffers_per_shader_stage,
            workgroup_storage_bytes: limits.max_compute_workgroup_storage_size,
            workgroup_invocations: limits.max_compute_invocations_per_workgroup,
            storage_binding_bytes: limits.max_storage_buffer_binding_size,
            buffer_bytes: limits.max_buffer_size,
        },
        f16: adapter.features().contains(wgpu::Features::SHADER_F16),
        timestamps: adapter.features().contains(wgpu::Features::TIMESTAMP_QUERY),
    }
}

fn kind(info: &wgpu::AdapterInfo) -> AdapterKind {
    if is_software(&info.name) || is_software(&info.driver) {
        return AdapterKind::Software;
    }
    match info.device_type {
        wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
        wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
        wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
        wgpu::DeviceType::Other => AdapterKind::Other,
        wgpu::DeviceType::Cpu => AdapterKind::Software,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_for_adapters_works_on_any_machine() {
        let adapters = pollster::block_on(Adapters::find());
        for (index, report) in adapters.reports().iter().enumerate() {
            assert_eq!(report.device, format!("gpu:{index}"));
            assert!(report.limits.workgroup_invocations > 0);
        }
        assert!(adapters.reports().is_sorted_by_key(|report| report.kind));
    }
}
