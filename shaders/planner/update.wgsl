// The elites of one iteration, their weights, and the resulting distribution.
//
// Dispatch: (states) workgroups of THREADS. Prepended: geometry.wgsl and params.wgsl.
// Bindings: 0 plan, whose mean and std are replaced; 1 sequences; 2 values; 3 outcome, per state: elite values,
// weights, sample numbers and first actions `[elites]` or `[elites, action]`, values of the proposed sequences
// `[policy_samples]`, mean and std `[horizon, action]`; 4 params (uniform).
// Limits: four storage buffers, 5 KiB of workgroup memory. An elite's rank is the number of samples before it, so the
// work grows with the square of the samples: negligible at the usual 512.
// Rust counterparts: choose and refit in core/src/planner/mppi/cpu/mod.rs.

@group(0) @binding(0) var<storage, read_write> plan: array<f32>;
@group(0) @binding(1) var<storage, read_write> sequences: array<f32>;
@group(0) @binding(2) var<storage, read_write> values: array<f32>;
@group(0) @binding(3) var<storage, read_write> outcome: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const TILE: u32 = 1024u;
var<workgroup> tile: array<f32, TILE>;
var<workgroup> partial: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let state = group.x;
    let width = params.horizon * params.action_dim;
    let elites = params.elites;
    let first_value = state * params.samples;
    let size = elites * (3u + params.action_dim) + params.policy_samples + 2u * width;
    let at = state * size;
    // Best first; of equal ones, the earlier.
    for (var base = 0u; base < params.samples; base += THREADS) {
        let mine = base + t;
        let value = values[first_value + min(mine, params.samples - 1u)];
        var rank = 0u;
        for (var start = 0u; start < params.samples; start += TILE) {
            let count = min(TILE, params.samples - start);
            workgroupBarrier();
            for (var i = t; i < count; i += THREADS) {
                tile[i] = values[first_value + start + i];
            }
            workgroupBarrier();
            for (var i = 0u; i < count; i++) {
                let before = tile[i] > value || (tile[i] == value && start + i < mine);
                rank += select(0u, 1u, before);
            }
        }
        if mine < params.samples && rank < elites {
            outcome[at + rank] = value;
            outcome[at + 2u * elites + rank] = f32(mine);
        }
    }
    storageBarrier();
    workgroupBarrier();
    let top = outcome[at];
    var total = 0.0;
    for (var i = t; i < elites; i += THREADS) {
        total += exp(params.temperature * (outcome[at + i] - top));
    }
    partial[t] = total;
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if t < half {
            partial[t] += partial[t + half];
        }
    }
    workgroupBarrier();
    for (var i = t; i < elites; i += THREADS) {
        outcome[at + elites + i] = exp(params.temperature * (outcome[at + i] - top)) / partial[0];
    }
    storageBarrier();
    workgroupBarrier();
    let actions = at + 3u * elites;
    for (var i = t; i < elites * params.action_dim; i += THREADS) {
        let sample = u32(outcome[at + 2u * elites + i / params.action_dim]);
        outcome[actions + i] = sequences[(first_value + sample) * width + i % params.action_dim];
    }
    let proposed = actions + elites * params.action_dim;
    for (var i = t; i < params.policy_samples; i += THREADS) {
        outcome[proposed + i] = values[first_value + i];
    }
    let distribution = proposed + params.policy_samples;
    for (var column = t; column < width; column += THREADS) {
        var mean = 0.0;
        for (var i = 0u; i < elites; i++) {
            let sample = u32(outcome[at + 2u * elites + i]);
            mean += outcome[at + elites + i] * sequences[(first_value + sample) * width + column];
        }
        var variance = 0.0;
        for (var i = 0u; i < elites; i++) {
            let sample = u32(outcome[at + 2u * elites + i]);
            let distance = sequences[(first_value + sample) * width + column] - mean;
            variance += outcome[at + elites + i] * distance * distance;
        }
        let deviation = clamp(sqrt(variance), params.min_std, params.max_std);
        plan[params.mean_at + state * width + column] = mean;
        plan[params.std_at + state * width + column] = deviation;
        outcome[distribution + column] = mean;
        outcome[distribution + width + column] = deviation;
    }
}
