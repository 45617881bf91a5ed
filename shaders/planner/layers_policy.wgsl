// Actions of a policy, from its network's output: of a guide, which proposes sequences, or of the policy that ends each
// sequence under a Q value.
//
// Dispatch: one invocation per number written, over both dimensions of the grid. Prepended: geometry.wgsl, params.wgsl
// and noise.wgsl.
// Bindings: 0 gaussian `[rows, 2, action]`, mean and raw spread; 1 noise, unless generated: for a guide `[horizon,
// states, policy_samples, action]`, for the last actions `[states, samples, action]` from `terminal_at`; 2 plan, whose
// proposed sequences are written for guides; 3 joined `[rows, latent + action]`, whose actions are written; 4 params
// (uniform).
// Limits: four storage buffers.
// Rust counterpart: Policy::action in core/src/model/policy.rs.

@group(0) @binding(0) var<storage, read_write> gaussian: array<f32>;
@group(0) @binding(1) var<storage, read_write> noise: array<f32>;
@group(0) @binding(2) var<storage, read_write> plan: array<f32>;
@group(0) @binding(3) var<storage, read_write> joined: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// Index in params.policies, after the guides.
const LAST_ACTION: u32 = 2u;

fn squash(x: f32) -> f32 {
    return tanh(clamp(x, -TANH_BOUND, TANH_BOUND));
}

fn noise_of(state: u32, sample: u32, step: u32, d: u32) -> f32 {
    let last = params.call.head == LAST_ACTION;
    if params.generated == 1u {
        if last {
            return normal(TERMINAL_NOISE, params.iteration, state, sample, step, d);
        }
        return normal(POLICY_NOISE, 0u, state, sample, step, d);
    }
    if last {
        return noise[params.terminal_at + (state * params.samples + sample) * params.action_dim + d];
    }
    return noise[((step * params.states + state) * params.policy_samples + sample) * params.action_dim + d];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = id.y * grid.x * THREADS + id.x;
    let row = index / params.action_dim;
    let d = index % params.action_dim;
    if row >= params.call.rows {
        return;
    }
    let head = params.policies[params.call.head];
    let guide = params.call.head != LAST_ACTION;
    let state = (params.call.first + row) / params.call.per_state;
    // The sequences of the second guide follow those of the first.
    let others = select(0u, params.call.head * params.call.per_state, guide);
    let sample = others + (params.call.first + row) % params.call.per_state;
    let step = params.call.step;

    let mean = gaussian[2u * row * params.action_dim + d];
    let raw = gaussian[(2u * row + 1u) * params.action_dim + d];
    let log_std = head.min_log_std + 0.5 * (head.max_log_std - head.min_log_std) * (squash(raw) + 1.0);
    let spread = exp(log_std) * noise_of(state, sample, step, d);
    var action: f32;
    if head.squashed == 1u {
        action = squash(mean + spread);
    } else {
        action = clamp(squash(mean) + spread, -1.0, 1.0);
    }
    joined[row * (params.latent_dim + params.action_dim) + params.latent_dim + d] = action;
    if guide {
        let sequence = state * params.policy_samples + sample;
        plan[params.proposed_at + (sequence * params.horizon + step) * params.action_dim + d] = action;
    }
}
