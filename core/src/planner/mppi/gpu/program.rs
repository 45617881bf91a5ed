//! The parameters of a plan's kernels, from model, settings and request.

use bootstride_shaders::{MAX_LAYERS, MAX_MEMBERS, MISH, SIM_NORM, TERMINATION};

use super::super::{NoiseSource, PlanMode, PlanNoise, PlanRequest, PlanShape, PlannerSettings, ends_with_action};
use super::layout::{LayerLayout, Layout};
use super::params::{CallParams, LayerParams, POLICIES, Params, PolicyParams};
use crate::compute::gpu::uniform::words;
use crate::math::random::key;
use crate::model::{LogStdRange, PolicyKind, WorldModel};
use crate::nn::Activation;

/// Number of the first policy among the networks of the layout.
const FIRST_POLICY: usize = TERMINATION + 1;

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

/// What one launch of a per-layer kernel works on.
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
    fn params(self) -> CallParams {
        CallParams {
            first: self.first as u32,
            rows: self.rows as u32,
            per_state: self.per_state as u32,
            layer: self.layer as u32,
            member: self.member as u32,
            input_stride: self.input_stride as u32,
            output_stride: self.output_stride as u32,
            step: self.step as u32,
            head: self.head as u32,
            scale: self.scale,
            last: u32::from(self.last),
            unused: 0,
        }
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
    pub fn words_for(&self, iteration: usize, call: Call) -> Vec<u32> {
        words(&self.params(iteration, call))
    }

    #[allow(clippy::cast_possible_truncation, reason = "sizes of buffers that a device can hold")]
    fn params(&self, iteration: usize, call: Call) -> Params {
        let Self { model, settings, shape, layout, buffer, .. } = self;
        let PlanShape { states, samples, policy_samples, horizon, action_dim, .. } = *shape;
        let members = self.noise.members.get(iteration).map_or(&[][..], Vec::as_slice);
        let (generated, seed, decision, purpose) = match &self.request.noise {
            NoiseSource::Key(place) => (1, key(place.seed), place.decision, place.purpose as u32),
            NoiseSource::Given(_) => (0, [0; 2], 0, 0),
        };
        let config = &settings.config;
        let terminal = settings.terminal_policy;
        let guide = |guide: usize| {
            let kind = settings.guides.get(guide).copied().unwrap_or(terminal);
            let policy = model.policy(kind);
            let exploring = self.request.mode == PlanMode::Reanalyze;
            self.policy(kind, if exploring { policy.reanalyze_range() } else { policy.range() })
        };
        let network = |network: usize| {
            let (first, count) = layout.networks.get(network).copied().unwrap_or((0, 0));
            [first as u32, count as u32, 0, 0]
        };
        let mut member = [0; MAX_MEMBERS];
        for (to, &from) in member.iter_mut().zip(members) {
            *to = from as u32;
        }
        let mut layers = [LayerParams::default(); MAX_LAYERS];
        for (to, from) in layers.iter_mut().zip(&layout.layers) {
            *to = layer(from);
        }
        Params {
            observation_dim: model.observation_dim as u32,
            latent_dim: model.latent_dim as u32,
            action_dim: action_dim as u32,
            horizon: horizon as u32,
            states: states as u32,
            samples: samples as u32,
            policy_samples: policy_samples as u32,
            elites: config.elites as u32,
            iteration: iteration as u32,
            members: members.len() as u32,
            guides: settings.guides.len().max(1) as u32,
            q_value: u32::from(ends_with_action(model)),
            latents_at: buffer.latents as u32,
            proposed_at: buffer.proposed as u32,
            mean_at: buffer.mean as u32,
            std_at: buffer.std as u32,
            terminal_at: (states * (samples - policy_samples) * horizon * action_dim) as u32,
            bins_at: layout.bins as u32,
            bins: model.regression.bins() as u32,
            generated,
            seed_low: seed[0],
            seed_high: seed[1],
            decision,
            purpose,
            discount: settings.discount,
            temperature: config.temperature,
            min_std: config.min_std,
            max_std: config.max_std,
            policies: [guide(0), guide(1), self.policy(terminal, model.policy(terminal).range())],
            member,
            networks: std::array::from_fn::<_, { FIRST_POLICY + POLICIES }, _>(network),
            layers,
            call: call.params(),
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "a handful of networks")]
    fn policy(&self, kind: PolicyKind, range: LogStdRange) -> PolicyParams {
        PolicyParams {
            network: self.network_of(kind) as u32,
            squashed: u32::from(self.model.policy(kind).kind == PolicyKind::MaxQ),
            min_log_std: range.min,
            max_log_std: range.max,
        }
    }

    /// Returns the network number of a policy in the layout.
    pub fn network_of(&self, kind: PolicyKind) -> usize {
        let kind = self.model.policy(kind).kind;
        FIRST_POLICY + self.model.policies.iter().position(|policy| policy.kind == kind).unwrap_or(0)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "sizes of buffers that a device can hold")]
fn layer(layout: &LayerLayout) -> LayerParams {
    let (activation, group) = match layout.activation {
        Activation::None => (0, 1),
        Activation::Mish => (MISH, 1),
        Activation::SimNorm(group) => (SIM_NORM, group as u32),
    };
    LayerParams {
        weight: layout.weight as u32,
        vectors: layout.vectors as u32,
        weight_stride: layout.weight_stride as u32,
        vectors_stride: layout.vectors_stride as u32,
        input: layout.input as u32,
        output: layout.output as u32,
        activation,
        group,
    }
}
