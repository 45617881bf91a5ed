// Initialises every row with the latent state of the state that it belongs to.
//
// Dispatch: one invocation per number written, over both dimensions of the grid. Prepended: geometry.wgsl and params.wgsl.
// Bindings: 0 plan, whose latents `[states, latent]` are read; 1 joined `[rows, latent + action]`, whose latents are
// written; 2 params (uniform).
// Limits: two storage buffers.
// Rust counterpart: repeat in core/src/planner/mppi/plain.rs.

@group(0) @binding(0) var<storage, read_write> plan: array<f32>;
@group(0) @binding(1) var<storage, read_write> joined: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = id.y * grid.x * THREADS + id.x;
    let row = index / params.latent_dim;
    let k = index % params.latent_dim;
    if row >= params.call.rows {
        return;
    }
    let state = (params.call.first + row) / params.call.per_state;
    joined[row * (params.latent_dim + params.action_dim) + k] = plan[params.latents_at + state * params.latent_dim + k];
}
