// Networks on R rows whose activations stay in workgroup memory. Inserted after params.wgsl into encode.wgsl,
// propose.wgsl and score.wgsl, which bind `weights` (array<vec4<u32>>) and `params`. Not a kernel by itself.
//
// An invocation holds G groups of four columns of all rows in registers, so that each loaded weight is used for R rows
// and each activation for 4 G columns.
//
// Layout of a weight matrix, `groups` = ceil(output / 4), with a row of zeros after an odd number of rows:
//   32 bits: weights[at + k * groups + g] is row k, columns 4g to 4g+3, as bits of floats;
//   16 bits: weights[at + k / 2 * groups + g] is rows k (xy) and k+1 (zw) for an even k, as pairs of fractions (snorm)
//   of the largest weight of their column, which is the column's factor.
// Vectors (bias, LayerNorm's scale and shift, and the factors after 16-bit weights) are always 32 bits, and a member's
// are stored together. Limits: output <= 4 G THREADS, input + 1 <= WIDTH, 4 ceil(output / 4) <= WIDTH; workgroup memory
// is 4 R (WIDTH + 2 THREADS + 4) bytes. Every function with a barrier must be called by all invocations. The element
// after an odd number of inputs in `act` must be finite, since its weight is 0.
//
// Rust counterparts: product in core/src/compute/cpu/product/mod.rs; Epilogue::apply, sim_norm and decode in
// core/src/compute/cpu/epilogue.rs; Network in core/src/planner/mppi/cpu/weights.rs.

// Column k of all rows.
var<workgroup> act: array<Rows, WIDTH>;
// Row r of invocation t is at t R + r: the partial results that LayerNorm and decode combine.
var<workgroup> partial: array<vec2<f32>, THREADS * R>;
// LayerNorm's mean and factor of each row.
var<workgroup> stats: array<vec2<f32>, R>;

// Sums accumulated by `decode`, and for each row whether its sequence has ended: 1 or 0.
var<workgroup> score: array<f32, R>;
var<workgroup> ended: array<u32, R>;

fn all_rows(x: f32) -> Rows {
    var rows: Rows;
    for (var i = 0u; i < V; i++) {
        rows[i] = Part(x);
    }
    return rows;
}

fn floats(at: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(weights[at]);
}

fn mish(x: Part) -> Part {
    let n = exp(min(x, Part(MISH_BOUND)));
    let product = n * (n + 2.0);
    return x * (product / (product + 2.0));
}

// Adds the contribution of two inputs, k and k + 1, to four columns; at half precision their factors are applied later.
fn accumulate(tile: ptr<function, Tile>, j: u32, at: u32, groups: u32, k: u32) {
    var w: vec4<f32>;
    var v: vec4<f32>;
    if HALF {
        let packed = weights[at + k / 2u * groups];
        w = vec4<f32>(unpack2x16snorm(packed.x), unpack2x16snorm(packed.y));
        v = vec4<f32>(unpack2x16snorm(packed.z), unpack2x16snorm(packed.w));
    } else {
        w = floats(at + k * groups);
        v = floats(at + (k + 1u) * groups);
    }
    for (var i = 0u; i < V; i++) {
        let x = act[k][i];
        let y = act[k + 1u][i];
        for (var c = 0u; c < 4u; c++) {
            (*tile)[j][c][i] += w[c] * x + v[c] * y;
        }
    }
}

// Returns which of the four columns of a group are columns of a layer.
fn inside(group: u32, output: u32) -> vec4<f32> {
    let first = 4u * group;
    return select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(first, first + 1u, first + 2u, first + 3u) < vec4<u32>(output));
}

