// Bodies: instanced meshes, each vertex a round part and a corner that the instance stretches (see
// app/render/src/mesh.rs), lit by a key light with shadows, a sky and a rim. Needs common.wgsl and shadow_map.wgsl; the
// pass that fills the shadow map uses only `shadow_vertex`.

struct Vertex {
    @location(0) round: vec3<f32>,
    @location(1) corner: vec3<f32>,
    // Position, m; gloss, negative for glowing surfaces.
    @location(2) position: vec4<f32>,
    // A unit quaternion, x y z w.
    @location(3) turn: vec4<f32>,
    // Of the round part, m.
    @location(4) radii: vec3<f32>,
    // Of the corner, m.
    @location(5) extent: vec3<f32>,
    // Linear, with opacity.
    @location(6) colour: vec4<f32>,
}

struct Point {
    @builtin(position) position: vec4<f32>,
    @location(0) world: vec3<f32>,
    @location(1) normal: vec3<f32>,
    @location(2) colour: vec4<f32>,
    @location(3) gloss: f32,
}

fn turned(by: vec4<f32>, v: vec3<f32>) -> vec3<f32> {
    let t = 2.0 * cross(by.xyz, v);
    return v + by.w * t + cross(by.xyz, t);
}

fn placed(in: Vertex) -> vec3<f32> {
    return turned(in.turn, in.round * in.radii + in.corner * in.extent) + in.position.xyz;
}

@vertex
fn body_vertex(in: Vertex) -> Point {
    let world = placed(in);
    let normal = turned(in.turn, normalize(in.round / in.radii));
    return Point(scene.view_projection * vec4<f32>(world, 1.0), world, normal, in.colour, in.position.w);
}

@vertex
fn shadow_vertex(in: Vertex) -> @builtin(position) vec4<f32> {
    return scene.light_projection * vec4<f32>(placed(in), 1.0);
}

struct Cast {
    @builtin(position) position: vec4<f32>,
    @location(0) height: f32,
}

// The mask of shadows on the ground, as cast by the key light.
@vertex
fn mask_vertex(in: Vertex) -> Cast {
    let world = placed(in);
    return Cast(scene.light_projection * vec4<f32>(world, 1.0), world.z - scene.ground.x);
}

@fragment
fn mask_fragment(in: Cast) -> @location(0) vec4<f32> {
    let near = clamp(1.0 - in.height / (0.3 * scene.focus.w), 0.0, 1.0);
    return vec4<f32>(near, 1.0, 0.0, 1.0);
}

@fragment
fn body_fragment(in: Point) -> @location(0) vec4<f32> {
    let n = normalize(in.normal);
    let to_eye = normalize(scene.eye.xyz - in.world);
    let sun = scene.sun.xyz;
    let facing = dot(n, sun);
    // An offset from the surface avoids self-shadowing.
    let lit = light_at(in.world + n * (0.014 * scene.focus.w), 0.008, 8);
    let key = clamp((facing + 0.2) / 1.2, 0.0, 1.0) * mix(1.0, lit, smoothstep(-0.2, 0.15, facing));
    var sky = mix(scene.below.rgb, scene.above.rgb, 0.5 + 0.5 * n.z);
    if scene.ground.w > 0.5 {
        // Near the ground, less of the sky is visible.
        let height = max(in.world.z - scene.ground.x, 0.0) / (0.25 * scene.focus.w);
        sky *= mix(0.55 + 0.2 * n.z, 1.0, smoothstep(0.0, 1.0, height));
    }
    let grazing = 1.0 - clamp(dot(n, to_eye), 0.0, 1.0);
    let halfway = max(dot(n, normalize(sun + to_eye)), 0.0);
    let shine = max(in.gloss, 0.0) * lit * (0.30 * pow(halfway, 60.0) + 0.16 * pow(halfway, 14.0));
    let rim = scene.rim.rgb * pow(grazing, 3.5) * (0.35 + 0.65 * clamp(0.5 + 0.5 * n.z, 0.0, 1.0));
    var light = sky + scene.key.rgb * key;
    if in.gloss < 0.0 {
        light = 0.35 * light + vec3<f32>(0.75 - 0.25 * (1.0 - grazing));
    }
    let colour = in.colour.rgb * light + scene.key.rgb * shine + rim;
    return vec4<f32>(encode(colour) * in.colour.a, in.colour.a);
}
