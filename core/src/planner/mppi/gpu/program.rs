//! The kernels' parameters. Must match `Params` in `shaders/planner.wgsl`.

use super::super::{NoiseSource, PlanMode, PlanNoise, PlanRequest, PlanShape, PlannerSettings, ends_with_action};
use super::layout::{Layout, MAX_LAYERS};
use crate::math::random::key;
use crate::model::{LogStdRange, PolicyKind, WorldModel};
use crate::nn::Activation;

/// Most members in a plan's parameters.
const MAX_MEMBERS: usize = 64;
// Network numbers in the layout.
pub const ENCODER: usize = 0;
pub const DYNAMICS: usize = 1;
pub const REWARD: usize = 2;
pub const VALUE: usize = 3;
const FIRST_POLICY: usize = 4;

/// Positions in the buffer that a plan works in, in floats.
#[derive(Clone, Copy, Debug)]
pub struct PlanBuffer {
    pub latents: usize,
    pub proposed: usize,
    pub mean: usize,
    pub std: usize,
    pub size: usize,
}

impl PlanBuffer {
    /// Returns the buffer layout of a plan of this shape.
    pub fn of(shape: &PlanShape, latent: usize) -> Self {
        let PlanShape { states, policy_samples, horizon, action_dim, .. } = *shape;
        let width = horizon * action_dim;
        let proposed = states * latent;
        let mean = proposed + states * policy_samples * width;
        let std = mean + states * width;
        Self { latents: 0, proposed, mean, std, size: std + states * width }
    }
}

/// What one launch of a per-layer kernel works on. Must match `Call` in `shaders/planner.wgsl`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call {
    pub first: usize,
    pub rows: usize,
    pub per_state: usize,
    pub layer: usize,
    pub member: usize,
    pub input_stride: usize,
    pub output_stride: usize,
    pub step: usize,
    pub head: usize,
    pub scale: f32,
    pub last: bool,
}

impl Call {
    #[allow(clippy::cast_possible_truncation, reason = "sizes of buffers that a device can hold")]
    fn words(self) -> [u32; 12] {
        let Self { first, rows, per_state, layer, member, input_stride, output_stride, step, head, scale, last } = self;
        let sizes = [first, rows, per_state, layer, member, input_stride, output_stride, step, head];
        let mut words = [0; 12];
        words.iter_mut().zip(sizes).for_each(|(word, size)| *word = size as u32);
        words[9..11].copy_from_slice(&[scale.to_bits(), u32::from(last)]);
        words
    }
}

/// The inputs of a plan's parameters in all iterations.
pub struct Program<'a> {
    pub model: &'a WorldModel,
    pub settings: &'a PlannerSettings,
    pub request: &'a PlanRequest<'a>,
    pub noise: &'a PlanNoise,
    pub shape: PlanShape,
    pub layout: &'a Layout,
    pub buffer: PlanBuffer,
}

impl Program<'_> {
    /// Returns the parameters of a fused kernel at an iteration.
    pub fn words(&self, iteration: usize) -> Vec<u32> {
        self.words_for(iteration, Call::default())
    }

    /// Returns the parameters of a kernel at an iteration.
    #[allow(clippy::cast_possible_truncation, reason = "sizes of buffers that a device can hold")]
    pub fn words_for(&self, iteration: usize, call: Call) -> Vec<u32> {
        let Self { model, settings, shape, layout, buffer, .. } = self;
        let PlanShape { states, samples, policy_samples, horizon, action_dim, .. } = *shape;
        let members = self.noise.members.get(iteration).map_or(&[][..], Vec::as_slice);
        let terminal = states * (samples - policy_samples) * horizon * action_dim;
        let (generated, seed, decision, purpose) = match &self.request.noise {
            NoiseSource::Key(place) => (1, key(place.seed), place.decision, place.purpose as u32),
            NoiseSource::Given(_) => (0, [0; 2], 0, 0),
        };
        let mut words: Vec<u32> = [
            model.observation_dim,
            model.latent_dim,
            action_dim,
            horizon,
            states,
            samples,
            policy_samples,
            settings.config.elites,
            iteration,
            members.len(),
            settings.guides.len().max(1),
            usize::from(ends_with_action(model)),
            buffer.latents,
            buffer.proposed,
            buffer.mean,
            buffer.std,
            terminal,
            layout.bins,
            model.regression.bins(),
        ]
        .map(|x| x as u32)
        .to_vec();
        words.extend([generated, seed[0], seed[1], decision, purpose]);
        let config = &settings.config;
        words.extend([settings.discount, config.temperature, config.min_std, config.max_std].map(f32::to_bits));
        for guide in 0..2 {
            let kind = settings.guides.get(guide).copied().unwrap_or(settings.terminal_policy);
            let policy = model.policy(kind);
            let exploring = self.request.mode == PlanMode::Reanalyze;
            let range = if exploring { policy.reanalyze_range() } else { policy.range() };
            words.extend(self.policy(kind, range));
        }
        let terminal = settings.terminal_policy;
        words.extend(self.policy(terminal, model.policy(terminal).range()));
        words.extend((0..MAX_MEMBERS).map(|i| members.get(i).map_or(0, |&member| member as u32)));
        for network in 0..FIRST_POLICY + 2 {
            let (first, count) = layout.networks.get(network).copied().unwrap_or((0, 0));
            words.extend([first as u32, count as u32, 0, 0]);
        }
        for layer in &layout.layers {
            let (activation, group) = match layer.activation {
                Activation::None => (0, 1),
                Activation::Mish => (1, 1),
                Activation::SimNorm(group) => (2, group),
            };
            let sizes =
                [layer.weight, layer.vectors, layer.weight_stride, layer.vectors_stride, layer.input, layer.output];
            words.extend(sizes.into_iter().chain([activation, group]).map(|x| x as u32));
        }
        words.resize(words.len() + 8 * (MAX_LAYERS - layout.layers.len()), 0);
        words.extend(call.words());
        words
    }

    /// Must match `PolicyHead`.
    #[allow(clippy::cast_possible_truncation, reason = "a handful of networks")]
    fn policy(&self, kind: PolicyKind, range: LogStdRange) -> [u32; 4] {
        let squashed = u32::from(self.model.policy(kind).kind == PolicyKind::MaxQ);
        [self.network_of(kind) as u32, squashed, range.min.to_bits(), range.max.to_bits()]
    }

    /// Returns the network number of a policy in the layout.
    pub fn network_of(&self, kind: PolicyKind) -> usize {
        let kind = self.model.policy(kind).kind;
        FIRST_POLICY + self.model.policies.iter().position(|policy| policy.kind == kind).unwrap_or(0)
    }
}
