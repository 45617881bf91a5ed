//! Guided MPPI fused for the CPU: the same plan as [`PlainMppi`](super::PlainMppi), from flat arrays instead of
//! tensors.
//!
//! Samples are scored in tiles that stay in cache, in parallel on native targets. Work that does not change the result
//! is skipped: at the first step all samples of a state share its latent state, so that part of the first layers is one
//! row; the first layers of dynamics and reward are one product; the policies' sequences are rolled out once, as they
//! are proposed, and scored once if the terminal value has no randomness of its own.
//!
//! All memory of a plan except its result is reused by the next one: a plan of the same sizes with the same weights
//! allocates nothing but what it returns.

mod draw;
mod rollout;
mod tile;
mod weights;

use super::{
    IterationTrace, Plan, PlanRequest, PlanShape, Planner, PlannerError, PlannerSettings, StatePlan, Trace, check,
};
use crate::model::WorldModel;
use crate::planner::PlannerConfig;
use draw::Draws;
use rollout::{Rollout, start};
use tile::{Scratch, Tile, Workshop, threads, tiles};
use weights::Weights;

/// The back end on flat arrays, for the CPU.
#[derive(Debug, Default)]
pub struct CpuMppi {
    weights: Weights,
    /// The version of the model that the weights come from.
    version: Option<u64>,
    work: Work,
}

impl Clone for CpuMppi {
    /// Returns a new back end: the memory kept between plans is not part of its value.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The distribution of one state's plan, `[horizon, action]` each.
#[derive(Clone, Debug, Default)]
struct Distribution {
    mean: Vec<f32>,
    std: Vec<f32>,
}

/// The elites of one state in one iteration, best first.
#[derive(Clone, Debug, Default)]
struct Elites {
    samples: Vec<usize>,
    weights: Vec<f32>,
}

/// Memory kept between plans.
#[derive(Debug, Default)]
struct Work {
    /// The sizes, guides and threads that the tiles were made for.
    sizes: Option<(PlanShape, usize, usize)>,
    tiles: Vec<Tile>,
    workshop: Workshop,
    scratch: Scratch,
    latents: Vec<f32>,
    shared: Vec<f32>,
    distributions: Vec<Distribution>,
    elites: Vec<Elites>,
    members: Vec<usize>,
    /// `[states, samples, horizon, action]`.
    sequences: Vec<f32>,
    /// `[states, samples]`.
    values: Vec<f32>,
    /// Noise of one action.
    noise: Vec<f32>,
}

impl Planner for CpuMppi {
    async fn plan(
        &mut self,
        model: &WorldModel,
        settings: &PlannerSettings,
        request: &PlanRequest<'_>,
    ) -> Result<Plan, PlannerError> {
        let shape = check(model, settings, request)?;
        if self.version != Some(model.version()) {
            self.version = None;
            self.weights.update(model).await?;
            self.version = Some(model.version());
        }
        Ok(self.work.plan(&self.weights, model, settings, shape, request))
    }
}

impl Work {
    /// Allocates memory for plans of these sizes.
    fn fit(&mut self, shape: PlanShape, guides: usize) {
        let threads = threads();
        if self.sizes != Some((shape, guides, threads)) {
            self.tiles = tiles(&shape, guides, threads);
            self.workshop = Workshop::new(threads);
            self.sizes = Some((shape, guides, threads));
            self.distributions.resize_with(shape.states, Distribution::default);
            self.elites.resize_with(shape.states, Elites::default);
            self.values = vec![0.0; shape.states * shape.samples];
            self.sequences = vec![0.0; self.values.len() * shape.horizon * shape.action_dim];
            self.noise = vec![0.0; shape.action_dim];
        }
    }

    /// Collects the results of the tiles.
    fn gather(&mut self, shape: &PlanShape) {
        let width = shape.horizon * shape.action_dim;
        for tile in &self.tiles {
            let first = tile.state * shape.samples + tile.start;
            self.values[first..first + tile.rows].copy_from_slice(&tile.values);
            self.sequences[first * width..][..tile.rows * width].copy_from_slice(&tile.sequences);
        }
    }

    fn plan(
        &mut self,
        weights: &Weights,
        model: &WorldModel,
        settings: &PlannerSettings,
        shape: PlanShape,
        request: &PlanRequest<'_>,
    ) -> Plan {
        let PlanShape { samples, iterations, horizon, action_dim, .. } = shape;
        let (config, width) = (&settings.config, horizon * action_dim);
        self.fit(shape, settings.guides.len());
        let (mut latents, mut shared) = (std::mem::take(&mut self.latents), std::mem::take(&mut self.shared));
        start(weights, request.observations, &mut self.scratch, &mut latents, &mut shared);
        let draws = Draws { source: &request.noise, shape, mode: request.mode };
        let rollout = Rollout { weights, settings, shape, draws, model, latents: &latents, shared: &shared };
        for (distribution, previous) in self.distributions.iter_mut().zip(request.previous_means) {
            distribution.begin(previous.as_deref(), action_dim, width, config.max_std);
        }
        let mut traces = Vec::new();
        for iteration in 0..iterations {
            rollout.draws.members(iteration, &mut self.members);
            let (distributions, members) = (&self.distributions, &self.members);
            self.workshop.each(&mut self.tiles, |tile, scratch| {
                rollout.score(distributions, members, iteration, tile, scratch);
            });
            self.gather(&shape);
            for (state, (distribution, elites)) in self.distributions.iter_mut().zip(&mut self.elites).enumerate() {
                elites.choose(&self.values[state * samples..(state + 1) * samples], config);
                distribution.refit(elites, &self.sequences[state * samples * width..], config);
            }
            if request.trace {
                traces.push(self.trace());
            }
        }
        let plan = self.result(&rollout, request, traces);
        (self.latents, self.shared) = (latents, shared);
        plan
    }

