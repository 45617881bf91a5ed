// Adds a reward or a value to the predicted return of each row that has not ended: `call.scale` times the number that a
// distribution over bins encodes, symexp of its mean.
//
// Dispatch: one invocation per row, over both dimensions of the grid. Prepended: geometry.wgsl and params.wgsl.
// Bindings: 0 weights, which hold the bins' positions; 1 logits `[rows, bins]`; 2 values `[states, samples]`: replaced
// by the first reward, `call.step` 0, then added to, and bounded when `call.last` is 1; 3 ended `[rows]`, read from
// step 1 on if the model has a termination head; 4 params (uniform).
// Limits: four storage buffers.
// Rust counterpart: DiscreteRegression::decode in core/src/nn/two_hot.rs.

@group(0) @binding(0) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> values: array<f32>;
@group(0) @binding(3) var<storage, read_write> ended: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let row = id.y * grid.x * THREADS + id.x;
    if row >= params.call.rows {
        return;
    }
    let first = row * params.bins;
    var top = logits[first];
    for (var bin = 1u; bin < params.bins; bin++) {
        top = max(top, logits[first + bin]);
    }
    var total = 0.0;
    var mean = 0.0;
    for (var bin = 0u; bin < params.bins; bin++) {
        let share = exp(logits[first + bin] - top);
        let position = bitcast<f32>(weights[params.bins_at + bin / 4u][bin % 4u]);
        total += share;
        mean += share * position;
    }
    let x = mean / total;
    let number = params.call.scale * sign(x) * (exp(abs(x)) - 1.0);
    let sequence = params.call.first + row;
    var score = number;
    if params.call.step > 0u {
        score = values[sequence];
        if params.networks[TERMINATION].y == 0u || ended[row] == 0u {
            score += number;
        }
    }
    if params.call.last == 1u {
        score = bounded(score);
    }
    values[sequence] = score;
}
