//! Planning layer by layer: for models too wide for the fused kernels, and as their readable reference.
//!
//! A row is one sequence. Its latent state and its action are side by side in one buffer, from which every network
//! reads and to which the dynamics write; activations between the layers of a network alternate between two more
//! buffers.

use bootstride_shaders::planner::{LAYER, LAYERS_BEGIN, LAYERS_DECODE, LAYERS_POLICY, LAYERS_SAMPLE};
use bootstride_shaders::{DYNAMICS, ENCODER, REWARD, VALUE, Wgsl};
use burn_cubecl::cubecl::server::Handle;

use super::super::{PlanShape, PlannerError, ends_with_action};
use super::geometry::Geometry;
use super::pack::Weights;
use super::program::{Call, Program};
use crate::compute::gpu::{Queue, grid};
use crate::config::Precision;

/// Rows per call: more than a GPU needs to be busy, few enough that their activations fit a buffer at any sensible
/// width.
const ROWS: usize = 4096;
/// The policy that ends each sequence, among the heads of a plan's parameters.
const LAST_ACTION: usize = 2;

/// Rows of numbers in a buffer, and their stride.
#[derive(Clone, Copy)]
struct Rows<'a> {
    handle: &'a Handle,
    stride: usize,
}

/// Plans layer by layer.
pub struct Layers<'a> {
    program: &'a Program<'a>,
    weights: &'a Weights,
    geometry: Geometry,
    /// `[rows, latent + action]`.
    joined: Handle,
    /// `[rows, widest output]`, for the even layers of a network and for the odd ones.
    hidden: [Handle; 2],
}

impl<'a> Layers<'a> {
    /// Allocates the activations of `program`.
    ///
    /// # Errors
    /// If the device has too little memory.
    pub fn new(
        program: &'a Program<'a>,
        weights: &'a Weights,
        precision: Precision,
        queue: &Queue<'_>,
    ) -> Result<Self, PlannerError> {
        let PlanShape { states, samples, action_dim, .. } = program.shape;
        let widest = weights.layout.widest_output();
        let rows = (states * samples).min(ROWS).max(states);
        // A power of two, since sums are made by halving.
        let threads = widest.next_power_of_two().clamp(32, 256);
        Ok(Self {
            program,
            weights,
            geometry: Geometry { half: precision == Precision::Half, ..Geometry::plain(threads) },
            joined: queue.empty("states and actions", rows * (program.model.latent_dim + action_dim))?,
            hidden: [queue.empty("activations", rows * widest)?, queue.empty("activations", rows * widest)?],
        })
    }

    /// Writes latent states of the observations to the beginning of `plan`.
    ///
    /// # Errors
    /// If the device's limits are exceeded.
    pub fn encode(&self, queue: &mut Queue<'_>, observations: &Handle, plan: &Handle) -> Result<(), PlannerError> {
        let model = self.program.model;
        let call = Call { rows: self.program.shape.states, ..Call::default() };
        let from = Rows { handle: observations, stride: model.observation_dim };
        let to = Rows { handle: plan, stride: model.latent_dim };
        self.network(queue, 0, call, ENCODER, from, Some(to))?;
        Ok(())
    }

