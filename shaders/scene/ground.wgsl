// The ground: its grid, the light around the middle and the shadows in it, all fading with distance. Needs common.wgsl
// and shadow_map.wgsl.

struct Place {
    @builtin(position) position: vec4<f32>,
    @location(0) world: vec3<f32>,
}

@vertex
fn ground_vertex(@builtin(vertex_index) index: u32) -> Place {
    let corner = vec2<f32>(f32(index & 1u), f32(index >> 1u)) * 2.0 - vec2<f32>(1.0);
    let reach = 1.3 * scene.ground.z;
    let world = vec3<f32>(scene.focus.xy + corner * reach, scene.ground.x);
    return Place(scene.view_projection * vec4<f32>(world, 1.0), world);
}

// Coverage by lines of this width, in pixels; zero where they would merge.
fn lines(at: vec2<f32>, footprint: vec2<f32>, width: f32) -> f32 {
    let distance = abs(fract(at - vec2<f32>(0.5)) - vec2<f32>(0.5)) / max(footprint, vec2<f32>(1e-6));
    let covered = clamp(vec2<f32>(0.5 * width + 0.5) - distance, vec2<f32>(0.0), vec2<f32>(1.0));
    let visible = covered * (vec2<f32>(1.0) - smoothstep(vec2<f32>(0.12), vec2<f32>(0.5), footprint));
    return max(visible.x, visible.y);
}

@fragment
fn ground_fragment(in: Place) -> @location(0) vec4<f32> {
    let at = in.world.xy / scene.ground.y;
    let footprint = fwidth(at);
    let width = scene.eye.w;
    let fine = lines(at, footprint, width);
    let coarse = lines(at / 5.0, footprint / 5.0, width);
    let away = length(in.world.xy - scene.focus.xy) / scene.ground.z;
    let fade = 1.0 - smoothstep(0.15, 1.0, away);
    let line = scene.line.a * fade * fade * max(0.62 * fine, coarse);
    let dark = scene.shadow.a * ground_shadow(in.world);
    // Light falls around the middle; the shadow lies over it, and the lines over both.
    let from_middle = length(in.world.xy - scene.focus.xy) / (2.1 * scene.focus.w);
    let light = scene.pool.a * exp(-from_middle * from_middle);
    var colour = scene.pool.rgb * light;
    var alpha = light;
    colour = scene.shadow.rgb * dark + colour * (1.0 - dark);
    alpha = dark + alpha * (1.0 - dark);
    colour = scene.line.rgb * line + colour * (1.0 - line);
    alpha = line + alpha * (1.0 - line);
    return vec4<f32>(colour, alpha);
}
