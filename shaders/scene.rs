//! Sources of the shaders that draw the world of the lab.

/// Shared: values that are constant for a picture.
pub const COMMON: &str = include_str!("scene/common.wgsl");
/// Shared: the share of light that arrives.
pub const SHADOW_MAP: &str = include_str!("scene/shadow_map.wgsl");
/// The background gradient.
pub const BACKGROUND: &str = include_str!("scene/background.wgsl");
/// The grid, with light and shadows on it.
pub const GROUND: &str = include_str!("scene/ground.wgsl");
/// Stretched and lit shapes; their shadow map and mask.
pub const BODY: &str = include_str!("scene/body.wgsl");
/// Ribbons and dots of constant width.
pub const TRACE: &str = include_str!("scene/trace.wgsl");
/// Blurs the mask of the ground.
pub const BLUR: &str = include_str!("scene/blur.wgsl");
/// Draws the finished picture in the window.
pub const SHOW: &str = include_str!("scene/show.wgsl");
