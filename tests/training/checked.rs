//! Checks the plans of any back end, one iteration at a time.
//!
//! Whole plans cannot be compared number by number: an iteration begins from the distribution that the one before left,
//! networks amplify the last digits in which two engines differ, and a tie at the edge of the elites sends them apart.
//! So each iteration of a plan is compared with what follows from its own beginning: its samples with its distribution,
//! its values with those that the plain engine gives to the same sequences, its elites with those values, its next
//! distribution with its elites. The bound on each is tight, and no iteration is left out.

use bootstride_core::math::Purpose;
use bootstride_core::model::{ValueLearning, WorldModel};
use bootstride_core::nn::read;
use bootstride_core::planner::{
    EliteChoice, IterationTrace, NoiseKey, NoiseSource, PlainMppi, Plan, PlanMode, PlanNoise, PlanRequest, PlanShape,
    Planner, PlannerSettings, Trace,
};
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;

/// What an engine is asked for. All its numbers are made up from these.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub settings: &'a PlannerSettings,
    pub states: usize,
    pub mode: PlanMode,
    pub decision: u32,
}

/// How many choices of elites were compared (one per state and iteration), and how many differed by samples whose
/// values are the same to the tolerance. With a termination head: how many sequences were scored, how many of them it
/// ended, and how many had a logit so close to its threshold that rounding decides, which are not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    pub compared: usize,
    pub tied: usize,
    pub sequences: usize,
    pub ended: usize,
    pub undecided: usize,
}

impl Ties {
    pub fn add(&mut self, other: Self) {
        self.compared += other.compared;
        self.tied += other.tied;
        self.sequences += other.sequences;
        self.ended += other.ended;
        self.undecided += other.undecided;
    }

    /// Fails if more than one in twenty choices is explained by a tie: then something else explains them.
    #[track_caller]
    pub fn assert_rare(self) {
        assert!(self.tied * 20 <= self.compared.max(20), "too many ties to be chance: {self:?}");
        assert!(self.undecided * 50 <= self.sequences.max(50), "too many undecided ends to be chance: {self:?}");
    }
}

type Checked<T> = Result<T, String>;

/// The largest distance between numbers of the same place, relative to those of `a` that are larger than 1.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let distances = a.iter().zip(b).map(|(a, b)| (a - b).abs() / a.abs().max(1.0));
    // A maximum would pass over what is not a number.
    distances.fold(0.0, |worst, distance| if distance > worst || distance.is_nan() { distance } else { worst })
}

fn within(what: &str, expected: &[f32], found: &[f32], tolerance: f32) -> Checked<()> {
    if expected.len() != found.len() {
        return Err(format!("{what}: {} numbers instead of {}", found.len(), expected.len()));
    }
    let off = distance(expected, found);
    if off < tolerance { Ok(()) } else { Err(format!("{what}: off by {off:e}, allowed {tolerance:e}")) }
}

