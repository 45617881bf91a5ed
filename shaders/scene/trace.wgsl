// Traces: ribbons of constant width on the screen, and dots. Needs common.wgsl.
//
// Each point of a trace is in the vertex buffer twice, once for each side; the same buffer is bound three times, two
// vertices apart, so that each vertex has access to the points before and after its own.

struct Vertex {
    @location(0) before: vec3<f32>,
    @location(1) at: vec3<f32>,
    // -1 or 1; half the width in points; length of the trace so far, m, or for a dot -1 or 1; 1 dashed, 2 a dot.
    @location(2) shape: vec4<f32>,
    @location(3) colour: vec4<f32>,
    @location(4) after: vec3<f32>,
}

struct Point {
    @builtin(position) position: vec4<f32>,
    // Distance from the middle, in pixels.
    @location(0) across: vec2<f32>,
    @location(1) half_width: f32,
    @location(2) colour: vec4<f32>,
    @location(3) along: f32,
    @location(4) kind: f32,
}

fn pixels(clip: vec4<f32>) -> vec2<f32> {
    return 0.5 * scene.picture.xy * clip.xy / max(clip.w, 1e-4);
}

fn direction(v: vec2<f32>, otherwise: vec2<f32>) -> vec2<f32> {
    let long = length(v);
    return select(otherwise, v / max(long, 1e-6), long > 1e-3);
}

@vertex
fn trace_vertex(in: Vertex) -> Point {
    let clip = scene.view_projection * vec4<f32>(in.at, 1.0);
    let here = pixels(clip);
    let half_width = in.shape.y * scene.eye.w;
    // One more pixel, in which the edge fades.
    let reach = half_width + 1.0;
    var offset: vec2<f32>;
    var across: vec2<f32>;
    if in.shape.w > 1.5 {
        across = vec2<f32>(in.shape.z, in.shape.x) * reach;
        offset = across;
    } else {
        let came = pixels(scene.view_projection * vec4<f32>(in.before, 1.0));
        let goes = pixels(scene.view_projection * vec4<f32>(in.after, 1.0));
        let first = direction(here - came, direction(goes - here, vec2<f32>(1.0, 0.0)));
        let second = direction(goes - here, first);
        let along = direction(first + second, first);
        let side = vec2<f32>(-along.y, along.x);
        // At a bend the ribbon keeps its width, within limits.
        let stretch = 1.0 / max(dot(side, vec2<f32>(-first.y, first.x)), 0.5);
        across = vec2<f32>(0.0, in.shape.x * reach);
        offset = side * (in.shape.x * reach * stretch);
    }
    let shift = offset / (0.5 * scene.picture.xy) * clip.w;
    let position = vec4<f32>(clip.xy + shift, clip.z, clip.w);
    return Point(position, across, half_width, in.colour, in.shape.z, in.shape.w);
}

@fragment
fn trace_fragment(in: Point) -> @location(0) vec4<f32> {
    let step = fwidth(in.along) / scene.picture.w;
    var covered = clamp(in.half_width + 0.5 - length(in.across), 0.0, 1.0);
    if in.kind > 0.5 && in.kind < 1.5 {
        // Visible for 60% of a period.
        let phase = abs(fract(in.along / scene.picture.w) - 0.5);
        covered *= clamp((0.3 - phase) / max(step, 1e-4) + 0.5, 0.0, 1.0);
    }
    let alpha = covered * in.colour.a;
    return vec4<f32>(in.colour.rgb * alpha, alpha);
}
