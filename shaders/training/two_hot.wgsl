// Cross-entropy of logits against the two-hot form of numbers. One workgroup per row.
//
// Bindings, all f32 and dense; m members, n rows:
//   0 logits   [m, n, BINS]
//   1 targets  [n]           the same for all members
//   2 output   [m, n]
// Limits: any number of bins; 4 THREADS bytes of workgroup memory.
// Rust counterparts: cross_entropy in core/src/nn/fused/cpu/loss.rs; plain operations: cross_entropy in
// core/src/nn/two_hot.rs.

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> targets: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size({{threads}}, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let row = number(group, groups);
    if (row >= MEMBERS * ROWS) {
        return;
    }
    let at = row * BINS;
    let position = bin_position(targets[row % ROWS]);
    var top = logits[at];
    for (var bin = local.x; bin < BINS; bin += THREADS) {
        top = max(top, logits[at + bin]);
    }
    top = largest(local.x, top);
    var weight = 0.0;
    var hit = 0.0;
    for (var bin = local.x; bin < BINS; bin += THREADS) {
        weight += exp(logits[at + bin] - top);
        hit += two_hot(position, bin) * (logits[at + bin] - top);
    }
    weight = total(local.x, weight);
    hit = total(local.x, hit);
    if (local.x == 0u) {
        output[row] = log(weight) - hit;
    }
}
