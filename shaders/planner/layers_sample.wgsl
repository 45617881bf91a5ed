// The actions of one step of all sequences: those that policies proposed, then samples of the distribution.
//
// Dispatch: one invocation per number written, over both dimensions of the grid. Prepended: geometry.wgsl, params.wgsl
// and noise.wgsl.
// Bindings: 0 plan, whose proposed sequences, mean and std are read; 1 noise `[states, samples - policy_samples,
// horizon, action]`, unless generated; 2 sequences `[states, samples, horizon, action]`, written; 3 joined `[rows,
// latent + action]`, whose actions are written; 4 params (uniform).
// Limits: four storage buffers.
// Rust counterpart: Planning::iterate in core/src/planner/mppi/plain.rs.

@group(0) @binding(0) var<storage, read_write> plan: array<f32>;
@group(0) @binding(1) var<storage, read_write> noise: array<f32>;
@group(0) @binding(2) var<storage, read_write> sequences: array<f32>;
@group(0) @binding(3) var<storage, read_write> joined: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = id.y * grid.x * THREADS + id.x;
    let row = index / params.action_dim;
    let d = index % params.action_dim;
    if row >= params.call.rows {
        return;
    }
    let sequence = params.call.first + row;
    let state = sequence / params.samples;
    let sample = sequence % params.samples;
    let step = params.call.step;
    let width = params.horizon * params.action_dim;
    let at = step * params.action_dim + d;
    var action: f32;
    if sample < params.policy_samples {
        action = plan[params.proposed_at + (state * params.policy_samples + sample) * width + at];
    } else {
        var x: f32;
        if params.generated == 1u {
            x = normal(SAMPLE_NOISE, params.iteration, state, sample, step, d);
        } else {
            let sampled = params.samples - params.policy_samples;
            x = noise[(state * sampled + sample - params.policy_samples) * width + at];
        }
        let mean = plan[params.mean_at + state * width + at];
        let deviation = plan[params.std_at + state * width + at];
        action = clamp(mean + deviation * x, -1.0, 1.0);
    }
    sequences[sequence * width + at] = action;
    joined[row * (params.latent_dim + params.action_dim) + params.latent_dim + d] = action;
}
