// Blurs the mask of shadows on the ground, first horizontally, then vertically: red (parts near the ground) slightly,
// green (everything that casts a shadow) widely.
//
// Bindings 0 and 1 of group 0: the mask and its sampler.

@group(0) @binding(0) var mask: texture_2d<f32>;
@group(0) @binding(1) var mask_sampler: sampler;

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) at: vec2<f32>,
}

@vertex
fn blur_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let place = vec2<f32>(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0);
    return Corner(vec4<f32>(place, 0.0, 1.0), vec2<f32>(0.5 + 0.5 * place.x, 0.5 - 0.5 * place.y));
}

// Gaussians around `at`; the sampler's own interpolation makes every tap cover two texels.
fn blurred(at: vec2<f32>, direction: vec2<f32>) -> vec4<f32> {
    let texel = direction / vec2<f32>(textureDimensions(mask));
    var sum = vec2<f32>(0.0);
    var weights = vec2<f32>(0.0);
    for (var i = -12; i <= 12; i += 1) {
        let offset = 2.0 * f32(i) + select(0.5, 0.0, i == 0) * sign(f32(i));
        let weight = exp(-0.5 * offset * offset / vec2<f32>(2.6 * 2.6, 8.5 * 8.5));
        sum += weight * textureSampleLevel(mask, mask_sampler, at + offset * texel, 0.0).rg;
        weights += weight;
    }
    return vec4<f32>(sum / weights, 0.0, 1.0);
}

@fragment
fn blur_across(in: Corner) -> @location(0) vec4<f32> {
    return blurred(in.at, vec2<f32>(1.0, 0.0));
}

@fragment
fn blur_up(in: Corner) -> @location(0) vec4<f32> {
    return blurred(in.at, vec2<f32>(0.0, 1.0));
}
