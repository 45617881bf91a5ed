// The share of the key light that arrives: a disc of soft comparisons with the shadow map.
//
// Bindings 0 to 3 of group 1: the map and its comparison sampler, the soft mask of shadows on the ground and its
// sampler. Needs common.wgsl.

@group(1) @binding(0) var shadow_map: texture_depth_2d;
@group(1) @binding(1) var shadow_sampler: sampler_comparison;
@group(1) @binding(2) var ground_mask: texture_2d<f32>;
@group(1) @binding(3) var ground_sampler: sampler;

// Returns 1 in the light, 0 in the shadow. `taps` comparisons on a disc of `radius` (a share of the map).
fn light_at(world: vec3<f32>, radius: f32, taps: i32) -> f32 {
    let p = scene.light_projection * vec4<f32>(world, 1.0);
    let at = vec2<f32>(0.5 + 0.5 * p.x, 0.5 - 0.5 * p.y);
    let rim = 2.0 * max(abs(at.x - 0.5), abs(at.y - 0.5));
    if rim >= 1.0 || p.z >= 1.0 {
        return 1.0;
    }
    var light = 0.0;
    for (var i = 0; i < taps; i += 1) {
        // Arranged like sunflower seeds: evenly spread over the disc.
        let r = radius * sqrt((f32(i) + 0.5) / f32(taps));
        let angle = f32(i) * 2.3999632;
        let offset = r * vec2<f32>(cos(angle), sin(angle));
        light += textureSampleCompareLevel(shadow_map, shadow_sampler, at + offset, p.z);
    }
    // The map fades out at its edge.
    return mix(light / f32(taps), 1.0, smoothstep(0.85, 1.0, rim));
}

// Returns how dark the ground is at a position: 0 in the light. Sharp and dark under touching parts, soft under parts
// high above.
fn ground_shadow(world: vec3<f32>) -> f32 {
    let p = scene.light_projection * vec4<f32>(world, 1.0);
    let at = vec2<f32>(0.5 + 0.5 * p.x, 0.5 - 0.5 * p.y);
    let rim = 2.0 * max(abs(at.x - 0.5), abs(at.y - 0.5));
    let mask = textureSampleLevel(ground_mask, ground_sampler, at, 0.0).rg;
    let dark = 1.0 - (1.0 - 0.72 * mask.r) * (1.0 - 0.5 * mask.g);
    return dark * (1.0 - smoothstep(0.85, 1.0, rim));
}