    fn trace(&self) -> IterationTrace {
        IterationTrace {
            sequences: self.sequences.clone(),
            values: self.values.clone(),
            elites: self.elites.iter().flat_map(|elites| elites.samples.clone()).collect(),
            weights: self.elites.iter().flat_map(|elites| elites.weights.clone()).collect(),
            mean: self.distributions.iter().flat_map(|distribution| distribution.mean.clone()).collect(),
            std: self.distributions.iter().flat_map(|distribution| distribution.std.clone()).collect(),
        }
    }

    /// Returns the plan after the choice among the elites of the last iteration.
    fn result(&mut self, rollout: &Rollout<'_>, request: &PlanRequest<'_>, iterations: Vec<IterationTrace>) -> Plan {
        let shape = rollout.shape;
        let PlanShape { samples, policy_samples, horizon, action_dim, .. } = shape;
        let width = horizon * action_dim;
        let mut states = Vec::with_capacity(shape.states);
        let mut chosen = Vec::new();
        for (state, (distribution, elites)) in self.distributions.iter().zip(&self.elites).enumerate() {
            let choice = rollout.draws.choice(state, &elites.weights);
            let values = &self.values[state * samples..(state + 1) * samples];
            let sample = elites.samples[choice];
            rollout.draws.action(state, &mut self.noise);
            states.push(StatePlan::new(
                request.mode,
                self.sequences[(state * samples + sample) * width..][..action_dim].to_vec(),
                &distribution.std[..action_dim],
                &self.noise,
                values[sample],
                &values[..policy_samples],
                distribution.mean.clone(),
            ));
            if request.trace {
                chosen.push(choice);
            }
        }
        let trace = request.trace.then(|| {
            let proposed =
                self.sequences.chunks_exact(samples * width).flat_map(|rows| &rows[..policy_samples * width]);
            Trace { shape, policy_sequences: proposed.copied().collect(), iterations, chosen }
        });
        Plan { states, trace }
    }
}

impl Elites {
    /// Selects the best samples and their weights, exp(temperature (G - max G)), normalised.
    fn choose(&mut self, values: &[f32], config: &PlannerConfig) {
        let Self { samples, weights } = self;
        samples.clear();
        samples.extend(0..values.len());
        let best_first = |a: &usize, b: &usize| values[*b].total_cmp(&values[*a]).then(a.cmp(b));
        if config.elites < samples.len() {
            samples.select_nth_unstable_by(config.elites, best_first);
            samples.truncate(config.elites);
        }
        samples.sort_unstable_by(best_first);
        let top = samples.first().map_or(0.0, |&best| values[best]);
        weights.clear();
        weights.extend(samples.iter().map(|&sample| (config.temperature * (values[sample] - top)).exp()));
        let total: f32 = weights.iter().sum();
        for weight in weights {
            *weight /= total;
        }
    }
}

impl Distribution {
    /// Sets the initial distribution: the mean of the previous plan, shifted by one step and padded with zeros.
    fn begin(&mut self, previous: Option<&[f32]>, action_dim: usize, width: usize, std: f32) {
        self.mean.clear();
        if let Some(previous) = previous {
            self.mean.extend_from_slice(&previous[action_dim..]);
        }
        self.mean.resize(width, 0.0);
        self.std.clear();
        self.std.resize(width, std);
    }

    /// Computes mean and standard deviation of the weighted elites.
    fn refit(&mut self, elites: &Elites, sequences: &[f32], config: &PlannerConfig) {
        let Self { mean, std } = self;
        let width = mean.len();
        let total = elites.weights.iter().sum::<f32>() + 1e-9;
        let rows = || {
            let sequence = |&sample: &usize| &sequences[sample * width..(sample + 1) * width];
            elites.samples.iter().map(sequence).zip(&elites.weights)
        };
        mean.fill(0.0);
        std.fill(0.0);
        for (row, weight) in rows() {
            mean.iter_mut().zip(row).for_each(|(mean, a)| *mean += weight * a);
        }
        for mean in &mut *mean {
            *mean /= total;
        }
        for (row, weight) in rows() {
            let deviations = row.iter().zip(&*mean).map(|(a, mean)| a - mean);
            std.iter_mut().zip(deviations).for_each(|(std, deviation)| *std += weight * deviation * deviation);
        }
        for std in std {
            *std = (*std / total).sqrt().clamp(config.min_std, config.max_std);
        }
    }
}
