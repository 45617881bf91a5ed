// Weights of up to five tensors from Burn's row-major layout into the layout of network.wgsl.
//
// Dispatch: 1 invocation per vec4 written, 64 to a workgroup, 65535 workgroups to a row of the grid.
// Bindings: 0 to 4 tensors `[members, rows, columns]` (a tensor that is not needed is any small buffer); 5 weights, written;
// 6 shapes (uniform).
// Limits: six storage buffers.
// Rust twin: core/src/planner/wgsl/layout.rs (the layout).

struct Shape {
    // vec4s to write, and where the first goes.
    count: u32,
    at: u32,
    // 1: two rows to a vec4, as halves.
    pairs: u32,
    members: u32,
    rows: u32,
    columns: u32,
    // vec4s between members.
    stride: u32,
    unused: u32,
}

struct Shapes {
    shape: array<Shape, 5>,
}

@group(0) @binding(0) var<storage, read_write> tensor_0: array<f32>;
@group(0) @binding(1) var<storage, read_write> tensor_1: array<f32>;
@group(0) @binding(2) var<storage, read_write> tensor_2: array<f32>;
@group(0) @binding(3) var<storage, read_write> tensor_3: array<f32>;
@group(0) @binding(4) var<storage, read_write> tensor_4: array<f32>;
@group(0) @binding(5) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(6) var<uniform> shapes: Shapes;

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

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    var index = id.y * grid.x * 64u + id.x;
    var tensor = 0u;
    while tensor < 5u && index >= shapes.shape[tensor].count {
        index -= shapes.shape[tensor].count;
        tensor++;
    }
    if tensor == 5u {
        return;
    }
    let shape = shapes.shape[tensor];
    let groups = (shape.columns + 3u) / 4u;
    let per_member = shape.count / shape.members;
    let member = index / per_member;
    let within = index % per_member;
    let row = within / groups;
    let column = within % groups * 4u;
    let to = shape.at + member * shape.stride + within;
    if shape.pairs == 1u {
        let even = 2u * row;
        weights[to] = vec4<u32>(
            pack2x16float(vec2<f32>(load(tensor, shape, member, even, column), load(tensor, shape, member, even, column + 1u))),
            pack2x16float(vec2<f32>(load(tensor, shape, member, even, column + 2u), load(tensor, shape, member, even, column + 3u))),
            pack2x16float(vec2<f32>(load(tensor, shape, member, even + 1u, column), load(tensor, shape, member, even + 1u, column + 1u))),
            pack2x16float(vec2<f32>(load(tensor, shape, member, even + 1u, column + 2u), load(tensor, shape, member, even + 1u, column + 3u))),
        );
    } else {
        weights[to] = bitcast<vec4<u32>>(vec4<f32>(
            load(tensor, shape, member, row, column),
            load(tensor, shape, member, row, column + 1u),
            load(tensor, shape, member, row, column + 2u),
            load(tensor, shape, member, row, column + 3u),
        ));
    }
}
