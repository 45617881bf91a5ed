//! Shaders and render pipelines.

use std::num::NonZeroU64;

use super::bindings::{
    COLOUR, DEPTH, SAMPLES, bind_textures, colour_and_sampler, layout, linear, module, plain_pipeline,
    texture_and_sampler, texture_layout,
};
use super::pack::{INSTANCE_STRIDE, TRACE_STRIDE, UNIFORM_BYTES};
use bootstride_shaders::scene::{BACKGROUND, BLUR, BODY, COMMON, GROUND, SHADOW_MAP, TRACE};

/// All pipelines and their bind group layouts.
#[derive(Debug)]
pub(super) struct Pipelines {
    pub background: wgpu::RenderPipeline,
    pub ground: wgpu::RenderPipeline,
    pub body: wgpu::RenderPipeline,
    pub shadow: wgpu::RenderPipeline,
    pub mask: wgpu::RenderPipeline,
    /// Horizontal, then vertical.
    pub blur: [wgpu::RenderPipeline; 2],
    pub trace: wgpu::RenderPipeline,
    scene_layout: wgpu::BindGroupLayout,
    shadow_layout: wgpu::BindGroupLayout,
    blur_layout: wgpu::BindGroupLayout,
}

const PER_VERTEX: wgpu::VertexBufferLayout<'_> = wgpu::VertexBufferLayout {
    array_stride: 24,
    step_mode: wgpu::VertexStepMode::Vertex,
    attributes: &wgpu::vertex_attr_array![0 => Float32x3, 1 => Float32x3],
};

const PER_INSTANCE: wgpu::VertexBufferLayout<'_> = wgpu::VertexBufferLayout {
    array_stride: INSTANCE_STRIDE,
    step_mode: wgpu::VertexStepMode::Instance,
    attributes: &wgpu::vertex_attr_array![2 => Float32x4, 3 => Float32x4, 4 => Float32x3, 5 => Float32x3, 6 => Float32x4],
};

/// One buffer, bound three times.
const TRACE_VERTICES: [wgpu::VertexBufferLayout<'_>; 3] = [
    wgpu::VertexBufferLayout {
        array_stride: TRACE_STRIDE,
        step_mode: wgpu::VertexStepMode::Vertex,
        attributes: &wgpu::vertex_attr_array![0 => Float32x3],
    },
    wgpu::VertexBufferLayout {
        array_stride: TRACE_STRIDE,
        step_mode: wgpu::VertexStepMode::Vertex,
        attributes: &wgpu::vertex_attr_array![1 => Float32x3, 2 => Float32x4, 3 => Unorm8x4],
    },
    wgpu::VertexBufferLayout {
        array_stride: TRACE_STRIDE,
        step_mode: wgpu::VertexStepMode::Vertex,
        attributes: &wgpu::vertex_attr_array![4 => Float32x3],
    },
];

/// Parameters of one pipeline of the main pass.
struct Recipe<'a> {
    name: &'static str,
    source: String,
    entries: [&'static str; 2],
    buffers: &'a [Option<wgpu::VertexBufferLayout<'a>>],
    topology: wgpu::PrimitiveTopology,
    cull: Option<wgpu::Face>,
    compare: wgpu::CompareFunction,
    write_depth: bool,
}

