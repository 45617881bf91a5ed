// Shared by the planner's kernels: the parameters of a plan.
// Inserted after geometry.wgsl into all of them but pack.wgsl. Not a kernel by itself. Text in double braces is
// replaced by the constants in shaders/lib.rs.
//
// Rust counterpart: Params in core/src/planner/mppi/gpu/params.rs, whose layout a test compares with this one.

const MISH: u32 = {{mish}}u;
const SIMNORM: u32 = {{sim_norm}}u;
const MAX_LAYERS: u32 = {{max_layers}}u;
const LAYER_NORM_EPSILON: f32 = {{layer_norm_epsilon}};
// Above it, Mish is the identity in f32; it keeps exp from overflowing.
const MISH_BOUND: f32 = {{mish_bound}};
// Drivers may fail on larger arguments of tanh.
const TANH_BOUND: f32 = {{tanh_bound}};
// Bound of a sequence's predicted return.
const SCORE_BOUND: f32 = {{score_bound}};

struct Layer {
    // First weight, first vector (bias, LayerNorm's scale and shift, at half precision the factors), and the distance
    // between members, in vec4s of `weights`.
    weight: u32,
    vectors: u32,
    weight_stride: u32,
    vectors_stride: u32,
    input: u32,
    output: u32,
    activation: u32,
    group: u32,
}

struct PolicyHead {
    network: u32,
    squashed: u32,
    min_log_std: f32,
    max_log_std: f32,
}

// What one launch of a per-layer kernel (layer, layers_*) works on; zeros elsewhere.
struct Call {
    // The rows: index of the first among all, their number, and the number of rows per state.
    first: u32,
    rows: u32,
    per_state: u32,
    // The layer, the member of an ensemble, and the strides of rows.
    layer: u32,
    member: u32,
    input_stride: u32,
    output_stride: u32,
    step: u32,
    // Index in Params.policies.
    head: u32,
    // Factor of what is added to the predicted returns, and whether it is the last.
    scale: f32,
    last: u32,
    unused: u32,
}

struct Params {
    observation_dim: u32,
    latent_dim: u32,
    action_dim: u32,
    horizon: u32,
    states: u32,
    samples: u32,
    policy_samples: u32,
    elites: u32,
    iteration: u32,
    members: u32,
    guides: u32,
    q_value: u32,
    // Offsets in `plan`.
    latents_at: u32,
    proposed_at: u32,
    mean_at: u32,
    std_at: u32,
    // Offset of the terminal actions' numbers in `noise`, and of the bins' positions in `weights`.
    terminal_at: u32,
    bins_at: u32,
    bins: u32,
    // 1: numbers come from the key, 0: from `noise`.
    generated: u32,
    seed_low: u32,
    seed_high: u32,
    decision: u32,
    purpose: u32,
    discount: f32,
    temperature: f32,
    min_std: f32,
    max_std: f32,
    // Guides 0 and 1, and the policy that ends a sequence under a Q value.
    policies: array<PolicyHead, 3>,
    // The members that score.
    member: array<vec4<u32>, {{max_members}}u / 4u>,
    // First layer and number of layers: encoder, dynamics, reward, value, termination (no layers without such a head),
    // and one per policy.
    networks: array<vec4<u32>, 7>,
    layers: array<Layer, MAX_LAYERS>,
    call: Call,
}

const ENCODER: u32 = {{encoder}}u;
const DYNAMICS: u32 = {{dynamics}}u;
const REWARD: u32 = {{reward}}u;
const VALUE: u32 = {{value}}u;
const TERMINATION: u32 = {{termination}}u;

// Bounds a predicted return; NaN counts as 0. Tested by bits: a compiler may assume that there is none.
fn bounded(x: f32) -> f32 {
    let undefined = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    return select(clamp(x, -SCORE_BOUND, SCORE_BOUND), 0.0, undefined);
}