impl Question<'_> {
    fn key(&self) -> NoiseKey {
        NoiseKey { seed: 5, purpose: Purpose::Other, decision: self.decision }
    }

    fn observations(&self, model: &WorldModel) -> Vec<f32> {
        (0..self.states * model.observation_dim).map(|i| (i as f32 * 0.7).cos()).collect()
    }

    /// Some states continue a plan, some begin.
    fn previous(&self, model: &WorldModel) -> Vec<Option<Vec<f32>>> {
        let width = self.settings.config.horizon * model.action_dim;
        (0..self.states).map(|state| (state % 2 == 1).then(|| vec![0.3; width])).collect()
    }

    /// The random numbers of the plan.
    pub fn noise(&self, model: &WorldModel) -> PlanNoise {
        let with_terminal = model.value_learning == ValueLearning::QOffPolicy;
        PlanNoise::draw(self.key(), &self.settings.shape(self.states, model), self.mode, with_terminal)
    }

    /// The engine's plan, with its trace.
    pub fn ask(&self, planner: &mut impl Planner, model: &WorldModel) -> Plan {
        self.ask_with(planner, model, NoiseSource::Key(self.key()))
    }

    /// The same with these random numbers.
    pub fn ask_with(&self, planner: &mut impl Planner, model: &WorldModel, noise: NoiseSource<'_>) -> Plan {
        let (observations, previous) = (self.observations(model), self.previous(model));
        let request =
            PlanRequest { observations: &observations, previous_means: &previous, mode: self.mode, noise, trace: true };
        block_on(planner.plan(model, self.settings, &request)).unwrap()
    }

    /// The settings for a single iteration with this many policy sequences.
    fn single(&self, policy_samples: usize) -> PlannerSettings {
        let mut settings = self.settings.clone();
        (settings.config.iterations, settings.config.many_actions_iterations) = (1, 0);
        settings.config.policy_samples = policy_samples;
        settings
    }

    /// The values that the plain engine gives to all sequences of an iteration: it is handed them as its own samples.
    fn values(&self, oracle: &WorldModel, noise: &PlanNoise, number: usize, sequences: &[f32]) -> Vec<f32> {
        let settings = self.single(0);
        let std = settings.config.max_std;
        let given = PlanNoise {
            policy: Vec::new(),
            samples: vec![sequences.iter().map(|action| action / std).collect()],
            terminal: vec![noise.terminal[number].clone()],
            members: vec![noise.members[number].clone()],
            ..noise.clone()
        };
        let request = PlanRequest {
            observations: &self.observations(oracle),
            previous_means: &vec![None; self.states],
            mode: self.mode,
            noise: NoiseSource::Given(&given),
            trace: true,
        };
        let plan = block_on(PlainMppi.plan(oracle, &settings, &request)).unwrap();
        plan.trace.unwrap().iterations.remove(0).values
    }

    /// Replaces the expected values of sequences with an undecided end by the engine's own, and counts ends.
    fn accept_undecided(
        &self,
        oracle: &WorldModel,
        iteration: &IterationTrace,
        values: &mut [f32],
        tolerance: f32,
    ) -> Ties {
        let mut ties = Ties::default();
        for (row, logits) in self.end_logits(oracle, &iteration.sequences).into_iter().enumerate() {
            ties.sequences += 1;
            let end = logits.iter().position(|logit| *logit > 0.0).unwrap_or(logits.len() - 1);
            if logits[..=end].iter().any(|logit| logit.abs() < 10.0 * tolerance) {
                ties.undecided += 1;
                values[row] = iteration.values[row];
            }
            ties.ended += usize::from(logits[end] > 0.0);
        }
        ties
    }

    /// The logits of the termination head after each step of each of these sequences; none without the head.
    fn end_logits(&self, oracle: &WorldModel, sequences: &[f32]) -> Vec<Vec<f32>> {
        let (horizon, size) = (self.settings.config.horizon, oracle.action_dim);
        let rows = sequences.len() / (horizon * size);
        let tensor =
            |data: Vec<f32>, shape: [usize; 2]| Tensor::from_data(TensorData::new(data, shape), &Device::flex());
        let observations = tensor(self.observations(oracle), [self.states, oracle.observation_dim]);
        let z = oracle.encode(observations).reshape([self.states, 1, oracle.latent_dim]);
        let mut z = z.repeat_dim(1, rows / self.states).reshape([rows, oracle.latent_dim]);
        let mut logits = vec![Vec::new(); if oracle.termination.is_some() { rows } else { 0 }];
        for step in 0..horizon {
            let action = sequences.chunks(size).skip(step).step_by(horizon).flatten().copied().collect();
            z = oracle.next(z, tensor(action, [rows, size]));
            let Some(after) = oracle.termination_logits(z.clone()) else { break };
            let after = block_on(read(vec![after.flatten(0, 1)])).unwrap().remove(0);
            logits.iter_mut().zip(after).for_each(|(logits, logit)| logits.push(logit));
        }
        logits
    }

    /// Checks `plan`, which an engine made of the same model as `oracle`, to a relative tolerance.
    pub fn check(&self, oracle: &WorldModel, plan: &Plan, tolerance: f32) -> Checked<Ties> {
        let trace = plan.trace.as_ref().ok_or("the plan has no trace")?;
        let (shape, noise) = (self.settings.shape(self.states, oracle), self.noise(oracle));
        if trace.shape != shape || trace.iterations.len() != shape.iterations || plan.states.len() != self.states {
            return Err(format!("{:?} where {shape:?} was asked for", trace.shape));
        }
        let settings = self.single(self.settings.config.policy_samples);
        let first = Question { settings: &settings, ..*self }.ask(&mut PlainMppi, oracle).trace.unwrap();
        within("sequences of the policies", &first.policy_sequences, &trace.policy_sequences, tolerance)?;
        let mut ties = Ties::default();
        let (mut mean, mut std) = self.beginning(oracle);
        for (number, iteration) in trace.iterations.iter().enumerate() {
            let of = |what: &str| format!("{what} of iteration {number}");
            let sequences = sequences(&shape, &trace.policy_sequences, [&mean, &std], &noise.samples[number]);
            within(&of("sequences"), &sequences, &iteration.sequences, tolerance)?;
            let mut values = self.values(oracle, &noise, number, &iteration.sequences);
            ties.add(self.accept_undecided(oracle, iteration, &mut values, tolerance));
            within(&of("values"), &values, &iteration.values, tolerance)?;
            ties.add(self.elites(&shape, iteration, &values, tolerance).map_err(|error| of(&error))?);
            let [weights, next_mean, next_std] = self.distribution(&shape, iteration);
            within(&of("weights"), &weights, &iteration.weights, tolerance)?;
            within(&of("mean"), &next_mean, &iteration.mean, tolerance)?;
            within(&of("deviation"), &next_std, &iteration.std, tolerance)?;
            (mean, std) = (iteration.mean.clone(), iteration.std.clone());
        }
        self.outcome(&noise, plan, trace, tolerance)?;
        Ok(ties)
    }

    /// [`check`](Self::check) of a single plan.
    #[track_caller]
    pub fn assert(&self, oracle: &WorldModel, plan: &Plan, tolerance: f32) {
        match self.check(oracle, plan, tolerance) {
            Ok(ties) => ties.assert_rare(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Mean and deviation that the first iteration draws from.
    fn beginning(&self, model: &WorldModel) -> (Vec<f32>, Vec<f32>) {
        let width = self.settings.config.horizon * model.action_dim;
        let shifted = |previous: Option<Vec<f32>>| {
            let mut mean = previous.map_or_else(Vec::new, |previous| previous[model.action_dim..].to_vec());
            mean.resize(width, 0.0);
            mean
        };
        let mean: Vec<f32> = self.previous(model).into_iter().flat_map(shifted).collect();
        let std = vec![self.settings.config.max_std; mean.len()];
        (mean, std)
    }

    /// Whether the elites of an iteration are the best by its own values, and by `values` but for ties.
    fn elites(&self, shape: &PlanShape, found: &IterationTrace, values: &[f32], tolerance: f32) -> Checked<Ties> {
        let count = self.settings.config.elites;
        let mut ties = Ties::default();
        if found.elites.len() != shape.states * count {
            return Err(format!("{} elites", found.elites.len()));
        }
        for (state, elites) in found.elites.chunks(count).enumerate() {
            let row = |all: &'_ [f32]| all[state * shape.samples..][..shape.samples].to_vec();
            let (own, values) = (row(&found.values), row(values));
            let mut chosen = vec![false; shape.samples];
            for elite in elites {
                chosen[*elite] = true;
            }
            if chosen.iter().filter(|chosen| **chosen).count() != count {
                return Err(format!("a sample twice among the elites of state {state}"));
            }
            if elites.windows(2).any(|pair| own[pair[0]] < own[pair[1]]) {
                return Err(format!("an order other than best first in the elites of state {state}"));
            }
            let mut sorted = values.clone();
            sorted.sort_by(|a, b| b.total_cmp(a));
            let last = sorted[count - 1];
            let near = tolerance * last.abs().max(1.0);
            for (sample, value) in values.iter().enumerate() {
                let (missed, wrong) = (!chosen[sample] && *value > last, chosen[sample] && *value < last);
                if (missed || wrong) && (value - last).abs() > near {
                    let what = if missed { "not among" } else { "among" };
                    return Err(format!(
                        "sample {sample} of value {value} {what} the elites of state {state}, of which the last is worth {last},"
                    ));
                }
            }
            ties.compared += 1;
            // Samples of the very same value may stand for each other.
            ties.tied += usize::from(elites.iter().any(|elite| values[*elite] < last));
        }
        Ok(ties)
    }

    /// Weights, mean and deviation that follow from the elites of an iteration and their values.
    fn distribution(&self, shape: &PlanShape, found: &IterationTrace) -> [Vec<f32>; 3] {
        let (config, width) = (&self.settings.config, shape.horizon * shape.action_dim);
        let mut all = [const { Vec::new() }; 3];
        for (state, elites) in found.elites.chunks(config.elites).enumerate() {
            let value = |elite: usize| f64::from(found.values[state * shape.samples + elite]);
            let best = elites.iter().map(|elite| value(*elite)).fold(f64::NEG_INFINITY, f64::max);
            let score = |elite: &usize| (f64::from(config.temperature) * (value(*elite) - best)).exp();
            let sum: f64 = elites.iter().map(score).sum();
            let weights: Vec<f64> = elites.iter().map(|elite| score(elite) / sum).collect();
            all[0].extend(weights.iter().map(|weight| *weight as f32));
            for at in 0..width {
                let action = |elite: usize| f64::from(found.sequences[(state * shape.samples + elite) * width + at]);
                let average = |of: &dyn Fn(f64) -> f64| -> f64 {
                    elites.iter().zip(&weights).map(|(elite, weight)| weight * of(action(*elite))).sum()
                };
                let mean = average(&|action| action);
                let variance = average(&|action| (action - mean).powi(2));
                all[1].push(mean as f32);
                all[2].push((variance.sqrt() as f32).clamp(config.min_std, config.max_std));
            }
        }
        all
    }

    /// Makes these the elites of the first state in a plan of one iteration, with all that follows from them: for tests
    /// of the check itself.
    pub fn replace_elites(&self, model: &WorldModel, plan: &mut Plan, elites: &[usize]) {
        let trace = plan.trace.as_mut().unwrap();
        let (shape, count) = (trace.shape, self.settings.config.elites);
        let last = trace.iterations.last_mut().unwrap();
        let mut elites = elites.to_vec();
        elites.sort_by(|a, b| last.values[*b].total_cmp(&last.values[*a]));
        last.elites[..count].copy_from_slice(&elites);
        [last.weights, last.mean, last.std] = self.distribution(&shape, last);
        let (width, size) = (shape.horizon * shape.action_dim, shape.action_dim);
        trace.chosen[0] = self.noise(model).choice.choose(0, &last.weights[..count]);
        let elite = elites[trace.chosen[0]];
        let state = &mut plan.states[0];
        state.expert_mean = last.sequences[elite * width..][..size].to_vec();
        state.expert_std = last.std[..size].to_vec();
        state.delta_q += last.values[elite] - state.expert_value;
        state.expert_value = last.values[elite];
        state.action.clone_from(&state.expert_mean);
        state.mean = last.mean[..width].to_vec();
    }

    /// Whether the plan is what its last iteration says.
    fn outcome(&self, noise: &PlanNoise, plan: &Plan, trace: &Trace, tolerance: f32) -> Checked<()> {
        let (shape, last) = (trace.shape, trace.iterations.last().ok_or("no iteration")?);
        let (count, width, action_dim) =
            (self.settings.config.elites, shape.horizon * shape.action_dim, shape.action_dim);
        let EliteChoice::Uniform(uniform) = &noise.choice else { return Err("the choice is given".into()) };
        for (state, found) in plan.states.iter().enumerate() {
            let (chosen, weights) = (trace.chosen[state], &last.weights[state * count..][..count]);
            let before: f32 = weights[..chosen].iter().sum();
            if !(before - tolerance..before + weights[chosen] + tolerance).contains(&uniform[state]) {
                return Err(format!("elite {chosen} of state {state} is not at {} of the weights", uniform[state]));
            }
            let elite = state * shape.samples + last.elites[state * count + chosen];
            let expert = &last.sequences[elite * width..][..action_dim];
            let std = &last.std[state * width..][..action_dim];
            let drawn = expert.iter().zip(std).zip(&noise.action[state * action_dim..]);
            let action: Vec<f32> = match self.mode {
                PlanMode::Collect => drawn.map(|((mean, std), noise)| (mean + std * noise).clamp(-1.0, 1.0)).collect(),
                _ => expert.to_vec(),
            };
            let proposed = &last.values[state * shape.samples..][..shape.policy_samples];
            let average = proposed.iter().sum::<f32>() / proposed.len() as f32;
            let delta = if proposed.is_empty() { 0.0 } else { last.values[elite] - average };
            let of = |what: &str| format!("{what} of state {state}");
            within(&of("expert mean"), expert, &found.expert_mean, tolerance)?;
            within(&of("expert deviation"), std, &found.expert_std, tolerance)?;
            within(&of("expert value"), &[last.values[elite]], &[found.expert_value], tolerance)?;
            within(&of("action"), &action, &found.action, tolerance)?;
            within(&of("mean"), &last.mean[state * width..][..width], &found.mean, tolerance)?;
            // A difference of values is as exact as they are.
            let size = last.values[elite].abs().max(average.abs()).max(1.0);
            within(&of("delta-Q"), &[delta / size], &[found.delta_q / size], 2.0 * tolerance)?;
        }
        Ok(())
    }
}

/// All sequences of an iteration: those of the policies, and samples of a distribution.
fn sequences(shape: &PlanShape, policy: &[f32], [mean, std]: [&[f32]; 2], noise: &[f32]) -> Vec<f32> {
    let width = shape.horizon * shape.action_dim;
    let sampled = shape.samples - shape.policy_samples;
    (0..shape.states)
        .flat_map(|state| {
            let own = policy[state * shape.policy_samples * width..][..shape.policy_samples * width].iter().copied();
            let drawn = noise[state * sampled * width..][..sampled * width].iter().enumerate();
            let draw = move |(at, noise): (usize, &f32)| {
                let at = state * width + at % width;
                (mean[at] + std[at] * noise).clamp(-1.0, 1.0)
            };
            own.chain(drawn.map(draw)).collect::<Vec<f32>>()
        })
        .collect()
}
