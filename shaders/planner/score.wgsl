// One iteration's sequences and their predicted returns: R sequences per workgroup, sampled, rolled out through the
// dynamics with their rewards, and completed by the value. A sequence ends where the termination head, if the model has
// one, first predicts so: later rewards and the value are not added. Activations stay in workgroup memory for the whole
// rollout.
//
// Dispatch: (ceil(samples / R), states) workgroups. Prepended: geometry.wgsl, params.wgsl, network.wgsl and noise.wgsl.
// Bindings: 0 weights; 1 plan, whose latents, proposed sequences, mean and std are read; 2 noise: sampled sequences
// `[states, samples - policy_samples, horizon, action]`, then terminal actions `[states, samples, action]`, unless
// generated; 3 sequences `[states, samples, horizon, action]`, written; 4 values `[states, samples]`, written; 5 params
// (uniform).
// Limits: five storage buffers; those of network.wgsl; action_dim <= THREADS.
// Rust counterparts: Rollout::score in core/src/planner/mppi/cpu/rollout.rs; Planning::score in
// core/src/planner/mppi/plain.rs.

@group(0) @binding(0) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> plan: array<f32>;
@group(0) @binding(2) var<storage, read_write> noise: array<f32>;
@group(0) @binding(3) var<storage, read_write> sequences: array<f32>;
@group(0) @binding(4) var<storage, read_write> values: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

// Returns dimension d of a sequence's action at a step.
fn action_of(state: u32, sample: u32, step: u32, d: u32) -> f32 {
    let width = params.horizon * params.action_dim;
    let at = step * params.action_dim + d;
    if sample < params.policy_samples {
        return plan[params.proposed_at + (state * params.policy_samples + sample) * width + at];
    }
    var x: f32;
    if params.generated == 1u {
        x = normal(SAMPLE_NOISE, params.iteration, state, sample, step, d);
    } else {
        let number = sample - params.policy_samples;
        x = noise[(state * (params.samples - params.policy_samples) + number) * width + at];
    }
    return clamp(plan[params.mean_at + state * width + at] + plan[params.std_at + state * width + at] * x, -1.0, 1.0);
}

fn terminal_noise(state: u32, sample: u32, d: u32) -> f32 {
    if params.generated == 1u {
        return normal(TERMINAL_NOISE, params.iteration, state, sample, params.horizon, d);
    }
    return noise[params.terminal_at + (state * params.samples + sample) * params.action_dim + d];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let state = group.y;
    // Rows after the last sample repeat it and write nothing.
    let first = group.x * R;
    let last = params.samples - 1u;
    for (var k = t; k < params.latent_dim; k += THREADS) {
        act[k] = all_rows(plan[params.latents_at + state * params.latent_dim + k]);
    }
    for (var r = t; r < R; r += THREADS) {
        score[r] = 0.0;
        ended[r] = 0u;
    }
    workgroupBarrier();
    var kept: Kept;
    var discount = 1.0;
    var is_new = true;
    // Reward, dynamics and termination at each step, the policy that ends a sequence under a Q value, and the members
    // of the value: one loop, so that the code of a network is compiled once.
    let each = select(2u, 3u, params.networks[TERMINATION].y > 0u);
    let rolled = each * params.horizon;
    let judged = rolled + params.q_value;
    for (var run = 0u; run < judged + params.members; run++) {
        let step = run / each;
        var network = VALUE;
        var member = 0u;
        if run < rolled {
            network = select(select(REWARD, DYNAMICS, run % each == 1u), TERMINATION, run % each == 2u);
        } else if run < judged {
            network = params.policies[2].network;
        } else {
            member = params.member[(run - judged) / 4u][(run - judged) % 4u];
        }
        if network == REWARD {
            for (var i = 0u; i < ACTIONS; i++) {
                let d = t + i * THREADS;
                if d < params.action_dim {
                    for (var r = 0u; r < R; r++) {
                        let sample = min(first + r, last);
                        let action = action_of(state, sample, step, d);
                        kept.action[i][r / P][r % P] = action;
                        if first + r <= last {
                            let sequence = state * params.samples + sample;
                            sequences[(sequence * params.horizon + step) * params.action_dim + d] = action;
                        }
                    }
                }
            }
        }
        // A new latent state in `act` is the input of one network and is kept for the following ones.
        if is_new {
            keep_latent(t, &kept);
        } else {
            restore_latent(t, &kept);
        }
        is_new = network == DYNAMICS;
        put_action(t, &kept);
        run_network(t, network, member);
        if network == REWARD || network == VALUE {
            decode(t, select(discount, discount / f32(params.members), network == VALUE));
        } else if network == DYNAMICS {
            discount *= params.discount;
        } else if network == TERMINATION {
            for (var r = t; r < R; r += THREADS) {
                if act[0][r / P][r % P] > 0.0 {
                    ended[r] = 1u;
                }
            }
            workgroupBarrier();
        } else {
            for (var i = 0u; i < ACTIONS; i++) {
                let d = t + i * THREADS;
                if d < params.action_dim {
                    var x = Rows();
                    for (var r = 0u; r < R; r++) {
                        x[r / P][r % P] = terminal_noise(state, min(first + r, last), d);
                    }
                    kept.action[i] = policy_action(params.policies[2], d, x);
                }
            }
            workgroupBarrier();
        }
    }
    for (var r = t; r < R; r += THREADS) {
        if first + r <= last {
            values[state * params.samples + first + r] = bounded(score[r]);
        }
    }
}
