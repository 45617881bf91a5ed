// Sum of squares, or of the numbers themselves. One workgroup per BLOCK numbers.
//
// Bindings, all f32 and dense:
//   0 x       [SIZE]
//   1 output  [ceil(SIZE / BLOCK)]  one sum per block
// Limits: 4 THREADS bytes of workgroup memory.
// Rust counterpart: squared_sum in core/src/nn/fused/cpu/optimiser.rs.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

const SIZE: u32 = {{size}}u;
const BLOCK: u32 = {{block}}u;
const SQUARED: bool = {{squared}};

@compute @workgroup_size({{threads}}, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let block = number(group, groups);
    let begin = block * BLOCK;
    if (begin >= SIZE) {
        return;
    }
    var sum = 0.0;
    for (var i = begin + local.x; i < min(begin + BLOCK, SIZE); i += THREADS) {
        sum += select(x[i], x[i] * x[i], SQUARED);
    }
    sum = total(local.x, sum);
    if (local.x == 0u) {
        output[block] = sum;
    }
}
