// One step of Adam with clipping, and of the target that follows the parameter. One thread per number.
//
// Bindings, all f32 and dense, SIZE numbers each except the schedule; all but gradient and schedule are changed in
// place:
//   0 parameter
//   1 gradient
//   2 first     moment
//   3 second    moment
//   4 schedule  [3]  clipping factor, 1 / (1 - beta1^t), sqrt(1 - beta2^t)
//   5 target    only accessed if TARGET_RATE > 0
// Rust counterparts: step in core/src/nn/fused/cpu/optimiser.rs; plain operations: Adam in core/src/nn/adam.rs.

@group(0) @binding(0) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> first: array<f32>;
@group(0) @binding(3) var<storage, read_write> second: array<f32>;
@group(0) @binding(4) var<storage, read_write> schedule: array<f32>;
@group(0) @binding(5) var<storage, read_write> target_copy: array<f32>;

const SIZE: u32 = {{size}}u;
const BETA1: f32 = {{beta1}};
const BETA2: f32 = {{beta2}};
// 1 - beta, which f32 would round too early.
const SHARE1: f32 = {{share1}};
const SHARE2: f32 = {{share2}};
const RATE: f32 = {{rate}};
const EPSILON: f32 = {{epsilon}};
const TARGET_RATE: f32 = {{target_rate}};

@compute @workgroup_size({{threads}}, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let i = number(group, groups) * THREADS + local.x;
    if (i >= SIZE) {
        return;
    }
    let slope = gradient[i] * schedule[0];
    let m = first[i] * BETA1 + slope * SHARE1;
    let v = second[i] * BETA2 + slope * slope * SHARE2;
    first[i] = m;
    second[i] = v;
    let updated = parameter[i] - m / (sqrt(v) / schedule[2] + EPSILON) * (RATE * schedule[1]);
    parameter[i] = updated;
    if (TARGET_RATE > 0.0) {
        target_copy[i] = target_copy[i] + (updated - target_copy[i]) * TARGET_RATE;
    }
}
