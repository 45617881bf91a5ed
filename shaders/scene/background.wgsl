// The background: lighter in the upper middle, darker toward the rim. Needs common.wgsl.

struct Corner {
    @builtin(position) position: vec4<f32>,
    @location(0) place: vec2<f32>,
}

@vertex
fn background_vertex(@builtin(vertex_index) index: u32) -> Corner {
    let place = whole_picture(index);
    return Corner(vec4<f32>(place, 1.0, 1.0), place);
}

@fragment
fn background_fragment(in: Corner) -> @location(0) vec4<f32> {
    let from_light = (in.place - vec2<f32>(0.0, 0.35)) * vec2<f32>(0.62, 0.78);
    let away = smoothstep(0.0, 1.1, length(from_light));
    // Against banding: noise below one 8-bit step.
    let noise = fract(52.9829189 * fract(dot(in.position.xy, vec2<f32>(0.06711056, 0.00583715)))) - 0.5;
    let colour = mix(scene.inner.rgb, scene.outer.rgb, away) + vec3<f32>(scene.picture.z * noise / 255.0);
    return vec4<f32>(colour, 1.0);
}
