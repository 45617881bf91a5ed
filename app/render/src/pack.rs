//! Packs scenes into the bytes that the shaders read.

use std::ops::Range;

use ecolor::{Color32, Rgba};

use super::camera::FIELD;
use super::maths::{Mat4, Vec3, add, length, look_at, multiply, normalize, parallel, pixels, scale, sub};
use super::mesh::{Mesh, MeshKind};
use super::scene::{Body, Role, Scene, Stroke};
use crate::maths::real;

/// Size of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureSize {
    /// Width and height in pixels.
    pub pixels: [u32; 2],
    /// Pixels per point.
    pub scale: f32,
}

/// Size of the uniform buffer, bytes.
pub(super) const UNIFORM_BYTES: u64 = 4 * (2 * 16 + 14 * 4);

/// Size of an instance, bytes.
pub(super) const INSTANCE_STRIDE: u64 = 4 * (4 + 4 + 3 + 3 + 4);

/// Size of a trace vertex, bytes.
pub(super) const TRACE_STRIDE: u64 = 4 * (3 + 4 + 1);

/// Direction to the key light.
const SUN: Vec3 = [-0.38, -0.52, 1.0];

/// Size below which a body is drawn with a coarse mesh, pixels.
const COARSE_BELOW: f32 = 12.0;

fn put(bytes: &mut Vec<u8>, numbers: &[f32]) {
    bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
}

/// Converts a count to the device's type.
#[allow(clippy::cast_possible_truncation, reason = "counts of what is drawn are small")]
pub(super) fn number(n: usize) -> u32 {
    n as u32
}

pub(super) fn vertices(mesh: &Mesh) -> Vec<u8> {
    let mut bytes = Vec::new();
    for vertex in &mesh.vertices {
        put(&mut bytes, &vertex.round);
        put(&mut bytes, &vertex.corner);
    }
    bytes
}

