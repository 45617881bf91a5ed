// Marks the rows whose sequence ends in the latent state that the dynamics have just written: those whose termination
// logit is positive, a probability above 1/2. A row that has ended stays so.
//
// Dispatch: one invocation per row, over both dimensions of the grid. Prepended: geometry.wgsl and params.wgsl.
// Bindings: 0 logits `[rows]`; 1 ended `[rows]`: replaced at `call.step` 0, then added to; 2 params (uniform).
// Limits: two storage buffers.
// Rust counterpart: WorldModel::ends in core/src/model/mod.rs.

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> ended: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let row = id.y * grid.x * THREADS + id.x;
    if row >= params.call.rows {
        return;
    }
    let now = select(0u, 1u, logits[row] > 0.0);
    if params.call.step == 0u {
        ended[row] = now;
    } else {
        ended[row] |= now;
    }
}
