// Networks on R rows whose activations stay in workgroup memory. Put behind planner.wgsl, in front of plan_encode,
// plan_propose and plan_score, which bind `weights` (array<vec4<u32>>) and `params`. Not a kernel by itself.
//
// Layout of a weight matrix, `groups` = ceil(output / 4):
//   32 bits: weights[at + k * groups + g] is row k, columns 4g to 4g+3, as bits of floats;
//   16 bits: weights[at + k / 2 * groups + g] is rows k (xy) and k+1 (zw) for an even k, as pairs of halves.
// Vectors are always 32 bits. Limits: output <= 4 THREADS, input <= WIDTH, 4 ceil(output / 4) <= WIDTH; workgroup memory is
// 4 R (WIDTH + THREADS) bytes. Every function with a barrier is called by all invocations.
//
// Rust twins: core/src/planner/fused/kernel.rs (product, layer_norm, mish, softmax, decode).

// Column k of all rows.
var<workgroup> act: array<Rows, WIDTH>;
var<workgroup> partial: array<Rows, THREADS>;

const SEGMENTS: u32 = 16u;

// The sum over all invocations.
fn sum_all(t: u32, x: Rows) -> Rows {
    let length = THREADS / SEGMENTS;
    partial[t] = x;
    workgroupBarrier();
    if t < SEGMENTS {
        var total = partial[t * length];
        for (var i = 1u; i < length; i++) {
            total += partial[t * length + i];
        }
        partial[t * length] = total;
    }
    workgroupBarrier();
    var total = partial[0];
    for (var i = 1u; i < SEGMENTS; i++) {
        total += partial[i * length];
    }
    workgroupBarrier();
    return total;
}

// The maximum over all invocations.
fn max_all(t: u32, x: Rows) -> Rows {
    let length = THREADS / SEGMENTS;
    partial[t] = x;
    workgroupBarrier();
    if t < SEGMENTS {
        var top = partial[t * length];
        for (var i = 1u; i < length; i++) {
            top = max(top, partial[t * length + i]);
        }
        partial[t * length] = top;
    }
    workgroupBarrier();
    var top = partial[0];
    for (var i = 1u; i < SEGMENTS; i++) {
        top = max(top, partial[i * length]);
    }
    workgroupBarrier();
    return top;
}

fn mish(x: Rows) -> Rows {
    let n = exp(min(x, Rows(20.0)));
    let product = n * (n + 2.0);
    return x * (product / (product + 2.0));
}

fn floats(at: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(weights[at]);
}

// `act` through one layer, in place. The invocations split the columns in groups of four, and where there are more
// invocations than groups also the inputs, in slices.
fn run_layer(t: u32, layer: Layer, member: u32) {
    let groups = (layer.output + 3u) / 4u;
    let pairs = (layer.input + 1u) / 2u;
    // Sums of all slices but the first pass through `act`.
    let slices = min(THREADS / groups, 1u + WIDTH / (4u * groups));
    let g = t % groups;
    let slice = t / groups;
    var a0 = Rows();
    var a1 = Rows();
    var a2 = Rows();
    var a3 = Rows();
    if slice < slices {
        let first = pairs * slice / slices;
        let last = pairs * (slice + 1u) / slices;
        // The last row of an odd number stands alone.
        let whole = min(last, layer.input / 2u);
        let base = layer.weight + member * layer.weight_stride + g;
        for (var p = first; p < whole; p++) {
            let x = act[2u * p];
            let y = act[2u * p + 1u];
            var w: vec4<f32>;
            var v: vec4<f32>;
            if HALF {
                let packed = weights[base + p * groups];
                w = vec4<f32>(unpack2x16float(packed.x), unpack2x16float(packed.y));
                v = vec4<f32>(unpack2x16float(packed.z), unpack2x16float(packed.w));
            } else {
                w = floats(base + 2u * p * groups);
                v = floats(base + (2u * p + 1u) * groups);
            }
            a0 += w.x * x + v.x * y;
            a1 += w.y * x + v.y * y;
            a2 += w.z * x + v.z * y;
            a3 += w.w * x + v.w * y;
        }
        if whole < last {
            let x = act[2u * whole];
            var w: vec4<f32>;
            if HALF {
                let packed = weights[base + whole * groups];
                w = vec4<f32>(unpack2x16float(packed.x), unpack2x16float(packed.y));
            } else {
                w = floats(base + 2u * whole * groups);
            }
            a0 += w.x * x;
            a1 += w.y * x;
            a2 += w.z * x;
            a3 += w.w * x;
        }
    }
    workgroupBarrier();
    if slices > 1u {
        if slice > 0u && slice < slices {
            let at = 4u * ((slice - 1u) * groups + g);
            act[at] = a0;
            act[at + 1u] = a1;
            act[at + 2u] = a2;
            act[at + 3u] = a3;
        }
        workgroupBarrier();
        if slice == 0u {
            for (var other = 0u; other + 1u < slices; other++) {
                let at = 4u * (other * groups + g);
                a0 += act[at];
                a1 += act[at + 1u];
                a2 += act[at + 2u];
                a3 += act[at + 3u];
            }
        }
        workgroupBarrier();
    }
    let owner = slice == 0u;
    let at = layer.vectors + member * layer.vectors_stride + g;
    // Columns behind the last one count as nothing.
    let column = 4u * g;
    let inside = select(vec4<f32>(), vec4<f32>(vec4<u32>(column, column + 1u, column + 2u, column + 3u) < vec4<u32>(layer.output)), owner);
    if owner {
        let bias = floats(at);
        a0 += bias.x;
        a1 += bias.y;
        a2 += bias.z;
        a3 += bias.w;
    }
    if layer.activation != 0u {
        let width = f32(layer.output);
        let mean = sum_all(t, a0 * inside.x + a1 * inside.y + a2 * inside.z + a3 * inside.w) / width;
        a0 -= mean;
        a1 -= mean;
        a2 -= mean;
        a3 -= mean;
        let squares = a0 * a0 * inside.x + a1 * a1 * inside.y + a2 * a2 * inside.z + a3 * a3 * inside.w;
        let factor = 1.0 / sqrt(sum_all(t, squares) / width + 1e-5);
        if owner {
            let scale = floats(at + groups);
            let shift = floats(at + 2u * groups);
            a0 = a0 * factor * scale.x + shift.x;
            a1 = a1 * factor * scale.y + shift.y;
            a2 = a2 * factor * scale.z + shift.z;
            a3 = a3 * factor * scale.w + shift.w;
            if layer.activation == MISH {
                a0 = mish(a0);
                a1 = mish(a1);
                a2 = mish(a2);
                a3 = mish(a3);
            }
        }
    }
    if owner {
        act[column] = a0;
        act[column + 1u] = a1;
        act[column + 2u] = a2;
        act[column + 3u] = a3;
    }
    workgroupBarrier();
    if layer.activation == SIMNORM {
        simnorm(t, layer.output, layer.group);
    }
}

