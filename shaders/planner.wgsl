// Shared by the planner's kernels: the sizes of a plan, the random numbers, and networks on rows in workgroup memory.
// Prepended to all plan_* kernels but plan_pack. Not a kernel by itself.
//
// Constants that the launcher prepends: THREADS (invocations, at most 256), WIDTH (elements of `act`), R (rows per
// workgroup, even), G (groups of four columns per invocation), ACTIONS (dimensions of an action per invocation), HALF
// (weights as pairs of 16-bit fractions). Rows (one number per row) is an array of V = R / P vectors of P floats; Tile
// is an invocation's part of a layer: G groups of four columns of Rows. SEGMENT invocations combine their sums first.
//
// Rust counterparts: core/src/compute/cpu and core/src/planner/mppi/cpu/weights.rs for the networks,
// core/src/planner/mppi/noise.rs for the numbers, core/src/planner/mppi/gpu/program.rs for the layout of Params.

const MISH: u32 = 1u;
const SIMNORM: u32 = 2u;
const MAX_LAYERS: u32 = 32u;

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

// What one launch of a per-layer kernel (plan_layer, plan_layers_*) works on; zeros elsewhere.
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
    member: array<vec4<u32>, 16>,
    // First layer and number of layers: encoder, dynamics, reward, value, termination (no layers without such a head),
    // and one per policy.
    networks: array<vec4<u32>, 7>,
    layers: array<Layer, MAX_LAYERS>,
    call: Call,
}

const ENCODER: u32 = 0u;
const DYNAMICS: u32 = 1u;
const REWARD: u32 = 2u;
const VALUE: u32 = 3u;
const TERMINATION: u32 = 4u;
