// What follows the product of a NormedLinear: bias, LayerNorm, then Mish or SimNorm. One workgroup per row.
//
// Bindings, all f32 and dense; m members, n rows, w wide:
//   0 product  [m, n, w]  in: x W; out: the normalised rows before scale and shift
//   1 bias     [m, w]
//   2 scale    [m, w]
//   3 shift    [m, w]
//   4 output   [m, n, w]
//   5 factor   [m, n]     reciprocal standard deviation of each row
// Limits: any width; 4 THREADS bytes of workgroup memory.
// Rust counterparts: NormRow::forward in core/src/nn/fused/cpu/rows.rs; plain operations: Layer::forward in
// core/src/nn/layer.rs.

@group(0) @binding(0) var<storage, read_write> product: array<f32>;
@group(0) @binding(1) var<storage, read_write> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> shift: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<storage, read_write> factor: array<f32>;

const MEMBERS: u32 = {{members}}u;
const ROWS: u32 = {{rows}}u;
const WIDTH: u32 = {{width}}u;
// Columns per thread.
const COLUMNS: u32 = (WIDTH + THREADS - 1u) / THREADS;
// Group size of SimNorm; 0 means Mish.
const GROUP: u32 = {{group}}u;
const EPSILON: f32 = {{layer_norm_epsilon}};

fn mish(x: f32) -> f32 {
    let n = exp(min(x, {{mish_bound}}));
    let p = n * (n + 2.0);
    return x * (p / (p + 2.0));
}

@compute @workgroup_size({{threads}}, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let row = number(group, groups);
    if (row >= MEMBERS * ROWS) {
        return;
    }
    let thread = local.x;
    let at = row * WIDTH;
    let member = (row / ROWS) * WIDTH;

    var x: array<f32, COLUMNS>;
    var sum = 0.0;
    for (var i = 0u; i < COLUMNS; i++) {
        let column = i * THREADS + thread;
        if (column < WIDTH) {
            x[i] = product[at + column] + bias[member + column];
            sum += x[i];
        }
    }
    let mean = total(thread, sum) / f32(WIDTH);
    var squares = 0.0;
    for (var i = 0u; i < COLUMNS; i++) {
        if (i * THREADS + thread < WIDTH) {
            squares += (x[i] - mean) * (x[i] - mean);
        }
    }
    let inverse = 1.0 / sqrt(total(thread, squares) / f32(WIDTH) + EPSILON);
    if (thread == 0u) {
        factor[row] = inverse;
    }
    for (var i = 0u; i < COLUMNS; i++) {
        let column = i * THREADS + thread;
        if (column < WIDTH) {
            let normalised = (x[i] - mean) * inverse;
            product[at + column] = normalised;
            let affine = normalised * scale[member + column] + shift[member + column];
            output[at + column] = select(mish(affine), affine, GROUP > 0u);
        }
    }
    if (GROUP > 0u) {
        storageBarrier();
        workgroupBarrier();
        for (var begin = thread * GROUP; begin < WIDTH; begin += THREADS * GROUP) {
            var top = output[at + begin];
            for (var i = 1u; i < GROUP; i++) {
                top = max(top, output[at + begin + i]);
            }
            var weight = 0.0;
            for (var i = 0u; i < GROUP; i++) {
                weight += exp(output[at + begin + i] - top);
            }
            for (var i = 0u; i < GROUP; i++) {
                output[at + begin + i] = exp(output[at + begin + i] - top) / weight;
            }
        }
    }
}
