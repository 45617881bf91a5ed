// Shared by the training kernels: the row that a workgroup works on, and sums over its threads.
//
// Text in double braces is replaced by core/src/compute/gpu. A workgroup has THREADS threads, a power of two.

const THREADS: u32 = {{threads}}u;

var<workgroup> partial: array<f32, THREADS>;

// Returns the number of a workgroup, over both dimensions of the dispatch.
fn number(group: vec3<u32>, groups: vec3<u32>) -> u32 {
    return group.y * groups.x + group.x;
}

// Returns the sum of `x` over all threads.
fn total(thread: u32, x: f32) -> f32 {
    partial[thread] = x;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half = half / 2u) {
        if (thread < half) {
            partial[thread] = partial[thread] + partial[thread + half];
        }
        workgroupBarrier();
    }
    let sum = partial[0];
    workgroupBarrier();
    return sum;
}

// Returns the largest `x` of all threads.
fn largest(thread: u32, x: f32) -> f32 {
    partial[thread] = x;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half = half / 2u) {
        if (thread < half) {
            partial[thread] = max(partial[thread], partial[thread + half]);
        }
        workgroupBarrier();
    }
    let top = partial[0];
    workgroupBarrier();
    return top;
}
