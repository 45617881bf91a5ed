//! Draws a [`Scene`] with wgpu into a texture: [`Offscreen`] reads it back as an image, and a window may [`Show`] it.
//! There is no window, user interface or session in here.
//!
//! A picture takes five passes: the depth of all shapes as seen from the key light; a mask of their shadows on the
//! ground, blurred horizontally and vertically; then background, ground, shapes and traces with four samples per pixel.
//! It stays within the limits of WebGL 2: no storage buffers, no compute, instances as vertices. Four samples of 8-bit
//! colour and of depth are guaranteed by both WebGPU and WebGL 2.
//!
//! Modules, each importing only from those before it: [`maths`] -> [`camera`], [`mesh`] -> [`scene`] -> `pack` (bytes for
//! the device) -> `bindings`, `pipelines` -> `target` (textures of one picture) -> `renderer` -> `offscreen`,
//! `animation` (GIFs of pictures).

#![recursion_limit = "256"]

#[cfg(not(target_family = "wasm"))]
mod animation;
mod bindings;
pub mod camera;
pub mod maths;
pub mod mesh;
mod offscreen;
mod pack;
mod pipelines;
mod renderer;
pub mod scene;
mod target;

#[cfg(not(target_family = "wasm"))]
pub use animation::Animation;
pub use bindings::{COLOUR, Show};
#[cfg(not(target_family = "wasm"))]
pub use gif::EncodingError;
pub use offscreen::{Handle, Offscreen, Pending};
pub use pack::PictureSize;
pub use renderer::Renderer;
pub use scene::{Scene, SceneLook};
pub use target::Target;