// Applies one layer to `act`, in place.
fn run_layer(t: u32, layer: Layer, member: u32) {
    let groups = (layer.output + 3u) / 4u;
    let pairs = (layer.input + 1u) / 2u;
    let base = layer.weight + member * layer.weight_stride;
    var tile = Tile();
    var owner = true;
    if groups <= THREADS {
        // Each invocation has at most one group. If there are more invocations than groups, they also split the inputs,
        // in slices; sums of all slices but the first pass through `act`.
        let slices = min(THREADS / groups, 1u + WIDTH / (4u * groups));
        let g = t % groups;
        let slice = t / groups;
        owner = slice == 0u;
        if slice < slices {
            let last = pairs * (slice + 1u) / slices;
            for (var p = pairs * slice / slices; p < last; p++) {
                accumulate(&tile, 0u, base + g, groups, 2u * p);
            }
        }
        workgroupBarrier();
        if slices > 1u {
            if slice > 0u && slice < slices {
                let at = 4u * ((slice - 1u) * groups + g);
                for (var c = 0u; c < 4u; c++) {
                    act[at + c] = tile[0][c];
                }
            }
            workgroupBarrier();
            if owner {
                for (var other = 0u; other + 1u < slices; other++) {
                    let at = 4u * (other * groups + g);
                    for (var c = 0u; c < 4u; c++) {
                        for (var i = 0u; i < V; i++) {
                            tile[0][c][i] += act[at + c][i];
                        }
                    }
                }
            }
            workgroupBarrier();
        }
    } else {
        for (var p = 0u; p < pairs; p++) {
            for (var j = 0u; j < G; j++) {
                accumulate(&tile, j, base + min(t + j * THREADS, groups - 1u), groups, 2u * p);
            }
        }
        workgroupBarrier();
    }
    let vectors = layer.vectors + member * layer.vectors_stride;
    if owner {
        for (var j = 0u; j < G; j++) {
            let g = t + j * THREADS;
            let at = vectors + min(g, groups - 1u);
            let bias = floats(at);
            var factor = vec4<f32>(1.0);
            if HALF {
                factor = floats(at + 3u * groups);
            }
            let valid = inside(g, layer.output);
            for (var c = 0u; c < 4u; c++) {
                for (var i = 0u; i < V; i++) {
                    tile[j][c][i] = (tile[j][c][i] * factor[c] + bias[c]) * valid[c];
                }
            }
        }
    }
    if layer.activation != 0u {
        layer_norm(t, layer.output, &tile, owner);
        if owner {
            for (var j = 0u; j < G; j++) {
                let g = t + j * THREADS;
                let at = vectors + min(g, groups - 1u);
                let valid = inside(g, layer.output);
                let scale = floats(at + groups) * valid;
                let shift = floats(at + 2u * groups) * valid;
                for (var c = 0u; c < 4u; c++) {
                    for (var i = 0u; i < V; i++) {
                        var x = tile[j][c][i];
                        for (var r = 0u; r < P; r++) {
                            let row = stats[i * P + r];
                            x[r] = (x[r] - row.x) * row.y;
                        }
                        x = x * scale[c] + shift[c];
                        if layer.activation == MISH {
                            x = mish(x);
                        }
                        tile[j][c][i] = x;
                    }
                }
            }
        }
    }
    if owner {
        for (var j = 0u; j < G; j++) {
            let g = t + j * THREADS;
            if g < groups {
                for (var c = 0u; c < 4u; c++) {
                    act[4u * g + c] = tile[j][c];
                }
            }
        }
    }
    workgroupBarrier();
    if layer.activation == SIMNORM {
        simnorm(t, layer.output, layer.group);
    }
}

// Returns the columns of a layer that invocations `first` to `first + count` own.
fn columns_of(first: u32, count: u32, output: u32) -> f32 {
    var columns = 0u;
    for (var j = 0u; j < G; j++) {
        let at = 4u * (first + j * THREADS);
        columns += min(max(output, at) - at, 4u * count);
    }
    return f32(columns);
}

// Returns the sum and squared distances from the mean of row r over `parts` parts of `each` invocations (Chan, Golub
// and LeVeque, 1983).
fn merge(r: u32, output: u32, first: u32, parts: u32, each: u32) -> vec2<f32> {
    var total = 0.0;
    for (var i = 0u; i < parts; i++) {
        total += partial[(first + i * each) * R + r].x;
    }
    let mean = total / max(columns_of(first, parts * each, output), 1.0);
    var squares = 0.0;
    for (var i = 0u; i < parts; i++) {
        let part = partial[(first + i * each) * R + r];
        let count = columns_of(first + i * each, each, output);
        let distance = part.x / max(count, 1.0) - mean;
        squares += part.y + count * distance * distance;
    }
    return vec2<f32>(total, squares);
}

// Computes mean and factor of all rows, into `stats`.
fn layer_norm(t: u32, output: u32, tile: ptr<function, Tile>, owner: bool) {
    let count = max(columns_of(t, 1u, output), 1.0);
    for (var i = 0u; i < V; i++) {
        var total = Part();
        for (var j = 0u; j < G; j++) {
            total += (*tile)[j][0][i] + (*tile)[j][1][i] + (*tile)[j][2][i] + (*tile)[j][3][i];
        }
        let mean = total / count;
        var squares = Part();
        for (var j = 0u; j < G; j++) {
            let valid = inside(t + j * THREADS, output);
            for (var c = 0u; c < 4u; c++) {
                let distance = ((*tile)[j][c][i] - mean) * valid[c];
                squares += distance * distance;
            }
        }
        for (var r = 0u; r < P; r++) {
            partial[t * R + i * P + r] = select(vec2<f32>(), vec2<f32>(total[r], squares[r]), owner);
        }
    }
    workgroupBarrier();
    if SEGMENT > 1u {
        for (var i = t; i < THREADS / SEGMENT * R; i += THREADS) {
            let first = i / R * SEGMENT;
            partial[first * R + i % R] = merge(i % R, output, first, SEGMENT, 1u);
        }
        workgroupBarrier();
    }
    for (var r = t; r < R; r += THREADS) {
        let all = merge(r, output, 0u, THREADS / SEGMENT, SEGMENT);
        let width = f32(output);
        stats[r] = vec2<f32>(all.x / width, 1.0 / sqrt(all.y / width + LAYER_NORM_EPSILON));
    }
    workgroupBarrier();
}