// Softmax inside groups of neighbouring columns.
fn simnorm(t: u32, width: u32, group: u32) {
    var results: array<Rows, 4>;
    var known = 0xffffffffu;
    var top = Rows();
    var total = Rows();
    for (var j = 0u; j < 4u; j++) {
        let column = 4u * t + j;
        if column < width {
            let first = column / group * group;
            if first != known {
                known = first;
                top = act[first];
                for (var i = 1u; i < group; i++) {
                    top = max(top, act[first + i]);
                }
                total = Rows();
                for (var i = 0u; i < group; i++) {
                    total += exp(act[first + i] - top);
                }
            }
            results[j] = exp(act[column] - top) / total;
        }
    }
    workgroupBarrier();
    for (var j = 0u; j < 4u; j++) {
        let column = 4u * t + j;
        if column < width {
            act[column] = results[j];
        }
    }
    workgroupBarrier();
}

// `act` through a network, in place.
fn run_network(t: u32, network: u32, member: u32) {
    let first = params.networks[network].x;
    let count = params.networks[network].y;
    for (var i = 0u; i < count; i++) {
        run_layer(t, params.layers[first + i], member);
    }
}

// The numbers that the distributions with logits in `act` stand for: symexp of the mean over bins.
fn decode(t: u32) -> Rows {
    var top = Rows(-3.4e38);
    for (var column = t; column < params.bins; column += THREADS) {
        top = max(top, act[column]);
    }
    top = max_all(t, top);
    var total = Rows();
    var mean = Rows();
    for (var column = t; column < params.bins; column += THREADS) {
        let weight = exp(act[column] - top);
        total += weight;
        mean += weight * floats(params.bins_at + column / 4u)[column % 4u];
    }
    let x = sum_all(t, mean) / sum_all(t, total);
    return sign(x) * (exp(abs(x)) - 1.0);
}

// Dimension d of an action of a policy whose output is in `act`.
fn policy_action(head: PolicyHead, d: u32, noise: Rows) -> Rows {
    let mean = act[d];
    let raw = tanh(clamp(act[params.action_dim + d], Rows(-15.0), Rows(15.0)));
    let spread = exp(head.min_log_std + 0.5 * (head.max_log_std - head.min_log_std) * (raw + 1.0)) * noise;
    if head.squashed == 1u {
        return tanh(clamp(mean + spread, Rows(-15.0), Rows(15.0)));
    }
    return clamp(tanh(clamp(mean, Rows(-15.0), Rows(15.0))) + spread, Rows(-1.0), Rows(1.0));
}

// A latent state and an action of each row, kept in registers while a network overwrites `act`.
struct Kept {
    latent: array<Rows, 4>,
    action: Rows,
}

fn keep_latent(t: u32, kept: ptr<function, Kept>) {
    for (var j = 0u; j < 4u; j++) {
        if 4u * t + j < params.latent_dim {
            (*kept).latent[j] = act[4u * t + j];
        }
    }
}

fn restore(t: u32, kept: ptr<function, Kept>) {
    for (var j = 0u; j < 4u; j++) {
        if 4u * t + j < params.latent_dim {
            act[4u * t + j] = (*kept).latent[j];
        }
    }
    if t < params.action_dim {
        act[params.latent_dim + t] = (*kept).action;
    }
    workgroupBarrier();
}
