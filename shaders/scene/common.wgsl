// Shared by all shaders of the scene: values that are constant for a picture, and lighting.
//
// Binding 0 of group 0 is one uniform buffer (352 bytes), which must match `uniforms` in app/render/src/pack.rs.
// Colours of surfaces and light are linear; colours that are drawn directly (background, lines, traces) are encoded
// like the target: 8 bits, sRGB.

struct Scene {
    view_projection: mat4x4<f32>,
    light_projection: mat4x4<f32>,
    // Position, m; pixels per point.
    eye: vec4<f32>,
    // Direction to the key light.
    sun: vec4<f32>,
    // Width and height in pixels; 1 to dither the background; period of dashes, m.
    picture: vec4<f32>,
    // Middle and rim of the background.
    inner: vec4<f32>,
    outer: vec4<f32>,
    // Colour of the grid, with its opacity.
    line: vec4<f32>,
    // Colour of the shadow on the ground, with its opacity.
    shadow: vec4<f32>,
    // Height, m; distance between lines, m; radius at which they fade, m; 1 if there is a ground.
    ground: vec4<f32>,
    // Focus of the view, m; radius of what casts shadows, m.
    focus: vec4<f32>,
    // Light from above, from below, of the key, of the rim; linear.
    above: vec4<f32>,
    below: vec4<f32>,
    key: vec4<f32>,
    rim: vec4<f32>,
    // Colour of the lit ground around the focus, with its opacity.
    pool: vec4<f32>,
}

@group(0) @binding(0) var<uniform> scene: Scene;

fn encode(linear: vec3<f32>) -> vec3<f32> {
    let c = clamp(linear, vec3<f32>(0.0), vec3<f32>(1.0));
    let low = c * 12.92;
    let high = 1.055 * pow(c, vec3<f32>(1.0 / 2.4)) - vec3<f32>(0.055);
    return select(high, low, c <= vec3<f32>(0.0031308));
}

// Three vertices that cover the picture.
fn whole_picture(index: u32) -> vec2<f32> {
    return vec2<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0);
}
