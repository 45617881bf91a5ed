// Converts weights of up to five tensors from Burn's row-major layout to the layout of network.wgsl.
//
// At half precision a weight w becomes round(32767 w / m), where m, the column's factor, is the largest |w| of its
// column. With m at 4 standard deviations these are 6 times as precise as 16-bit floats, which spend 5 of their bits on
// an exponent.
//
// Prepended: geometry.wgsl.
// Dispatch: 1 workgroup per member and 4 groups of four columns of a tensor, 65535 workgroups per row
// of the grid.
// Bindings: 0 to 4 tensors `[members, rows, columns]` (any small buffer for an unused tensor); 5 weights, written; 6
// shapes (uniform).
// Limits: six storage buffers, 16 THREADS bytes of workgroup memory.
// Rust counterparts: Layout::of in core/src/planner/mppi/gpu/layout.rs, Weights::pack in
// core/src/planner/mppi/gpu/pack.rs.

// Groups of four columns per workgroup; its invocations share their rows.
const GROUPS: u32 = {{pack_groups}}u;
const SLICES: u32 = THREADS / GROUPS;
// Columns whose weights are all smaller become zeros: the reciprocal of a number near 0 may not be finite.
const NOTHING: f32 = 1e-30;

struct Shape {
    // Workgroups that pack this tensor.
    blocks: u32,
    rows: u32,
    columns: u32,
    // Offset of its first vec4, distance between members in vec4s, and rows of vec4s to write.
    at: u32,
    stride: u32,
    written: u32,
    // Offset of the first factor and distance between members in vec4s; a stride of 0 keeps 32 bits.
    factors: u32,
    factors_stride: u32,
}

struct Shapes {
    shape: array<Shape, {{pack_tensors}}>,
}

@group(0) @binding(0) var<storage, read_write> tensor_0: array<f32>;
@group(0) @binding(1) var<storage, read_write> tensor_1: array<f32>;
@group(0) @binding(2) var<storage, read_write> tensor_2: array<f32>;
@group(0) @binding(3) var<storage, read_write> tensor_3: array<f32>;
@group(0) @binding(4) var<storage, read_write> tensor_4: array<f32>;
@group(0) @binding(5) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(6) var<uniform> shapes: Shapes;

// The largest weights that each invocation found in its rows.
var<workgroup> tops: array<vec4<f32>, THREADS>;

fn load(tensor: u32, shape: Shape, member: u32, row: u32, column: u32) -> f32 {
    if row >= shape.rows || column >= shape.columns {
        return 0.0;
    }
    let at = (member * shape.rows + row) * shape.columns + column;
    switch tensor {
        case 0u: { return tensor_0[at]; }
        case 1u: { return tensor_1[at]; }
        case 2u: { return tensor_2[at]; }
        case 3u: { return tensor_3[at]; }
        default: { return tensor_4[at]; }
    }
}

// Returns four columns of a row; zeros outside the tensor.
fn load_group(tensor: u32, shape: Shape, member: u32, row: u32, group: u32) -> vec4<f32> {
    let column = 4u * group;
    return vec4<f32>(
        load(tensor, shape, member, row, column),
        load(tensor, shape, member, row, column + 1u),
        load(tensor, shape, member, row, column + 2u),
        load(tensor, shape, member, row, column + 3u),
    );
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) t: u32,
) {
    var block = id.y * grid.x + id.x;
    var tensor = 0u;
    while tensor < {{pack_tensors}}u && block >= shapes.shape[tensor].blocks {
        block -= shapes.shape[tensor].blocks;
        tensor++;
    }
    if tensor == {{pack_tensors}}u {
        return;
    }
    let shape = shapes.shape[tensor];
    let groups = (shape.columns + 3u) / 4u;
    let across = (groups + GROUPS - 1u) / GROUPS;
    let member = block / across;
    let group = block % across * GROUPS + t % GROUPS;
    let slice = t / GROUPS;
    // After the last group there is nothing to write.
    let written = select(0u, shape.written, group < groups);
    let to = shape.at + member * shape.stride + group;
    if shape.factors_stride == 0u {
        for (var row = slice; row < written; row += SLICES) {
            weights[to + row * groups] = bitcast<vec4<u32>>(load_group(tensor, shape, member, row, group));
        }
        return;
    }

    var top = vec4<f32>();
    for (var row = slice; row < shape.rows; row += SLICES) {
        top = max(top, abs(load_group(tensor, shape, member, row, group)));
    }
    tops[t] = top;
    workgroupBarrier();
    for (var other = 0u; other < SLICES; other++) {
        top = max(top, tops[other * GROUPS + t % GROUPS]);
    }
    let something = top >= vec4<f32>(NOTHING);
    let inverse = select(vec4<f32>(), 1.0 / top, something);
    for (var row = slice; row < written; row += SLICES) {
        let even = load_group(tensor, shape, member, 2u * row, group) * inverse;
        let odd = load_group(tensor, shape, member, 2u * row + 1u, group) * inverse;
        weights[to + row * groups] =
            vec4<u32>(pack2x16snorm(even.xy), pack2x16snorm(even.zw), pack2x16snorm(odd.xy), pack2x16snorm(odd.zw));
    }
    if slice == 0u && group < groups {
        let factors = select(vec4<f32>(), top, something);
        weights[shape.factors + member * shape.factors_stride + group] = bitcast<vec4<u32>>(factors);
    }
}
