//! One decision in each environment: random or planned, simulated, stored.

use super::Trainer;
use crate::agent::{ActRequest, Acted, Action, Actor as _};
use crate::math::Purpose;
use crate::planner::{NoiseKey, PlanMode};
use crate::train::collector::Collected;
use crate::train::explore::{bang_bang, uniform};
use crate::train::{Decision, Event, Planned, StepObserver, TrainError};

impl Trainer {
    /// One decision in each environment. The observer records the first one.
    pub(super) async fn decide(&mut self, events: &mut Vec<Event>, watch: &mut StepObserver) -> Result<(), TrainError> {
        let (seed, longest) = (self.config.run.seed, self.episode_length());
        self.collector.begin_episodes(seed, &mut self.state.begun, longest, &mut self.replay);
        let number = u32::try_from(self.state.decisions).unwrap_or(u32::MAX);
        let (env_step, updates) = (self.state.env_step, self.agent.updates());
        let before = watch.record.then(|| {
            (self.environment().snapshot().to_bytes(), self.collector.carries.first().and_then(|c| c.plan_mean.clone()))
        });
        let actions = if self.state.decisions < self.seed_decisions() {
            self.random_actions(number)
        } else {
            let begin = watch.now();
            let acted = self.act(number, watch).await?;
            watch.times.plan = watch.now() - begin;
            acted
        };
        let begin = watch.now();
        let collected = self.collector.step(&actions, updates, &mut self.replay)?;
        watch.times.simulate = watch.now() - begin;
        if let (Some((snapshot, previous_mean)), Some(first), Some(Action { action, plan })) =
            (before, collected.first(), actions.first())
        {
            watch.decision = Some(Decision {
                number,
                episode: u32::try_from(first.episode).unwrap_or(u32::MAX),
                t: u32::try_from(first.decisions - 1).unwrap_or(u32::MAX),
                env_step,
                updates,
                snapshot,
                previous_mean,
                action: action.clone(),
                reward: first.step.reward,
                episode_return: first.episode_return,
                planned: plan.as_ref().map(|plan| Planned::new(plan, PlanMode::Collect, self.noise_key(number))),
                last: first.step.terminated || first.step.truncated,
            });
        }
        for (collected, action) in collected.iter().zip(&actions) {
            self.count(collected, action, events);
        }
        watch.decisions = collected.len();
        if watch.record || watch.trace {
            watch.plan = actions.into_iter().next().and_then(|action| action.plan);
        }
        Ok(())
    }

    /// The random numbers of the plans from decision number `decision` on.
    fn noise_key(&self, decision: u32) -> NoiseKey {
        NoiseKey { seed: self.config.run.seed, purpose: Purpose::Plan, decision }
    }

    /// Planned actions for all environments.
    async fn act(&mut self, number: u32, watch: &mut StepObserver) -> Result<Vec<Action>, TrainError> {
        let model = self.agent.model();
        let noise = self.noise_key(number);
        let (observations, carries) = self.collector.states();
        let request = ActRequest { observations, mode: PlanMode::Collect, noise, trace: watch.trace };
        let Acted { actions, trace } = self.actor.act(&model, carries, &request).await?;
        watch.plan_trace = trace.map(|trace| trace.of_state(0));
        watch.model = watch.trace.then_some(model);
        Ok(actions)
    }

    /// The actions of the seed phase.
    fn random_actions(&self, number: u32) -> Vec<Action> {
        let (seed, size) = (self.config.run.seed, self.environment().info().action_size);
        let random = if self.state.seed_extension > 0 { bang_bang } else { uniform };
        let count = u32::try_from(self.collector.len()).unwrap_or(u32::MAX);
        (0..count).map(|i| Action { action: random(seed, number.saturating_add(i), size), plan: None }).collect()
    }

    /// Counts and reports a decision and the end of its episode.
    fn count(&mut self, collected: &Collected, action: &Action, events: &mut Vec<Event>) {
        let (seed_decisions, episode_length) = (self.seed_decisions(), self.episode_length());
        let seed_limit = self.config.training.seed_episodes_limit * episode_length;
        let &Collected { step, episode_return, decisions, control_steps, .. } = collected;
        let state = &mut self.state;
        state.decisions += 1;
        state.env_step += control_steps;
        state.note_reward(step.reward);
        if state.decisions == seed_decisions && !state.rewards_differ && seed_decisions < seed_limit {
            state.seed_extension += episode_length.min(seed_limit - seed_decisions);
        }
        if let Some(plan) = &action.plan {
            state.figures.add("plan_value", plan.expert_value);
            state.figures.add("plan_delta_q", plan.delta_q);
        }
        let env_step = state.env_step;
        events.push(Event::Step { env_step, reward: step.reward, episode_return });
        if step.terminated || step.truncated {
            state.episodes += 1;
            let (episode, terminated) = (state.episodes, step.terminated);
            events.push(Event::EpisodeEnd { env_step, episode, episode_return, decisions, terminated });
        }
    }
}
