// Latent states of the observations.
//
// Dispatch: ceil(states / R) workgroups. Prepended: geometry.wgsl, params.wgsl and network.wgsl.
// Bindings: 0 weights; 1 observations `[states, observation]`; 2 plan, whose latents `[states, latent]` are written; 3
// params (uniform).
// Limits: three storage buffers; those of network.wgsl.
// Rust counterpart: WorldModel::encode in core/src/model/mod.rs.

@group(0) @binding(0) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> observations: array<f32>;
@group(0) @binding(2) var<storage, read_write> plan: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
    let first = group.x * R;
    for (var k = t; k <= params.observation_dim; k += THREADS) {
        var x = Rows();
        if k < params.observation_dim {
            for (var r = 0u; r < R; r++) {
                x[r / P][r % P] = observations[min(first + r, params.states - 1u) * params.observation_dim + k];
            }
        }
        act[k] = x;
    }
    workgroupBarrier();
    run_network(t, ENCODER, 0u);
    for (var k = t; k < params.latent_dim; k += THREADS) {
        for (var r = 0u; r < R; r++) {
            if first + r < params.states {
                plan[params.latents_at + (first + r) * params.latent_dim + k] = act[k][r / P][r % P];
            }
        }
    }
}
