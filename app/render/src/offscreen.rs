//! Offscreen rendering, for stills, videos and tests.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use image::RgbaImage;

use super::pack::PictureSize;
use super::renderer::Renderer;
use super::scene::Scene;
use super::target::Target;

/// A device for offscreen rendering, available once egui has shown a picture.
#[derive(Clone, Debug, Default)]
pub struct Handle(Arc<Mutex<Option<Known>>>);

#[derive(Debug)]
struct Known {
    window: bool,
    /// Not kept in a browser, where the device stays on the thread that created it.
    #[cfg(not(target_family = "wasm"))]
    device: (wgpu::Device, wgpu::Queue),
}

impl Handle {
    /// Records the device that draws, and whether it draws to a window rather than an image.
    pub fn learn(&self, device: &wgpu::Device, queue: &wgpu::Queue, window: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(not(target_family = "wasm"))]
        if known.as_ref().is_none_or(|known| known.device.0 != *device || known.window != window) {
            *known = Some(Known { window, device: (device.clone(), queue.clone()) });
        }
        #[cfg(target_family = "wasm")]
        {
            let _ = (device, queue);
            *known = Some(Known { window });
        }
    }

    /// Returns whether pictures are drawn to a window rather than an image.
    #[must_use]
    pub fn in_window(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|known| known.window)
    }

    /// Creates an offscreen renderer on that device; `None` before the world has been shown.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn offscreen(&self) -> Option<Offscreen> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|known| Offscreen::new(&known.device.0, &known.device.1))
    }
}

/// Renders scenes to images.
#[derive(Debug)]
pub struct Offscreen {
    device: wgpu::Device,
    queue: wgpu::Queue,
    renderer: Renderer,
    target: Target,
}

/// A picture being read back from the device.
#[derive(Debug)]
pub struct Pending {
    device: wgpu::Device,
    buffer: wgpu::Buffer,
    pixels: [u32; 2],
    row: u32,
    /// 0 pending, 1 ready, 2 failed.
    state: Arc<AtomicU8>,
}

impl Offscreen {
    /// Creates a renderer on this device.
    #[must_use]
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        let renderer = Renderer::new(device, queue);
        let target = renderer.target(device);
        Self { device: device.clone(), queue: queue.clone(), renderer, target }
    }

    /// Creates a renderer on this computer's fastest graphics adapter, in a program that has no window. A software
    /// adapter is used only if there is no other.
    ///
    /// # Errors
    /// If there is no adapter, or it cannot be opened.
    #[cfg(not(target_family = "wasm"))]
    pub async fn without_window() -> Result<Self, String> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..wgpu::RequestAdapterOptions::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(|_| {
            "drawing needs a graphics adapter with Vulkan, Metal or DirectX 12, and this computer has none; a software \
             one will do (on Debian and Ubuntu: apt install mesa-vulkan-drivers)"
                .to_owned()
        })?;
        let wanted = wgpu::DeviceDescriptor {
            required_limits: wgpu::Limits::downlevel_webgl2_defaults(),
            ..wgpu::DeviceDescriptor::default()
        };
        let opened = adapter.request_device(&wanted).await;
        let (device, queue) = opened.map_err(|error| format!("the graphics adapter cannot be opened: {error}"))?;
        Ok(Self::new(&device, &queue))
    }

    /// Starts rendering a picture of this many pixels.
    pub fn begin(&mut self, scene: &Scene, size: PictureSize) -> Option<Pending> {
        let (device, queue) = (&self.device, &self.queue);
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.renderer.render(device, queue, &mut encoder, &mut self.target, scene, size);
        let texture = self.target.texture()?;
        let pixels = [texture.width(), texture.height()];
        let row = (4 * pixels[0]).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("world picture"),
            size: u64::from(row) * u64::from(pixels[1]),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: None },
            },
            texture.size(),
        );
        queue.submit([encoder.finish()]);
        let state = Arc::new(AtomicU8::new(0));
        let told = Arc::clone(&state);
        buffer.map_async(wgpu::MapMode::Read, .., move |result| {
            told.store(if result.is_ok() { 1 } else { 2 }, Ordering::Release);
        });
        Some(Pending { device: device.clone(), buffer, pixels, row, state })
    }
}

impl Pending {
    /// Returns whether the picture is ready or has failed. Does not wait.
    #[must_use]
    pub fn arrived(&self) -> bool {
        // Failures are recorded in the state.
        let _ = self.device.poll(wgpu::PollType::Poll);
        self.state.load(Ordering::Acquire) != 0
    }

    /// Returns the picture; `None` if it is not ready.
    #[must_use]
    pub fn take(self) -> Option<RgbaImage> {
        if self.state.load(Ordering::Acquire) != 1 {
            return None;
        }
        let bytes = self.buffer.get_mapped_range(..).ok()?;
        let (row, wanted) = (usize::try_from(self.row).ok()?, usize::try_from(4 * self.pixels[0]).ok()?);
        let pixels = bytes.chunks_exact(row).flat_map(|line| &line[..wanted]).copied().collect();
        RgbaImage::from_raw(self.pixels[0], self.pixels[1], pixels)
    }

    /// Waits for the device and returns the picture; `None` if the device is lost.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn wait(self) -> Option<RgbaImage> {
        let _ = self.device.poll(wgpu::PollType::wait_indefinitely());
        self.take()
    }
}
