//! Kernels of guided MPPI. Each works on the buffers listed at its head, with a plan's parameters as its uniform.

use crate::Wgsl;

const GEOMETRY: &str = include_str!("planner/geometry.wgsl");
const PARAMS: &str = include_str!("planner/params.wgsl");
const NETWORK: &str = include_str!("planner/network.wgsl");
const NOISE: &str = include_str!("planner/noise.wgsl");

/// Packs weights from Burn's tensors into one buffer.
pub const PACK: Wgsl = Wgsl { name: "plan_pack", parts: &[GEOMETRY, include_str!("planner/pack.wgsl")] };
/// Latent states of the observations.
pub const ENCODE: Wgsl =
    Wgsl { name: "plan_encode", parts: &[GEOMETRY, PARAMS, NETWORK, include_str!("planner/encode.wgsl")] };
/// Sequences that the policies propose.
pub const PROPOSE: Wgsl =
    Wgsl { name: "plan_propose", parts: &[GEOMETRY, PARAMS, NETWORK, NOISE, include_str!("planner/propose.wgsl")] };
/// Samples sequences, rolls them out and scores them.
pub const SCORE: Wgsl =
    Wgsl { name: "plan_score", parts: &[GEOMETRY, PARAMS, NETWORK, NOISE, include_str!("planner/score.wgsl")] };
/// Elites, their weights and the next distribution.
pub const UPDATE: Wgsl = Wgsl { name: "plan_update", parts: &[GEOMETRY, PARAMS, include_str!("planner/update.wgsl")] };
/// Layer by layer: one layer of a network.
pub const LAYER: Wgsl = Wgsl { name: "plan_layer", parts: &[GEOMETRY, PARAMS, include_str!("planner/layer.wgsl")] };
/// Layer by layer: initialises rows with the latent state of their state.
pub const LAYERS_BEGIN: Wgsl =
    Wgsl { name: "plan_layers_begin", parts: &[GEOMETRY, PARAMS, include_str!("planner/layers_begin.wgsl")] };
/// Layer by layer: one step's actions of all sequences.
pub const LAYERS_SAMPLE: Wgsl =
    Wgsl { name: "plan_layers_sample", parts: &[GEOMETRY, PARAMS, NOISE, include_str!("planner/layers_sample.wgsl")] };
/// Layer by layer: actions of a policy.
pub const LAYERS_POLICY: Wgsl =
    Wgsl { name: "plan_layers_policy", parts: &[GEOMETRY, PARAMS, NOISE, include_str!("planner/layers_policy.wgsl")] };
/// Layer by layer: adds a reward or value to the predicted returns.
pub const LAYERS_DECODE: Wgsl =
    Wgsl { name: "plan_layers_decode", parts: &[GEOMETRY, PARAMS, include_str!("planner/layers_decode.wgsl")] };
/// Layer by layer: marks sequences that the termination head ends.
pub const LAYERS_END: Wgsl =
    Wgsl { name: "plan_layers_end", parts: &[GEOMETRY, PARAMS, include_str!("planner/layers_end.wgsl")] };

/// All of them.
pub const KERNELS: [Wgsl; 11] = [
    PACK,
    ENCODE,
    PROPOSE,
    SCORE,
    UPDATE,
    LAYER,
    LAYERS_BEGIN,
    LAYERS_SAMPLE,
    LAYERS_POLICY,
    LAYERS_DECODE,
    LAYERS_END,
];
