//! Building blocks of pipelines: layouts, textures with their samplers, and shaders; and the pipeline that shows a
//! finished picture.

use std::borrow::Cow;

use bootstride_shaders::scene::SHOW;

/// Format of pictures: encoded colours, as egui blends them.
pub const COLOUR: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Format of depth textures.
pub const DEPTH: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;

/// Samples per pixel.
pub const SAMPLES: u32 = 4;

/// Paints a picture into the render pass of a window, over its whole viewport.
#[derive(Debug)]
pub struct Show {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
}

impl Show {
    /// Creates it for a window of this format.
    #[must_use]
    pub fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let layout = texture_layout(device, &colour_and_sampler());
        let fragment = if format.is_srgb() { "show_linear_fragment" } else { "show_fragment" };
        let pipeline_layout = self::layout(device, &[&layout]);
        let pipeline = plain_pipeline(device, &pipeline_layout, SHOW, ["show_vertex", fragment], format);
        Self { pipeline, layout, sampler: linear(device) }
    }

    /// Binds a picture.
    #[must_use]
    pub fn bind(&self, device: &wgpu::Device, picture: &wgpu::TextureView) -> wgpu::BindGroup {
        bind_textures(device, &self.layout, &[(picture, &self.sampler)])
    }

    /// Paints the picture of a binding.
    pub fn paint(&self, pass: &mut wgpu::RenderPass<'_>, bind: &wgpu::BindGroup) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, bind, &[]);
        pass.draw(0..3, 0..1);
    }
}

pub(super) fn linear(device: &wgpu::Device) -> wgpu::Sampler {
    device.create_sampler(&wgpu::SamplerDescriptor {
        label: Some("world picture"),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        ..Default::default()
    })
}

pub(super) fn texture_and_sampler(
    sample_type: wgpu::TextureSampleType,
    sampler: wgpu::SamplerBindingType,
) -> [wgpu::BindingType; 2] {
    let texture =
        wgpu::BindingType::Texture { sample_type, view_dimension: wgpu::TextureViewDimension::D2, multisampled: false };
    [texture, wgpu::BindingType::Sampler(sampler)]
}

pub(super) fn colour_and_sampler() -> [wgpu::BindingType; 2] {
    texture_and_sampler(wgpu::TextureSampleType::Float { filterable: true }, wgpu::SamplerBindingType::Filtering)
}

pub(super) fn texture_layout(device: &wgpu::Device, types: &[wgpu::BindingType]) -> wgpu::BindGroupLayout {
    let entry = |(binding, ty): (u32, &wgpu::BindingType)| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::FRAGMENT,
        ty: *ty,
        count: None,
    };
    let entries: Vec<_> = (0..).zip(types).map(entry).collect();
    device
        .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("world picture"), entries: &entries })
}

/// Binds textures and their samplers, in this order.
pub(super) fn bind_textures(
    device: &wgpu::Device,
    layout: &wgpu::BindGroupLayout,
    textures: &[(&wgpu::TextureView, &wgpu::Sampler)],
) -> wgpu::BindGroup {
    let resources = textures.iter().flat_map(|(view, sampler)| {
        [wgpu::BindingResource::TextureView(view), wgpu::BindingResource::Sampler(sampler)]
    });
    let entries: Vec<_> =
        (0..).zip(resources).map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource }).collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: Some("world picture"), layout, entries: &entries })
}

/// Creates a pipeline that paints a whole picture, without depth and with one sample per pixel.
pub(super) fn plain_pipeline(
    device: &wgpu::Device,
    layout: &wgpu::PipelineLayout,
    source: &str,
    entries: [&str; 2],
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let module = module(device, entries[1], source.to_owned());
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(entries[1]),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some(entries[0]),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some(entries[1]),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(format.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}

pub(super) fn layout(device: &wgpu::Device, groups: &[&wgpu::BindGroupLayout]) -> wgpu::PipelineLayout {
    let groups: Vec<_> = groups.iter().map(|group| Some(*group)).collect();
    device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some("world"),
        bind_group_layouts: &groups,
        immediate_size: 0,
    })
}

pub(super) fn module(device: &wgpu::Device, name: &str, source: String) -> wgpu::ShaderModule {
    device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(Cow::Owned(source)),
    })
}
