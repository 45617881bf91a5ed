// Backward pass of what follows the product of a NormedLinear. One workgroup per BLOCK rows of a member, so that sums
// over rows are made in a fixed order.
//
// Bindings, all f32 and dense; m members, n rows, w wide, b blocks of rows:
//   0 gradient    [m, n, w]     of the output
//   1 normalised  [m, n, w]     in: rows before scale and shift; out: the gradient of the product
//   2 factor      [m, n]        reciprocal standard deviation of each row
//   3 after       Mish: the shift [m, w]; SimNorm: the output [m, n, w]
//   4 scale       [m, w]
//   5 sums        [m, b, 3, w]  sums over the rows of a block: gradients of bias, scale and shift
// Limits: any width; 4 THREADS bytes of workgroup memory.
// Rust counterpart: NormRow::backward in core/src/nn/fused/cpu/rows.rs.

@group(0) @binding(0) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> normalised: array<f32>;
@group(0) @binding(2) var<storage, read_write> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> after: array<f32>;
@group(0) @binding(4) var<storage, read_write> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;

const MEMBERS: u32 = {{members}}u;
const ROWS: u32 = {{rows}}u;
const WIDTH: u32 = {{width}}u;
const COLUMNS: u32 = (WIDTH + THREADS - 1u) / THREADS;
const GROUP: u32 = {{group}}u;
const BLOCK: u32 = {{block}}u;
const BLOCKS: u32 = (ROWS + BLOCK - 1u) / BLOCK;

// With n = exp(x) and p = n (n + 2), Mish is x p / (p + 2).
fn mish_slope(x: f32) -> f32 {
    let n = exp(min(x, {{mish_bound}}));
    let p = n * (n + 2.0);
    let over = 1.0 / (p + 2.0);
    return p * over + x * (4.0 * n * (n + 1.0)) * over * over;
}

@compute @workgroup_size({{threads}}, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let block = number(group, groups);
    if (block >= MEMBERS * BLOCKS) {
        return;
    }
    let thread = local.x;
    let member = block / BLOCKS;
    let first = (block % BLOCKS) * BLOCK;

    var slope: array<f32, COLUMNS>;
    var bias_sum: array<f32, COLUMNS>;
    var scale_sum: array<f32, COLUMNS>;
    var shift_sum: array<f32, COLUMNS>;
    for (var row = first; row < min(first + BLOCK, ROWS); row++) {
        let at = (member * ROWS + row) * WIDTH;
        var sum = 0.0;
        var along = 0.0;
        for (var i = 0u; i < COLUMNS; i++) {
            let column = i * THREADS + thread;
            if (column < WIDTH) {
                let x = normalised[at + column];
                var inner = gradient[at + column];
                if (GROUP > 0u) {
                    let begin = at + column - column % max(GROUP, 1u);
                    var mean = 0.0;
                    for (var k = 0u; k < GROUP; k++) {
                        mean += gradient[begin + k] * after[begin + k];
                    }
                    inner = after[at + column] * (inner - mean);
                } else {
                    inner *= mish_slope(x * scale[member * WIDTH + column] + after[member * WIDTH + column]);
                }
                scale_sum[i] += inner * x;
                shift_sum[i] += inner;
                slope[i] = inner * scale[member * WIDTH + column];
                sum += slope[i];
                along += slope[i] * x;
            }
        }
        let mean = total(thread, sum) / f32(WIDTH);
        let share = total(thread, along) / f32(WIDTH);
        let inverse = factor[member * ROWS + row];
        for (var i = 0u; i < COLUMNS; i++) {
            let column = i * THREADS + thread;
            if (column < WIDTH) {
                let through = inverse * (slope[i] - mean - normalised[at + column] * share);
                normalised[at + column] = through;
                bias_sum[i] += through;
            }
        }
    }
    for (var i = 0u; i < COLUMNS; i++) {
        let column = i * THREADS + thread;
        if (column < WIDTH) {
            let at = block * 3u * WIDTH + column;
            sums[at] = bias_sum[i];
            sums[at + WIDTH] = scale_sum[i];
            sums[at + 2u * WIDTH] = shift_sum[i];
        }
    }
}
