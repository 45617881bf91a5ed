//! Draws a [`Scene`] with wgpu: in egui's window through a paint callback, or into a separate image.
//!
//! A picture takes five passes: the depth of all shapes as seen from the key light; a mask of their shadows on the
//! ground, blurred horizontally and vertically; then background, ground, shapes and traces with four samples per pixel.
//! It stays within the limits of WebGL 2: no storage buffers, no compute, instances as vertices. Four samples of 8-bit
//! colour and of depth are guaranteed by both WebGPU and WebGL 2.

#[cfg(not(target_family = "wasm"))]
mod animation;
mod bindings;
mod callback;
pub mod camera;
pub mod maths;
pub mod mesh;
mod offscreen;
mod pack;
mod pipelines;
pub mod scene;
mod target;

#[cfg(not(target_family = "wasm"))]
pub use animation::Animation;
pub use callback::{WorldCallback, attach};
pub use offscreen::{Handle, Offscreen, Pending};
pub use scene::{Scene, SceneLook};
pub use target::Target;

use eframe::wgpu;

use self::mesh::MeshKind;
use self::pipelines::Pipelines;

/// Format of pictures: encoded colours, as egui blends them.
pub(super) const COLOUR: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Format of depth textures.
const DEPTH: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// Samples per pixel.
const SAMPLES: u32 = 4;

/// Width of the shadow map, pixels.
const SHADOW_PIXELS: u32 = 1024;

/// Width of the ground shadow mask, pixels.
const MASK_PIXELS: u32 = 256;

/// Resources shared by all pictures of a device.
#[derive(Debug)]
pub struct Renderer {
    pipelines: Pipelines,
    meshes: [Buffers; 3],
    shadow: wgpu::TextureView,
    shadow_bind: wgpu::BindGroup,
    /// The mask, and the intermediate texture of its blur.
    masks: [wgpu::TextureView; 2],
    mask_binds: [wgpu::BindGroup; 2],
}

/// A mesh on the device.
#[derive(Debug)]
struct Buffers {
    vertices: wgpu::Buffer,
    indices: wgpu::Buffer,
    count: u32,
}

