//! Analysis of a decision.

use super::paths::{Shown, imagined, real, replayed, shown};
use super::rollout::{Answer, Question};
use super::{
    AnalysisOptions, Decision, InspectError, IterationView, MotionDecoder, Path, PathSource, PlanAnalysis, PolicyView,
    RewardSplit,
};
use crate::agent::{ActRequest, Actor as _, Carry, PlanningActor};
use crate::math::Purpose;
use crate::model::WorldModel;
use crate::planner::{IterationTrace, NoiseKey, PlanMode, Planner, PlannerSettings, StatePlan, Trace};
use crate::task::{Environment, EnvironmentSnapshot};

/// Analyzes decisions with the given networks and settings.
#[derive(Debug)]
pub struct Analyzer<'a> {
    /// The networks, outside autodiff.
    pub model: &'a WorldModel,
    /// The settings of the plan to be analyzed or made.
    pub settings: &'a PlannerSettings,
    /// Updates that the networks were trained for.
    pub updates: u64,
    /// A spare environment of the task: recorded states are restored into it, and its state afterwards is undefined.
    pub environment: &'a mut Environment,
    /// Predicts how the world model imagines the body's motion. Without one, or until it is trained, there are no
    /// imagined paths.
    pub decoder: Option<&'a MotionDecoder>,
    /// What to compute.
    pub options: AnalysisOptions,
}

/// The state of the decision to be analyzed.
struct Moment<'a> {
    decision: &'a Decision,
    snapshot: EnvironmentSnapshot,
    observation: Vec<f32>,
    noise: NoiseKey,
}

impl Analyzer<'_> {
    /// Analyzes a decision as it was made, by these networks and settings: `plan` and `trace` are those of its plan.
    ///
    /// # Errors
    /// If the parts do not belong together or the device fails.
    pub async fn analyze(
        &mut self,
        decision: &Decision,
        plan: &StatePlan,
        trace: &Trace,
    ) -> Result<PlanAnalysis, InspectError> {
        let moment = self.moment(decision)?;
        self.take_apart(moment, plan, trace).await
    }

    /// Plans the decision's state again, with the random numbers of its plan but these networks and settings, and
    /// analyzes the new plan. With the original networks and settings, this reproduces the original plan exactly. A
    /// decision without a plan gets one as in an evaluation, with random numbers of its own.
    ///
    /// # Errors
    /// If the settings are invalid, the state does not belong to this task, or the device fails.
    pub async fn replan<P: Planner>(
        &mut self,
        planner: &mut P,
        decision: &Decision,
    ) -> Result<PlanAnalysis, InspectError> {
        let moment = self.moment(decision)?;
        let width = self.settings.config.horizon * self.model.action_dim;
        // With another horizon, the known steps of the previous plan are kept, and the steps beyond them are unknown.
        let previous = decision.previous_mean.clone().map(|mut mean| {
            mean.resize(width, 0.0);
            mean
        });
        let request = ActRequest {
            observations: &moment.observation,
            mode: decision.planned.as_ref().map_or(PlanMode::Evaluate, |planned| planned.mode),
            noise: moment.noise,
            trace: true,
        };
        let mut actor = PlanningActor { planner, settings: self.settings.clone() };
        let mut acted = actor.act(self.model, &mut [Carry { plan_mean: previous }], &request).await?;
        match (acted.actions.pop().and_then(|action| action.plan), acted.trace) {
            (Some(plan), Some(trace)) => self.take_apart(moment, &plan, &trace).await,
            _ => Err(InspectError::Trace { what: "states", found: 0, expected: 1 }),
        }
    }

    /// Restores the decision's state into the environment.
    fn moment<'d>(&mut self, decision: &'d Decision) -> Result<Moment<'d>, InspectError> {
        let snapshot = EnvironmentSnapshot::from_bytes(&decision.snapshot)?;
        self.environment.restore(&snapshot)?;
        let observation = self.environment.observe();
        let (found, expected) = (observation.len(), self.model.observation_dim);
        if found != expected {
            return Err(InspectError::Observation { found, expected });
        }
        let own = NoiseKey { seed: 0, purpose: Purpose::Other, decision: decision.number };
        let noise = decision.planned.as_ref().map_or(own, |planned| planned.noise);
        Ok(Moment { decision, snapshot, observation, noise })
    }

    async fn take_apart(
        &mut self,
        moment: Moment<'_>,
        plan: &StatePlan,
        trace: &Trace,
    ) -> Result<PlanAnalysis, InspectError> {
        let chosen = self.check(plan, trace)?;
        let shape = trace.shape;
        let decoder = self.decoder.filter(|decoder| self.options.imagined && decoder.is_trained());
        let paths = shown(&trace.iterations, chosen, shape.policy_samples, self.options.sample_paths);
        let width = shape.horizon * shape.action_dim;
        let sequence = |path: &Shown| &trace.iterations[path.iteration].sequences[path.sample * width..][..width];
        // The chosen sequence and those of the policies come first, and are scored; the others are only drawn.
        let scored = 1 + shape.policy_samples;
        let rolled = if decoder.is_some() { paths.len() } else { scored };
        let question = Question {
            model: self.model,
            settings: self.settings,
            shape,
            noise: moment.noise,
            observation: moment.observation,
            action: &plan.action,
            sequences: paths[..rolled].iter().map(|path| (path.sample, sequence(path))).collect(),
            scored,
            decoder,
            values: self.options.values,
        };
        let Answer { mut terms, policy, values, velocities } = question.ask().await?;
        let path = |path: &Shown, source: PathSource, points: Vec<[f32; 3]>| Path {
            kind: path.kind,
            source,
            value: trace.iterations[path.iteration].values[path.sample],
            points,
        };
        let start = self.environment.world().tracked();
        let seconds = decision_seconds(self.environment);
        let mut drawn: Vec<Path> = paths
            .iter()
            .zip(&velocities)
            .map(|(shown, velocities)| path(shown, PathSource::Imagined, imagined(&start, velocities, seconds)))
            .collect();
        let count = if self.options.real { self.options.real_paths } else { 0 };
        for shown in replayed(&paths, count) {
            let points = real(self.environment, &moment.snapshot, sequence(&shown))?;
            drawn.push(path(&shown, PathSource::Real, points));
        }
        let policy_terms = average(&terms.split_off(1));
        Ok(PlanAnalysis {
            decision: moment.decision.number,
            updates: self.updates,
            settings: self.settings.config.clone(),
            samples: shape.samples,
            policy_samples: shape.policy_samples,
            horizon: shape.horizon,
            action_dim: shape.action_dim,
            iterations: trace.iterations.iter().map(view).collect(),
            chosen,
            action: plan.action.clone(),
            expert_mean: plan.expert_mean.clone(),
            expert_std: plan.expert_std.clone(),
            value: plan.expert_value,
            delta_q: plan.delta_q,
            plan_terms: terms.pop().unwrap_or_default(),
            policy_terms,
            policy: PolicyView { kl: divergence(&policy, plan), ..policy },
            values,
            paths: drawn,
        })
    }

    /// Returns the chosen elite of a trace after checking that its arrays have the lengths given by its shape.
    fn check(&self, plan: &StatePlan, trace: &Trace) -> Result<usize, InspectError> {
        let wrong = |what, found, expected| Err(InspectError::Trace { what, found, expected });
        let shape = trace.shape;
        if shape.states != 1 {
            return wrong("states", shape.states, 1);
        }
        if shape.action_dim != self.model.action_dim || plan.action.len() != shape.action_dim {
            return wrong("actions", shape.action_dim.max(plan.action.len()), self.model.action_dim);
        }
        if shape.iterations != trace.iterations.len() {
            return wrong("iterations", trace.iterations.len(), shape.iterations);
        }
        let width = shape.horizon * shape.action_dim;
        for iteration in &trace.iterations {
            if iteration.values.len() != shape.samples {
                return wrong("values", iteration.values.len(), shape.samples);
            }
            if iteration.sequences.len() != shape.samples * width {
                return wrong("numbers in sequences", iteration.sequences.len(), shape.samples * width);
            }
            if let Some(&elite) = iteration.elites.iter().find(|elite| **elite >= shape.samples) {
                return wrong("samples", elite + 1, shape.samples);
            }
        }
        match (trace.iterations.last(), trace.chosen.first()) {
            (Some(last), Some(&chosen)) if chosen < last.elites.len() && shape.policy_samples <= shape.samples => {
                Ok(chosen)
            }
            _ => wrong("chosen elites", trace.chosen.len(), 1),
        }
    }
}

