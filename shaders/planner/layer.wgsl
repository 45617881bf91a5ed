// One layer of a network: activation(x W + b) for rows of activations. One workgroup per row, whose threads stride over
// the columns. Equivalent to run_layer in network.wgsl, but written for readability.
//
// Dispatch: one workgroup per row, over both dimensions of the grid. Prepended: geometry.wgsl and params.wgsl.
// Bindings: 0 weights, in the layout described in network.wgsl; 1 input, rows of `call.input_stride` that begin with
// the layer's inputs; 2 output, likewise, written; must be a different buffer than the input; 3 params (uniform).
// Limits: three storage buffers, 4 THREADS bytes of workgroup memory; THREADS is a power of two. Any width.
// Rust counterpart: Layer::forward in core/src/nn/layer.rs.

@group(0) @binding(0) var<storage, read_write> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const BIAS: u32 = 0u;
const SCALE: u32 = 1u;
const SHIFT: u32 = 2u;
const FACTOR: u32 = 3u;

// Row k of the weight matrix at a column; at half precision as a fraction of the column's factor.
fn weight(layer: Layer, k: u32, column: u32) -> f32 {
    let groups = (layer.output + 3u) / 4u;
    let first = layer.weight + params.call.member * layer.weight_stride + column / 4u;
    if HALF {
        // Two rows share a vec4: xy of the even one, zw of the odd one.
        let word = weights[first + k / 2u * groups][2u * (k % 2u) + column % 4u / 2u];
        return unpack2x16snorm(word)[column % 2u];
    }
    return bitcast<f32>(weights[first + k * groups][column % 4u]);
}

// Bias, scale, shift or factor at a column.
fn vector(layer: Layer, which: u32, column: u32) -> f32 {
    let groups = (layer.output + 3u) / 4u;
    let first = layer.vectors + params.call.member * layer.vectors_stride + which * groups;
    return bitcast<f32>(weights[first + column / 4u][column % 4u]);
}

fn mish(x: f32) -> f32 {
    let n = exp(min(x, MISH_BOUND));
    let product = n * (n + 2.0);
    return x * (product / (product + 2.0));
}

var<workgroup> partial: array<f32, THREADS>;

// Returns the sum of `x` over all threads.
fn sum(t: u32, x: f32) -> f32 {
    partial[t] = x;
    workgroupBarrier();
    for (var half = THREADS / 2u; half > 0u; half /= 2u) {
        if t < half {
            partial[t] += partial[t + half];
        }
        workgroupBarrier();
    }
    let total = partial[0];
    workgroupBarrier();
    return total;
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) t: u32,
) {
    let row = group.y * grid.x + group.x;
    if row >= params.call.rows {
        return;
    }
    let layer = params.layers[params.call.layer];
    let width = layer.output;
    let first_input = row * params.call.input_stride;
    let first_output = row * params.call.output_stride;

    // x W + b; the factor is part of every weight of a column, and so not applied to the sum.
    var total = 0.0;
    for (var column = t; column < width; column += THREADS) {
        var x = 0.0;
        for (var k = 0u; k < layer.input; k++) {
            x += input[first_input + k] * weight(layer, k, column);
        }
        if HALF {
            x *= vector(layer, FACTOR, column);
        }
        x += vector(layer, BIAS, column);
        output[first_output + column] = x;
        total += x;
    }
    if layer.activation == 0u {
        return;
    }

    // LayerNorm: each thread reads only the columns that it wrote itself.
    let mean = sum(t, total) / f32(width);
    var squares = 0.0;
    for (var column = t; column < width; column += THREADS) {
        let distance = output[first_output + column] - mean;
        squares += distance * distance;
    }
    let factor = 1.0 / sqrt(sum(t, squares) / f32(width) + LAYER_NORM_EPSILON);
    for (var column = t; column < width; column += THREADS) {
        let normalised = (output[first_output + column] - mean) * factor;
        let x = normalised * vector(layer, SCALE, column) + vector(layer, SHIFT, column);
        output[first_output + column] = select(x, mish(x), layer.activation == MISH);
    }
    if layer.activation == MISH {
        return;
    }

    // SimNorm: softmax inside groups of neighbouring columns, one thread per group.
    storageBarrier();
    workgroupBarrier();
    for (var first = t * layer.group; first < width; first += THREADS * layer.group) {
        var top = output[first_output + first];
        for (var i = 1u; i < layer.group; i++) {
            top = max(top, output[first_output + first + i]);
        }
        var whole = 0.0;
        for (var i = 0u; i < layer.group; i++) {
            whole += exp(output[first_output + first + i] - top);
        }
        for (var i = 0u; i < layer.group; i++) {
            output[first_output + first + i] = exp(output[first_output + first + i] - top) / whole;
        }
    }
}
