// The sequences that the guiding policies propose: each policy rolled out through the dynamics from the latent states.
//
// Dispatch: (guides * ceil(policy_samples / guides / R), states) workgroups. Prepended: geometry.wgsl, params.wgsl,
// network.wgsl and noise.wgsl.
// Bindings: 0 weights; 1 plan, whose latents are read and whose proposed `[states, policy_samples, horizon, action]`
// are written; 2 noise `[horizon, states, policy_samples, action]`, unless generated; 3 params (uniform).
// Limits: three storage buffers; those of network.wgsl; action_dim <= THREADS.
// Rust counterpart: Rollout::propose in core/src/planner/mppi/cpu/rollout.rs.

@group(0) @binding(0) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> plan: array<f32>;
@group(0) @binding(2) var<storage, read_write> noise: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn noise_of(state: u32, sample: u32, step: u32, d: u32) -> f32 {
    if params.generated == 1u {
        return normal(POLICY_NOISE, 0u, state, sample, step, d);
    }
    return noise[((step * params.states + state) * params.policy_samples + sample) * params.action_dim + d];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let state = group.y;
    let each = params.policy_samples / params.guides;
    let groups = (each + R - 1u) / R;
    let guide = group.x / groups;
    // Rows after the last one repeat it and write nothing.
    let row = (group.x % groups) * R;
    let first = guide * each + row;
    for (var k = t; k < params.latent_dim; k += THREADS) {
        act[k] = all_rows(plan[params.latents_at + state * params.latent_dim + k]);
    }
    workgroupBarrier();
    let head = params.policies[guide];
    var kept: Kept;
    // Policy and dynamics alternate: one loop, so that the code of a network is compiled once.
    for (var run = 0u; run + 1u < 2u * params.horizon; run++) {
        let step = run / 2u;
        let acting = run % 2u == 0u;
        if acting {
            keep_latent(t, &kept);
        } else {
            restore_latent(t, &kept);
        }
        put_action(t, &kept);
        run_network(t, select(DYNAMICS, head.network, acting), 0u);
        if acting {
            for (var i = 0u; i < ACTIONS; i++) {
                let d = t + i * THREADS;
                if d < params.action_dim {
                    var x = Rows();
                    for (var r = 0u; r < R; r++) {
                        x[r / P][r % P] = noise_of(state, guide * each + min(row + r, each - 1u), step, d);
                    }
                    kept.action[i] = policy_action(head, d, x);
                    for (var r = 0u; r < R; r++) {
                        if row + r < each {
                            let sequence = state * params.policy_samples + first + r;
                            let at = params.proposed_at + (sequence * params.horizon + step) * params.action_dim + d;
                            plan[at] = kept.action[i][r / P][r % P];
                        }
                    }
                }
            }
            workgroupBarrier();
        }
    }
}