/// Returns the time between two decisions, s.
fn decision_seconds(environment: &Environment) -> f64 {
    let repeat = u32::try_from(environment.action_repeat()).unwrap_or(u32::MAX);
    environment.world().control_timestep() * f64::from(repeat)
}

fn view(iteration: &IterationTrace) -> IterationView {
    IterationView {
        values: iteration.values.clone(),
        elites: iteration.elites.iter().map(|&elite| u32::try_from(elite).unwrap_or(u32::MAX)).collect(),
        weights: iteration.weights.clone(),
        mean: iteration.mean.clone(),
        std: iteration.std.clone(),
    }
}

/// Returns the average of some returns, term by term.
fn average(splits: &[RewardSplit]) -> RewardSplit {
    let Some(first) = splits.first() else { return RewardSplit::default() };
    #[allow(clippy::cast_precision_loss, reason = "sequences are few")]
    let mean = |of: &dyn Fn(&RewardSplit) -> f32| splits.iter().map(of).sum::<f32>() / splits.len() as f32;
    RewardSplit {
        rewards: (0..first.rewards.len()).map(|step| mean(&|split| split.rewards[step])).collect(),
        terminal: mean(&|split| split.terminal),
    }
}

/// KL(policy || expert) of Gaussians with independent dimensions, in nats. For a max-Q policy, whose Gaussian is
/// squashed afterwards, it uses the squashed mean and the standard deviation before squashing.
fn divergence(policy: &PolicyView, plan: &StatePlan) -> f32 {
    let dimensions = policy.mean.iter().zip(&policy.std).zip(plan.expert_mean.iter().zip(&plan.expert_std));
    let term = |((mean, std), (expert_mean, expert_std)): ((&f32, &f32), (&f32, &f32))| {
        let spread = (std * std + (mean - expert_mean).powi(2)) / (2.0 * expert_std * expert_std);
        (expert_std / std).ln() + spread - 0.5
    };
    dimensions.map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(mean: &[f32], std: &[f32]) -> PolicyView {
        PolicyView { mean: mean.to_vec(), std: std.to_vec(), kl: 0.0 }
    }

    #[test]
    fn the_divergence_is_that_of_gaussians_summed_over_dimensions() {
        let plan = StatePlan {
            action: vec![0.0; 2],
            expert_mean: vec![0.5, -0.2],
            expert_std: vec![0.5, 1.0],
            expert_value: 0.0,
            mean: Vec::new(),
            delta_q: 0.0,
        };
        assert!(divergence(&policy(&[0.5, -0.2], &[0.5, 1.0]), &plan).abs() < 1e-7);
        // ln(0.5 / 0.25) + (0.0625 + 0.25) / 0.5 - 0.5, and zero for the second.
        let expected = 2.0_f32.ln() + 0.625 - 0.5;
        assert!((divergence(&policy(&[0.0, -0.2], &[0.25, 1.0]), &plan) - expected).abs() < 1e-6);
    }
}