impl Renderer {
    /// Creates everything that does not depend on the scene.
    #[must_use]
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        let pipelines = Pipelines::new(device);
        let meshes = MeshKind::ALL.map(|kind| {
            let mesh = kind.mesh();
            let make = |label: &str, bytes: &[u8], usage: wgpu::BufferUsages| {
                let buffer = device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some(label),
                    size: bytes.len() as u64,
                    usage: usage | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                });
                queue.write_buffer(&buffer, 0, bytes);
                buffer
            };
            let (vertices, indices) = (pack::vertices(&mesh), pack::indices16(&mesh.indices));
            Buffers {
                vertices: make("world mesh", &vertices, wgpu::BufferUsages::VERTEX),
                indices: make("world mesh indices", &indices, wgpu::BufferUsages::INDEX),
                count: pack::number(mesh.indices.len()),
            }
        });
        let usage = wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::TEXTURE_BINDING;
        let square = |side: u32, format: wgpu::TextureFormat| {
            let texture = target::texture(device, "world shadows", [side, side], format, 1, usage);
            texture.create_view(&wgpu::TextureViewDescriptor::default())
        };
        let shadow = square(SHADOW_PIXELS, DEPTH);
        let masks = [square(MASK_PIXELS, COLOUR), square(MASK_PIXELS, COLOUR)];
        let shadow_bind = pipelines.bind_shadow(device, &shadow, &masks[0]);
        let mask_binds = [&masks[0], &masks[1]].map(|mask| pipelines.bind_blur(device, mask));
        Self { pipelines, meshes, shadow, shadow_bind, masks, mask_binds }
    }

    /// Returns a render target.
    #[must_use]
    pub fn target(&self, device: &wgpu::Device) -> Target {
        Target::new(device, &self.pipelines)
    }

    /// Draws the scene into the target at this many pixels, unless the target already contains it.
    pub fn render(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        target: &mut Target,
        scene: &Scene,
        view: PictureSize,
    ) {
        if !target.update(device, queue, scene, view) {
            return;
        }
        let Some(picture) = &target.picture else { return };
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("world shadows"),
                color_attachments: &[],
                depth_stencil_attachment: Some(depth_attachment(&self.shadow, wgpu::StoreOp::Store)),
                ..Default::default()
            });
            pass.set_pipeline(&self.pipelines.shadow);
            pass.set_bind_group(0, &target.bind, &[]);
            self.draw_bodies(&mut pass, target, target.casting.clone(), true);
        }
        if scene.ground.is_some() {
            self.shade_ground(encoder, target);
        }
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("world"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &picture.samples,
                resolve_target: Some(&picture.view),
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Discard },
                depth_slice: None,
            })],
            depth_stencil_attachment: Some(depth_attachment(&picture.depth, wgpu::StoreOp::Discard)),
            ..Default::default()
        });
        pass.set_bind_group(0, &target.bind, &[]);
        pass.set_bind_group(1, &self.shadow_bind, &[]);
        pass.set_pipeline(&self.pipelines.background);
        pass.draw(0..3, 0..1);
        if scene.ground.is_some() {
            pass.set_pipeline(&self.pipelines.ground);
            pass.draw(0..4, 0..1);
        }
        pass.set_pipeline(&self.pipelines.body);
        self.draw_bodies(&mut pass, target, 0..target.groups.len(), false);
        if target.trace_indices > 0 {
            let two = 2 * pack::TRACE_STRIDE;
            pass.set_pipeline(&self.pipelines.trace);
            pass.set_vertex_buffer(0, target.traces.slice(..));
            pass.set_vertex_buffer(1, target.traces.slice(two..));
            pass.set_vertex_buffer(2, target.traces.slice(2 * two..));
            pass.set_index_buffer(target.trace_order.slice(..), wgpu::IndexFormat::Uint32);
            pass.draw_indexed(0..target.trace_indices, 0, 0..1);
        }
    }

    /// Renders the ground shadow mask and blurs it.
    fn shade_ground(&self, encoder: &mut wgpu::CommandEncoder, target: &Target) {
        let mut onto = |view: &wgpu::TextureView, draw: &dyn Fn(&mut wgpu::RenderPass<'_>)| {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("world ground mask"),
                color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                    view,
                    resolve_target: None,
                    ops: wgpu::Operations {
                        load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                        store: wgpu::StoreOp::Store,
                    },
                    depth_slice: None,
                })],
                ..Default::default()
            });
            draw(&mut pass);
        };
        onto(&self.masks[0], &|pass| {
            pass.set_pipeline(&self.pipelines.mask);
            pass.set_bind_group(0, &target.bind, &[]);
            self.draw_bodies(pass, target, target.casting.clone(), true);
        });
        for step in 0..2 {
            onto(&self.masks[1 - step], &|pass| {
                pass.set_pipeline(&self.pipelines.blur[step]);
                pass.set_bind_group(0, &self.mask_binds[step], &[]);
                pass.draw(0..3, 0..1);
            });
        }
    }

    /// Draws groups of shapes; for shadows alone coarse meshes suffice.
    fn draw_bodies(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        target: &Target,
        groups: std::ops::Range<usize>,
        shadow: bool,
    ) {
        for (kind, instances) in &target.groups[groups] {
            let coarse = shadow && *kind == MeshKind::Rounded.place();
            let mesh = &self.meshes[if coarse { MeshKind::RoundedCoarse.place() } else { *kind }];
            pass.set_vertex_buffer(0, mesh.vertices.slice(..));
            pass.set_vertex_buffer(1, target.instances.slice(..));
            pass.set_index_buffer(mesh.indices.slice(..), wgpu::IndexFormat::Uint16);
            pass.draw_indexed(0..mesh.count, 0, instances.clone());
        }
    }
}

/// Size of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureSize {
    /// Width and height in pixels.
    pub pixels: [u32; 2],
    /// Pixels per point.
    pub scale: f32,
}

fn depth_attachment(view: &wgpu::TextureView, store: wgpu::StoreOp) -> wgpu::RenderPassDepthStencilAttachment<'_> {
    wgpu::RenderPassDepthStencilAttachment {
        view,
        depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store }),
        stencil_ops: None,
    }
}
