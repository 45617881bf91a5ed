// Random numbers of a plan: Philox4x32-10 keyed by a number's use, and the Box-Muller transform. Inserted after
// params.wgsl into the kernels that draw, which bind `params`. Not a kernel by itself.
//
// Integers match the Rust counterpart bit for bit; normal numbers agree to about 1e-6. Sine and cosine are polynomials,
// since WGSL guarantees an accuracy of only 2^-11 for its own.
//
// Rust counterparts: philox4x32 and normals_f32 in core/src/math/random.rs; NoiseKey::words in
// core/src/planner/mppi/noise.rs.

const POLICY_NOISE: u32 = {{policy_noise}}u;
const SAMPLE_NOISE: u32 = {{sample_noise}}u;
const TERMINAL_NOISE: u32 = {{terminal_noise}}u;

// High and low word of a product.
fn multiply(a: u32, b: u32) -> vec2<u32> {
    let a_low = a & 0xffffu;
    let a_high = a >> 16u;
    let b_low = b & 0xffffu;
    let b_high = b >> 16u;
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 16u);
    let other = a_low * b_high + (middle & 0xffffu);
    return vec2<u32>(a_high * b_high + (middle >> 16u) + (other >> 16u), a * b);
}

fn philox(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
    var c = counter;
    var k = key;
    for (var round = 0u; round < 10u; round++) {
        let p = multiply(0xD2511F53u, c.x);
        let q = multiply(0xCD9E8D57u, c.z);
        c = vec4<u32>(q.x ^ c.y ^ k.x, q.y, p.x ^ c.w ^ k.y, p.y);
        k += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// Converts a word to a number in (0, 1].
fn unit(word: u32) -> f32 {
    return f32((word >> 8u) + 1u) * (1.0 / 16777216.0);
}

// Cosine (x) and sine (y) of a whole turn times `u`, for `u` in [0, 1].
fn turn(u: f32) -> vec2<f32> {
    // The nearest quarter turn, and the remainder, at most an eighth.
    let quarter = round(4.0 * u);
    let x = (u - 0.25 * quarter) * 6.2831853;
    let s = x * x;
    let sine = x * (1.0 + s * (-0.16666667 + s * (8.333333e-3 + s * (-1.984127e-4 + s * 2.7557319e-6))));
    let cosine = 1.0 + s * (-0.5 + s * (4.1666667e-2 + s * (-1.3888889e-3 + s * 2.4801587e-5)));
    switch u32(quarter) & 3u {
        case 0u: { return vec2<f32>(cosine, sine); }
        case 1u: { return vec2<f32>(-sine, cosine); }
        case 2u: { return vec2<f32>(-cosine, -sine); }
        default: { return vec2<f32>(sine, -cosine); }
    }
}

// Returns the standard normal number for dimension `d` at a position in the plan.
fn normal(kind: u32, iteration: u32, state: u32, sample: u32, step: u32, d: u32) -> f32 {
    let tag = (params.purpose << 24u) | (kind << 16u) | iteration;
    let counter = vec4<u32>(params.decision, tag, (state << 16u) | sample, (step << 16u) | (d / 4u));
    let words = philox(counter, vec2<u32>(params.seed_low, params.seed_high));
    let pair = select(words.xy, words.zw, (d & 2u) == 2u);
    return sqrt(-2.0 * log(unit(pair.x))) * turn(unit(pair.y))[d & 1u];
}