pub(super) fn indices16(indices: &[u16]) -> Vec<u8> {
    let mut bytes: Vec<u8> = indices.iter().flat_map(|i| i.to_le_bytes()).collect();
    // Copies to a device must be whole words.
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

pub(super) fn indices32(indices: &[u32]) -> Vec<u8> {
    indices.iter().flat_map(|i| i.to_le_bytes()).collect()
}

/// Packs the uniform buffer; matches `Scene` in `shaders/scene/common.wgsl`.
pub(super) fn uniforms(scene: &Scene, view: PictureSize) -> Vec<u8> {
    let look = &scene.look;
    let mut bytes = Vec::new();
    let matrix = |bytes: &mut Vec<u8>, m: &Mat4| m.iter().for_each(|column| put(bytes, column));
    let vector = |bytes: &mut Vec<u8>, [x, y, z]: Vec3, w: f32| put(bytes, &[x, y, z, w]);
    let painted = |bytes: &mut Vec<u8>, colour: Color32| {
        let [red, green, blue, alpha] = colour.to_srgba_unmultiplied().map(|x| f32::from(x) / 255.0);
        put(bytes, &[red, green, blue, alpha]);
    };
    let sun = normalize(SUN);
    let size = view.pixels.map(pixels);
    // A dash and its gap take 11 points at the distance of the target.
    let point = 2.0 * scene.lens.distance * (0.5 * FIELD).tan() * view.scale / size[1].max(1.0);
    let ground = scene.ground.map_or([0.0, 1.0, 1.0, 0.0], |ground| {
        [ground.height, ground.spacing, (3.2 * scene.lens.distance).max(4.0 * scene.radius), 1.0]
    });
    matrix(&mut bytes, &scene.lens.view_projection);
    matrix(&mut bytes, &light(scene, sun));
    vector(&mut bytes, scene.lens.eye, view.scale);
    vector(&mut bytes, sun, 0.0);
    put(&mut bytes, &[size[0], size[1], f32::from(u8::from(look.dither)), 11.0 * point]);
    painted(&mut bytes, look.background[0]);
    painted(&mut bytes, look.background[1]);
    painted(&mut bytes, look.line);
    painted(&mut bytes, look.shadow);
    put(&mut bytes, &ground);
    vector(&mut bytes, scene.lens.target, scene.radius);
    vector(&mut bytes, look.above, 0.0);
    vector(&mut bytes, look.below, 0.0);
    vector(&mut bytes, look.key, 0.0);
    vector(&mut bytes, look.rim, 0.0);
    painted(&mut bytes, look.pool);
    bytes
}

/// Returns the key light's view, which contains everything that casts shadows and the ground behind it.
fn light(scene: &Scene, sun: Vec3) -> Mat4 {
    let radius = 1.15 * scene.radius.max(1e-3);
    let down = scene.ground.map_or(0.0, |ground| (scene.centre[2] - ground.height).max(0.0));
    let eye = add(scene.centre, scale(sun, 2.0 * radius));
    let view = look_at(eye, scene.centre, [0.0, 1.0, 0.0]);
    multiply(&parallel(radius + 0.5 * down, 0.0, 4.0 * radius + 3.0 * down), &view)
}

/// Instances in drawing order, grouped by mesh: solid groups first, with their number.
#[derive(Debug, Default)]
pub(super) struct Instances {
    pub bytes: Vec<u8>,
    pub groups: Vec<(usize, Range<u32>)>,
    pub casting: Range<usize>,
}

/// Packs all bodies of a scene.
pub(super) fn instances(scene: &Scene, view: PictureSize) -> Instances {
    let per_metre = pixels(view.pixels[1]) / (2.0 * (0.5 * FIELD).tan());
    let mesh = |body: &Body| {
        let distance = length(sub(body.position, scene.lens.eye)).max(1e-3);
        let reach = body.stretch.reach().into_iter().fold(0.0, f32::max) * per_metre / distance;
        let coarse = body.stretch.mesh == MeshKind::Rounded && reach < COARSE_BELOW;
        if coarse { MeshKind::RoundedCoarse } else { body.stretch.mesh }
    };
    let mut order: Vec<(bool, MeshKind, &Body)> =
        scene.bodies.iter().map(|body| (body.role == Role::Goal, mesh(body), body)).collect();
    order.sort_by_key(|(goal, mesh, _)| (*goal, *mesh));
    let mut all = Instances::default();
    for (place, (goal, mesh, body)) in order.iter().enumerate() {
        put(&mut all.bytes, &body.position);
        put(&mut all.bytes, &[body.role.gloss()]);
        put(&mut all.bytes, &body.turn);
        put(&mut all.bytes, &body.stretch.round.map(|r| r.max(1e-6)));
        put(&mut all.bytes, &body.stretch.extent);
        put(&mut all.bytes, &scene.look.colour(body.role));
        let kind = mesh.place();
        let end = number(place + 1);
        match all.groups.last_mut() {
            Some((last, range)) if *last == kind && order[place - 1].0 == *goal => range.end = end,
            _ => all.groups.push((kind, end - 1..end)),
        }
        if !goal {
            all.casting = 0..all.groups.len();
        }
    }
    all
}

/// Packs traces and dots: vertices and triangle indices.
pub(super) fn traces(scene: &Scene) -> (Vec<u8>, Vec<u32>) {
    let (mut bytes, mut order) = (Vec::new(), Vec::new());
    let mut next = 0_u32;
    let mut pair = |bytes: &mut Vec<u8>, at: Vec3, [width, kind]: [f32; 2], along: [f32; 2], colour: [u8; 4]| {
        for (side, along) in [-1.0, 1.0].into_iter().zip(along) {
            put(bytes, &at);
            put(bytes, &[side, width, along, kind]);
            bytes.extend(colour);
        }
        next += 2;
        next - 2
    };
    // Every vertex needs a preceding pair.
    pair(&mut bytes, [0.0; 3], [0.0; 2], [0.0; 2], [0; 4]);
    for trace in scene.traces.iter().filter(|trace| trace.points.len() > 1) {
        let shape = [0.5 * trace.width, f32::from(u8::from(trace.stroke == Stroke::Dashed))];
        let last = trace.points.len() - 1;
        let mut along = 0.0;
        // The first and last points are repeated as neighbours of the ends.
        pair(&mut bytes, trace.points[0], shape, [0.0; 2], [0; 4]);
        for (i, point) in trace.points.iter().enumerate() {
            along += if i > 0 { length(sub(*point, trace.points[i - 1])) } else { 0.0 };
            let strength = 1.0 + (trace.fade - 1.0) * real(i) / real(last);
            let at = pair(&mut bytes, *point, shape, [along; 2], faded(trace.colour, strength));
            if i > 0 {
                // The buffers are bound one pair apart, so a vertex index refers to the preceding pair.
                let here = at - 2;
                order.extend([here - 2, here - 1, here, here, here - 1, here + 1]);
            }
        }
        pair(&mut bytes, trace.points[last], shape, [along; 2], [0; 4]);
    }
    for dot in &scene.dots {
        let first = pair(&mut bytes, dot.position, [dot.radius, 2.0], [-1.0; 2], faded(dot.colour, 1.0));
        pair(&mut bytes, dot.position, [dot.radius, 2.0], [1.0; 2], faded(dot.colour, 1.0));
        let here = first - 2;
        order.extend([here, here + 1, here + 2, here + 2, here + 1, here + 3]);
    }
    // And a following one.
    pair(&mut bytes, [0.0; 3], [0.0; 2], [0.0; 2], [0; 4]);
    (bytes, order)
}

fn faded(colour: Color32, share: f32) -> [u8; 4] {
    let [red, green, blue, alpha] = colour.to_srgba_unmultiplied();
    let alpha = Rgba::from_rgba_unmultiplied(0.0, 0.0, 0.0, f32::from(alpha) / 255.0 * share);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 255")]
    let alpha = (alpha.a().clamp(0.0, 1.0) * 255.0).round() as u8;
    [red, green, blue, alpha]
}