// Softmax inside groups of neighbouring columns.
fn simnorm(t: u32, width: u32, group: u32) {
    for (var i = t; i < width / group * R; i += THREADS) {
        let first = i / R * group;
        let v = i % R / P;
        let r = i % P;
        var top = act[first][v][r];
        for (var c = 1u; c < group; c++) {
            top = max(top, act[first + c][v][r]);
        }
        var total = 0.0;
        for (var c = 0u; c < group; c++) {
            let x = exp(act[first + c][v][r] - top);
            act[first + c][v][r] = x;
            total += x;
        }
        for (var c = 0u; c < group; c++) {
            act[first + c][v][r] /= total;
        }
    }
    workgroupBarrier();
}

// Applies a network to `act`, in place.
fn run_network(t: u32, network: u32, member: u32) {
    let first = params.networks[network].x;
    let count = params.networks[network].y;
    for (var i = 0u; i < count; i++) {
        run_layer(t, params.layers[first + i], member);
    }
}

// Adds `factor` times the numbers that the distributions with logits in `act` encode, symexp of the mean over bins, to
// `score`, except for rows that have ended.
fn decode(t: u32, factor: f32) {
    let slices = max(THREADS / R, 1u);
    for (var i = t; i < slices * R; i += THREADS) {
        let v = i % R / P;
        let r = i % P;
        var top = -3.4e38;
        for (var column = i / R; column < params.bins; column += slices) {
            top = max(top, act[column][v][r]);
        }
        var total = 0.0;
        var mean = 0.0;
        for (var column = i / R; column < params.bins; column += slices) {
            let weight = exp(act[column][v][r] - top);
            total += weight;
            mean += weight * floats(params.bins_at + column / 4u)[column % 4u];
        }
        partial[i] = vec2<f32>(total, mean);
        partial[slices * R + i].x = top;
    }
    workgroupBarrier();
    for (var r = t; r < R; r += THREADS) {
        var top = -3.4e38;
        for (var i = 0u; i < slices; i++) {
            top = max(top, partial[(slices + i) * R + r].x);
        }
        var sums = vec2<f32>();
        for (var i = 0u; i < slices; i++) {
            sums += exp(partial[(slices + i) * R + r].x - top) * partial[i * R + r];
        }
        let x = sums.y / sums.x;
        score[r] += select(factor * sign(x) * (exp(abs(x)) - 1.0), 0.0, ended[r] == 1u);
    }
    workgroupBarrier();
}

// Returns dimension d of an action of a policy whose output is in `act`.
fn policy_action(head: PolicyHead, d: u32, noise: Rows) -> Rows {
    var action: Rows;
    for (var i = 0u; i < V; i++) {
        let mean = act[d][i];
        let raw = tanh(clamp(act[params.action_dim + d][i], Part(-TANH_BOUND), Part(TANH_BOUND)));
        let spread = exp(head.min_log_std + 0.5 * (head.max_log_std - head.min_log_std) * (raw + 1.0)) * noise[i];
        if head.squashed == 1u {
            action[i] = tanh(clamp(mean + spread, Part(-TANH_BOUND), Part(TANH_BOUND)));
        } else {
            action[i] = clamp(tanh(clamp(mean, Part(-TANH_BOUND), Part(TANH_BOUND))) + spread, Part(-1.0), Part(1.0));
        }
    }
    return action;
}

// A latent state and an action of each row, kept in registers while a network overwrites `act`.
struct Kept {
    latent: Tile,
    action: array<Rows, ACTIONS>,
}

fn keep_latent(t: u32, kept: ptr<function, Kept>) {
    for (var j = 0u; j < G; j++) {
        for (var c = 0u; c < 4u; c++) {
            let k = 4u * (t + j * THREADS) + c;
            if k < params.latent_dim {
                (*kept).latent[j][c] = act[k];
            }
        }
    }
}

fn restore_latent(t: u32, kept: ptr<function, Kept>) {
    for (var j = 0u; j < G; j++) {
        for (var c = 0u; c < 4u; c++) {
            let k = 4u * (t + j * THREADS) + c;
            if k < params.latent_dim {
                act[k] = (*kept).latent[j][c];
            }
        }
    }
}

// Puts the action after the latent state, followed by a zero.
fn put_action(t: u32, kept: ptr<function, Kept>) {
    for (var i = 0u; i < ACTIONS; i++) {
        let d = t + i * THREADS;
        if d < params.action_dim {
            act[params.latent_dim + d] = (*kept).action[i];
        }
    }
    if t == 0u {
        act[params.latent_dim + params.action_dim] = Rows();
    }
    workgroupBarrier();
}
