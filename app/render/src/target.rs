//! One render target: its textures, and the scene drawn in it.

use std::ops::Range;

use super::bindings::{COLOUR, DEPTH, SAMPLES};
use super::pack;
use super::pack::PictureSize;
use super::pipelines::Pipelines;
use super::scene::Scene;

/// A render target for pictures of one size at a time.
#[derive(Debug)]
pub struct Target {
    uniforms: wgpu::Buffer,
    pub(super) bind: wgpu::BindGroup,
    pub(super) instances: wgpu::Buffer,
    pub(super) traces: wgpu::Buffer,
    pub(super) trace_order: wgpu::Buffer,
    pub(super) trace_indices: u32,
    pub(super) groups: Vec<(usize, Range<u32>)>,
    pub(super) casting: Range<usize>,
    pub(super) picture: Option<Picture>,
    drawn: Option<(Scene, PictureSize)>,
}

/// Textures of one size.
#[derive(Debug)]
pub(super) struct Picture {
    pub texture: wgpu::Texture,
    pub view: wgpu::TextureView,
    pub samples: wgpu::TextureView,
    pub depth: wgpu::TextureView,
}

impl Target {
    pub(super) fn new(device: &wgpu::Device, pipelines: &Pipelines) -> Self {
        let uniforms = buffer(device, pack::UNIFORM_BYTES, wgpu::BufferUsages::UNIFORM);
        Self {
            bind: pipelines.bind_scene(device, &uniforms),
            uniforms,
            instances: buffer(device, 64 * pack::INSTANCE_STRIDE, wgpu::BufferUsages::VERTEX),
            traces: buffer(device, 1024 * pack::TRACE_STRIDE, wgpu::BufferUsages::VERTEX),
            trace_order: buffer(device, 4 * 1024, wgpu::BufferUsages::INDEX),
            trace_indices: 0,
            groups: Vec::new(),
            casting: 0..0,
            picture: None,
            drawn: None,
        }
    }

    /// Updates buffers and textures for a scene; returns whether it has to be drawn.
    pub(super) fn update(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        scene: &Scene,
        view: PictureSize,
    ) -> bool {
        let largest = device.limits().max_texture_dimension_2d;
        let view = PictureSize { pixels: view.pixels.map(|side| side.clamp(1, largest)), ..view };
        if self.drawn.as_ref().is_some_and(|(old, size)| *size == view && old == scene) {
            return false;
        }
        if self.picture.as_ref().is_none_or(|picture| picture.size() != view.pixels) {
            self.picture = Some(Picture::new(device, view.pixels));
        }
        queue.write_buffer(&self.uniforms, 0, &pack::uniforms(scene, view));
        let instances = pack::instances(scene, view);
        write(device, queue, &mut self.instances, &instances.bytes);
        (self.groups, self.casting) = (instances.groups, instances.casting);
        let same = |old: &Scene| old.traces == scene.traces && old.dots == scene.dots;
        if !self.drawn.as_ref().is_some_and(|(old, _)| same(old)) {
            let (vertices, order) = pack::traces(scene);
            write(device, queue, &mut self.traces, &vertices);
            write(device, queue, &mut self.trace_order, &pack::indices32(&order));
            self.trace_indices = pack::number(order.len());
        }
        self.drawn = Some((scene.clone(), view));
        true
    }

    /// Returns the picture, if there is one.
    #[must_use]
    pub fn texture(&self) -> Option<&wgpu::Texture> {
        self.picture.as_ref().map(|picture| &picture.texture)
    }

    /// Returns the picture's texture view; `None` before the first picture.
    #[must_use]
    pub fn view(&self) -> Option<&wgpu::TextureView> {
        self.picture.as_ref().map(|picture| &picture.view)
    }
}

impl Picture {
    fn new(device: &wgpu::Device, pixels: [u32; 2]) -> Self {
        let shown = wgpu::TextureUsages::RENDER_ATTACHMENT
            | wgpu::TextureUsages::TEXTURE_BINDING
            | wgpu::TextureUsages::COPY_SRC;
        let drawn = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let picture = texture(device, "world picture", pixels, COLOUR, 1, shown);
        let whole = |texture: &wgpu::Texture| texture.create_view(&wgpu::TextureViewDescriptor::default());
        Self {
            view: whole(&picture),
            texture: picture,
            samples: whole(&texture(device, "world samples", pixels, COLOUR, SAMPLES, drawn)),
            depth: whole(&texture(device, "world depth", pixels, DEPTH, SAMPLES, drawn)),
        }
    }

    fn size(&self) -> [u32; 2] {
        [self.texture.width(), self.texture.height()]
    }
}

pub(super) fn texture(
    device: &wgpu::Device,
    label: &str,
    [width, height]: [u32; 2],
    format: wgpu::TextureFormat,
    sample_count: u32,
    usage: wgpu::TextureUsages,
) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some(label),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage,
        view_formats: &[],
    })
}

fn buffer(device: &wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("world data"),
        size,
        usage: usage | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// Writes into a buffer, replacing it by a larger one if needed.
fn write(device: &wgpu::Device, queue: &wgpu::Queue, into: &mut wgpu::Buffer, bytes: &[u8]) {
    let size = bytes.len() as u64;
    if size > into.size() {
        *into = buffer(device, size.next_power_of_two(), into.usage());
    }
    if size > 0 {
        queue.write_buffer(into, 0, bytes);
    }
}