impl Pipelines {
    pub fn new(device: &wgpu::Device) -> Self {
        let scene_layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("world scene"),
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: NonZeroU64::new(UNIFORM_BYTES),
                },
                count: None,
            }],
        });
        let depth = texture_and_sampler(wgpu::TextureSampleType::Depth, wgpu::SamplerBindingType::Comparison);
        let colour = colour_and_sampler();
        let shadow_layout = texture_layout(device, &[depth, colour].concat());
        let blur_layout = texture_layout(device, &colour);
        let plain = layout(device, &[&scene_layout]);
        let shadowed = layout(device, &[&scene_layout, &shadow_layout]);
        let triangles = wgpu::PrimitiveTopology::TriangleList;
        let bodies = [Some(PER_VERTEX), Some(PER_INSTANCE)];
        let background = main_pipeline(
            device,
            &plain,
            Recipe {
                name: "world background",
                source: [COMMON, BACKGROUND].concat(),
                entries: ["background_vertex", "background_fragment"],
                buffers: &[],
                topology: triangles,
                cull: None,
                compare: wgpu::CompareFunction::Always,
                write_depth: false,
            },
        );
        let ground = main_pipeline(
            device,
            &shadowed,
            Recipe {
                name: "world ground",
                source: [COMMON, SHADOW_MAP, GROUND].concat(),
                entries: ["ground_vertex", "ground_fragment"],
                buffers: &[],
                topology: wgpu::PrimitiveTopology::TriangleStrip,
                cull: None,
                compare: wgpu::CompareFunction::LessEqual,
                write_depth: true,
            },
        );
        let body = main_pipeline(
            device,
            &shadowed,
            Recipe {
                name: "world bodies",
                source: [COMMON, SHADOW_MAP, BODY].concat(),
                entries: ["body_vertex", "body_fragment"],
                buffers: &bodies,
                topology: triangles,
                cull: Some(wgpu::Face::Back),
                compare: wgpu::CompareFunction::LessEqual,
                write_depth: true,
            },
        );
        let trace = main_pipeline(
            device,
            &plain,
            Recipe {
                name: "world traces",
                source: [COMMON, TRACE].concat(),
                entries: ["trace_vertex", "trace_fragment"],
                buffers: &TRACE_VERTICES.map(Some),
                topology: triangles,
                cull: None,
                // The plan is an overlay: a body in front does not hide it.
                compare: wgpu::CompareFunction::Always,
                write_depth: false,
            },
        );
        let shadow = shadow_pipeline(device, &plain);
        let mask = mask_pipeline(device, &plain);
        let blur = ["blur_across", "blur_up"].map(|entry| {
            let layout = layout(device, &[&blur_layout]);
            plain_pipeline(device, &layout, BLUR, ["blur_vertex", entry], COLOUR)
        });
        Self { background, ground, body, shadow, mask, blur, trace, scene_layout, shadow_layout, blur_layout }
    }

    /// Binds a picture's uniform buffer.
    pub fn bind_scene(&self, device: &wgpu::Device, uniforms: &wgpu::Buffer) -> wgpu::BindGroup {
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("world scene"),
            layout: &self.scene_layout,
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: uniforms.as_entire_binding() }],
        })
    }

    /// Binds the shadow map and the mask of the ground.
    pub fn bind_shadow(
        &self,
        device: &wgpu::Device,
        map: &wgpu::TextureView,
        mask: &wgpu::TextureView,
    ) -> wgpu::BindGroup {
        let sampler = device.create_sampler(&wgpu::SamplerDescriptor {
            label: Some("world shadows"),
            mag_filter: wgpu::FilterMode::Linear,
            min_filter: wgpu::FilterMode::Linear,
            compare: Some(wgpu::CompareFunction::LessEqual),
            ..Default::default()
        });
        bind_textures(device, &self.shadow_layout, &[(map, &sampler), (mask, &linear(device))])
    }

    /// Binds a mask for blurring.
    pub fn bind_blur(&self, device: &wgpu::Device, mask: &wgpu::TextureView) -> wgpu::BindGroup {
        bind_textures(device, &self.blur_layout, &[(mask, &linear(device))])
    }
}

fn main_pipeline(device: &wgpu::Device, layout: &wgpu::PipelineLayout, recipe: Recipe<'_>) -> wgpu::RenderPipeline {
    let module = module(device, recipe.name, recipe.source);
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(recipe.name),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some(recipe.entries[0]),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: recipe.buffers,
        },
        primitive: wgpu::PrimitiveState { topology: recipe.topology, cull_mode: recipe.cull, ..Default::default() },
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH,
            depth_write_enabled: Some(recipe.write_depth),
            depth_compare: Some(recipe.compare),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState::default(),
        }),
        multisample: wgpu::MultisampleState { count: SAMPLES, ..Default::default() },
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some(recipe.entries[1]),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format: COLOUR,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn shadow_pipeline(device: &wgpu::Device, layout: &wgpu::PipelineLayout) -> wgpu::RenderPipeline {
    let module = module(device, "world shadows", [COMMON, SHADOW_MAP, BODY].concat());
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("world shadows"),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("shadow_vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(PER_VERTEX), Some(PER_INSTANCE)],
        },
        primitive: wgpu::PrimitiveState { cull_mode: Some(wgpu::Face::Back), ..Default::default() },
        depth_stencil: Some(wgpu::DepthStencilState {
            format: DEPTH,
            depth_write_enabled: Some(true),
            depth_compare: Some(wgpu::CompareFunction::LessEqual),
            stencil: wgpu::StencilState::default(),
            bias: wgpu::DepthBiasState { constant: 2, slope_scale: 2.5, clamp: 0.0 },
        }),
        multisample: wgpu::MultisampleState::default(),
        fragment: None,
        multiview_mask: None,
        cache: None,
    })
}

fn mask_pipeline(device: &wgpu::Device, layout: &wgpu::PipelineLayout) -> wgpu::RenderPipeline {
    let module = module(device, "world ground mask", [COMMON, SHADOW_MAP, BODY].concat());
    // Of overlapping shapes, the one nearest to the ground counts.
    let most = wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::One,
        dst_factor: wgpu::BlendFactor::One,
        operation: wgpu::BlendOperation::Max,
    };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("world ground mask"),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("mask_vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[Some(PER_VERTEX), Some(PER_INSTANCE)],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("mask_fragment"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format: COLOUR,
                blend: Some(wgpu::BlendState { color: most, alpha: most }),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