    /// Writes the sequences that the policies propose to `plan`.
    ///
    /// # Errors
    /// If the device's limits are exceeded.
    pub fn propose(&self, queue: &mut Queue<'_>, plan: &Handle, noise: &Handle) -> Result<(), PlannerError> {
        let PlanShape { states, policy_samples, horizon, .. } = self.program.shape;
        let guides = &self.program.settings.guides;
        let each = policy_samples / guides.len().max(1);
        for (head, &kind) in guides.iter().enumerate() {
            let policy = self.program.network_of(kind);
            for call in chunks(states, each) {
                let call = Call { head, ..call };
                self.begin(queue, call, plan)?;
                for step in 0..horizon {
                    let call = Call { step, ..call };
                    self.act(queue, 0, call, policy, [noise, plan])?;
                    if step + 1 < horizon {
                        self.network(queue, 0, call, DYNAMICS, self.joined(), Some(self.joined()))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Computes one iteration's sequences and their predicted returns.
    ///
    /// # Errors
    /// If the device's limits are exceeded.
    pub fn score(
        &self,
        queue: &mut Queue<'_>,
        iteration: usize,
        [plan, noise, sequences, values]: [&Handle; 4],
    ) -> Result<(), PlannerError> {
        let Program { model, settings, shape, .. } = self.program;
        let PlanShape { states, samples, horizon, action_dim, .. } = *shape;
        for call in chunks(states, samples) {
            self.begin(queue, call, plan)?;
            let mut discount = 1.0;
            for step in 0..horizon {
                let call = Call { step, ..call };
                let buffers = [plan, noise, sequences, &self.joined];
                self.launch(queue, &LAYERS_SAMPLE, iteration, call, call.rows * action_dim, &buffers)?;
                let logits = self.network(queue, iteration, call, REWARD, self.joined(), None)?;
                let reward = Call { scale: discount, ..call };
                self.decode(queue, iteration, reward, logits, values)?;
                self.network(queue, iteration, call, DYNAMICS, self.joined(), Some(self.joined()))?;
                discount *= settings.discount;
            }
            let call = Call { step: horizon, ..call };
            if ends_with_action(model) {
                let policy = self.program.network_of(settings.terminal_policy);
                let call = Call { head: LAST_ACTION, ..call };
                self.act(queue, iteration, call, policy, [noise, plan])?;
            }
            let members = &self.program.noise.members[iteration];
            #[allow(clippy::cast_precision_loss, reason = "members are few")]
            let scale = discount / members.len() as f32;
            for (i, &member) in members.iter().enumerate() {
                let call = Call { member, scale, last: i + 1 == members.len(), ..call };
                let logits = self.network(queue, iteration, call, VALUE, self.joined(), None)?;
                self.decode(queue, iteration, call, logits, values)?;
            }
        }
        Ok(())
    }

    fn joined(&self) -> Rows<'_> {
        Rows { handle: &self.joined, stride: self.program.model.latent_dim + self.program.shape.action_dim }
    }

    /// Initialises the latent state of every row from its state.
    fn begin(&self, queue: &mut Queue<'_>, call: Call, plan: &Handle) -> Result<(), PlannerError> {
        let count = call.rows * self.program.model.latent_dim;
        self.launch(queue, &LAYERS_BEGIN, 0, call, count, &[plan, &self.joined])
    }

    /// Computes the actions of a policy.
    fn act(
        &self,
        queue: &mut Queue<'_>,
        iteration: usize,
        call: Call,
        policy: usize,
        [noise, plan]: [&Handle; 2],
    ) -> Result<(), PlannerError> {
        let gaussian = self.network(queue, iteration, call, policy, self.joined(), None)?;
        let buffers = [gaussian.handle, noise, plan, &self.joined];
        let count = call.rows * self.program.shape.action_dim;
        self.launch(queue, &LAYERS_POLICY, iteration, call, count, &buffers)
    }

    /// Adds the values encoded by `logits` to the predicted returns.
    fn decode(
        &self,
        queue: &mut Queue<'_>,
        iteration: usize,
        call: Call,
        logits: Rows<'_>,
        values: &Handle,
    ) -> Result<(), PlannerError> {
        let buffers = [&self.weights.handle, logits.handle, values];
        self.launch(queue, &LAYERS_DECODE, iteration, call, call.rows, &buffers)
    }

    /// Runs a network; returns where its outputs are.
    fn network<'b>(
        &'b self,
        queue: &mut Queue<'_>,
        iteration: usize,
        call: Call,
        network: usize,
        mut from: Rows<'b>,
        output: Option<Rows<'b>>,
    ) -> Result<Rows<'b>, PlannerError> {
        let (first, count) = self.weights.layout.networks[network];
        for i in 0..count {
            let hidden = Rows { handle: &self.hidden[i % 2], stride: self.weights.layout.layers[first + i].output };
            let to = output.filter(|_| i + 1 == count).unwrap_or(hidden);
            let call = Call { layer: first + i, input_stride: from.stride, output_stride: to.stride, ..call };
            // One workgroup per row.
            let buffers = [&self.weights.handle, from.handle, to.handle];
            let words = self.program.words_for(iteration, call);
            queue.launch(self.geometry.kernel(&LAYER), grid(call.rows), &buffers, &words)?;
            from = to;
        }
        Ok(from)
    }

    /// Launches a kernel with one invocation for each of `count` numbers.
    fn launch(
        &self,
        queue: &mut Queue<'_>,
        source: &Wgsl,
        iteration: usize,
        call: Call,
        count: usize,
        buffers: &[&Handle],
    ) -> Result<(), PlannerError> {
        let groups = count.div_ceil(self.geometry.threads);
        let words = self.program.words_for(iteration, call);
        Ok(queue.launch(self.geometry.kernel(source), grid(groups), buffers, &words)?)
    }
}

/// Splits the rows of a plan for this many states, with this many rows each, into calls of at most [`ROWS`].
fn chunks(states: usize, per_state: usize) -> impl Iterator<Item = Call> {
    let all = states * per_state;
    (0..all).step_by(ROWS).map(move |first| Call { first, rows: ROWS.min(all - first), per_state, ..Call::default() })
}
