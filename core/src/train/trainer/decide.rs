//! One decision in the task: random or planned, simulated, stored.

use super::Trainer;
use crate::agent::{ActRequest, Actor as _, Carry};
use crate::math::{Purpose, Stream};
use crate::planner::{NoiseKey, PlanMode, StatePlan};
use crate::replay::{Expert, Origin, Transition};
use crate::task::{EnvironmentSnapshot, Step};
use crate::train::explore::{bang_bang, uniform};
use crate::train::{Decision, Event, Planned, StepObserver, TrainError};

/// What is known of a decision before it is simulated.
struct Before {
    /// Number of the decision since the start of the run.
    number: u32,
    env_step: usize,
    updates: u64,
    /// The environment, where the decision is recorded.
    snapshot: Option<EnvironmentSnapshot>,
    previous_mean: Option<Vec<f32>>,
}

impl Trainer {
    /// One decision in the task.
    pub(super) async fn decide(&mut self, events: &mut Vec<Event>, watch: &mut StepObserver) -> Result<(), TrainError> {
        if self.state.episode_decisions == 0 {
            let episode = u32::try_from(self.state.episodes).unwrap_or(u32::MAX);
            self.environment.reset(&mut Stream::new(self.config.run.seed, Purpose::Reset, episode));
            self.replay.begin(&self.environment.observe());
        }
        let before = Before {
            number: u32::try_from(self.state.decisions).unwrap_or(u32::MAX),
            env_step: self.state.env_step,
            updates: self.agent.updates(),
            snapshot: watch.record.then(|| self.environment.snapshot()),
            previous_mean: watch.record.then(|| self.carry.plan_mean.clone()).flatten(),
        };
        let plan = if self.state.decisions < self.seed_decisions() {
            None
        } else {
            let begin = watch.now();
            let plan = self.plan(before.number, watch).await?;
            watch.times.plan = watch.now() - begin;
            plan
        };
        let action = match &plan {
            Some(plan) => plan.action.clone(),
            None => self.random_action(before.number),
        };
        let begin = watch.now();
        let step = self.simulate(&action, plan.as_ref(), before.updates)?;
        watch.times.simulate = watch.now() - begin;
        let episode = self.state.episodes;
        self.count(step, plan.as_ref());
        if let (true, Some(snapshot)) = (watch.record, &before.snapshot) {
            watch.decision = Some(Decision {
                number: before.number,
                episode: u32::try_from(episode).unwrap_or(u32::MAX),
                t: u32::try_from(self.state.episode_decisions - 1).unwrap_or(u32::MAX),
                env_step: before.env_step,
                updates: before.updates,
                snapshot: snapshot.to_bytes(),
                previous_mean: before.previous_mean,
                action,
                reward: step.reward,
                episode_return: self.state.episode_return(),
                planned: plan.as_ref().map(|plan| Planned::new(plan, PlanMode::Collect, self.noise_key(before.number))),
                last: step.terminated || step.truncated,
            });
        }
        if watch.record || watch.trace {
            watch.plan.clone_from(&plan);
        }
        self.tell(step, events);
        Ok(())
    }

    /// The random numbers of the plan for a decision.
    fn noise_key(&self, decision: u32) -> NoiseKey {
        NoiseKey { seed: self.config.run.seed, purpose: Purpose::Plan, decision }
    }

    async fn plan(&mut self, number: u32, watch: &mut StepObserver) -> Result<Option<StatePlan>, TrainError> {
        let request = ActRequest {
            observations: &self.environment.observe(),
            mode: PlanMode::Collect,
            noise: self.noise_key(number),
            trace: watch.trace,
        };
        let model = self.agent.model();
        let mut acted = self.actor.act(&model, std::slice::from_mut(&mut self.carry), &request).await?;
        watch.plan_trace = acted.trace.take();
        watch.model = watch.trace.then_some(model);
        Ok(acted.actions.pop().and_then(|action| action.plan))
    }

    /// The action of a decision of the seed phase.
    fn random_action(&self, decision: u32) -> Vec<f32> {
        let (seed, size) = (self.config.run.seed, self.environment.info().action_size);
        if self.state.seed_extension > 0 { bang_bang(seed, decision, size) } else { uniform(seed, decision, size) }
    }

    /// Takes the action in the task and stores what came of it; `updates` is what the networks behind `plan` had seen.
    fn simulate(&mut self, action: &[f32], plan: Option<&StatePlan>, updates: u64) -> Result<Step, TrainError> {
        let before = self.environment.control_steps();
        let step = self.environment.step(action)?;
        self.state.env_step += self.environment.control_steps() - before;
        let expert = plan.map(|plan| Expert {
            mean: &plan.expert_mean,
            std: &plan.expert_std,
            value: plan.expert_value,
            origin: Some(Origin { updates, reanalyzed: false }),
        });
        let next_observation = self.environment.observe();
        self.replay.push(&Transition {
            action,
            reward: step.reward,
            next_observation: &next_observation,
            expert,
            terminated: step.terminated,
            truncated: step.truncated,
        });
        Ok(step)
    }

    /// Takes note of a decision.
    fn count(&mut self, step: Step, plan: Option<&StatePlan>) {
        let (seed_decisions, episode_length) = (self.seed_decisions(), self.episode_length());
        let seed_limit = self.config.training.seed_episodes_limit * episode_length;
        let state = &mut self.state;
        state.decisions += 1;
        state.episode_decisions += 1;
        state.add_reward(step.reward);
        if state.decisions == seed_decisions && !state.rewards_differ && seed_decisions < seed_limit {
            state.seed_extension += episode_length.min(seed_limit - seed_decisions);
        }
        if let Some(plan) = plan {
            state.figures.add("plan_value", plan.expert_value);
            state.figures.add("plan_delta_q", plan.delta_q);
        }
    }

    /// Tells of a decision that was counted, and ends the episode with its last one.
    fn tell(&mut self, step: Step, events: &mut Vec<Event>) {
        let state = &mut self.state;
        let (env_step, episode_return) = (state.env_step, state.episode_return());
        events.push(Event::Step { env_step, reward: step.reward, episode_return });
        if step.terminated || step.truncated {
            state.episodes += 1;
            events.push(Event::EpisodeEnd {
                env_step,
                episode: state.episodes,
                episode_return,
                decisions: state.episode_decisions,
                terminated: step.terminated,
            });
            state.episode_decisions = 0;
            state.episode_return = 0;
            self.carry = Carry::default();
        }
    }
}
