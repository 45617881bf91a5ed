// Draws a finished picture on the screen.
//
// Bindings 0 and 1 of group 0: the picture and its sampler. `show_fragment` is for targets that expect encoded colours,
// as egui prefers, `show_linear_fragment` for those that encode colours themselves.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var picture_sampler: sampler;

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) at: vec2<f32>,
}

@vertex
fn show_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let place = vec2<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0);
    return Corner(vec4<f32>(place, 0.0, 1.0), vec2<f32>(0.5 + 0.5 * place.x, 0.5 - 0.5 * place.y));
}

@fragment
fn show_fragment(in: Corner) -> @location(0) vec4<f32> {
    return vec4<f32>(textureSampleLevel(picture, picture_sampler, in.at, 0.0).rgb, 1.0);
}

@fragment
fn show_linear_fragment(in: Corner) -> @location(0) vec4<f32> {
    let c = textureSampleLevel(picture, picture_sampler, in.at, 0.0).rgb;
    let low = c / 12.92;
    let high = pow((c + vec3<f32>(0.055)) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, c <= vec3<f32>(0.04045)), 1.0);
}
