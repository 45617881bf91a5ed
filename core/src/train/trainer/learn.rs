//! One update of the networks, after any reanalyze work that is due.

use super::Trainer;
use crate::agent::{ReanalyzeJob, UpdateNoise};
use crate::replay::Batch;
use crate::train::{Event, StepObserver, TrainError};

impl Trainer {
    /// One update, after what is due of reanalyze: first the experts of earlier rounds are written, so that the batch
    /// has them, then a new round is started.
    pub(super) async fn learn(
        &mut self,
        learn_policy: bool,
        events: &mut Vec<Event>,
        watch: &mut StepObserver,
    ) -> Result<(), TrainError> {
        let (seed, update) = (self.config.run.seed, self.agent.updates());
        let begin = watch.now();
        for experts in self.reanalyzer.take_due(update)? {
            experts.write(&mut self.replay);
            self.state.figures.add("reanalyze_delta_q", experts.delta_q);
        }
        let written = watch.now();
        let mut random = UpdateNoise::replay_stream(seed, update);
        let sampled = self.replay.sample(self.config.training.batch, self.config.sequence(), &mut random);
        let Some(mut batch) = sampled else { return Ok(()) };
        let noise = self.agent.draw_noise(seed, &batch);
        let sampled = watch.now();
        if learn_policy {
            self.reanalyze(update, &mut batch).await?;
        }
        let reanalyzed = watch.now();
        let metrics = self.agent.update(&batch, &noise, learn_policy).await?;
        watch.times.update += watch.now() - reanalyzed + (sampled - written);
        watch.times.reanalyze += (written - begin) + (reanalyzed - sampled);
        for (name, value) in metrics.0 {
            self.state.figures.add(&name, value);
        }
        if let Some(mut metrics) = self.state.figures.count_update() {
            #[allow(clippy::cast_precision_loss, reason = "a displayed figure")]
            metrics.push(("replay_megabytes".into(), self.replay.memory_bytes() as f32 / 1e6));
            let update = usize::try_from(self.agent.updates()).unwrap_or(usize::MAX);
            events.push(Event::Update { env_step: self.state.env_step, update, metrics });
        }
        Ok(())
    }

    /// Starts a round of reanalyze for `batch` if one is due: the newest networks make new experts, which the batch at
    /// hand learns from if they are there at once.
    async fn reanalyze(&mut self, update: u64, batch: &mut Batch) -> Result<(), TrainError> {
        let interval = self.config.algorithm.reanalyze_interval as u64;
        if interval == 0 || !update.is_multiple_of(interval) || !self.reanalyzer.takes_rounds() {
            return Ok(());
        }
        let sequences = self.config.algorithm.reanalyze_batch;
        let round = ReanalyzeJob::new(batch, sequences, self.config.run.seed, self.state.reanalyzed).planned_at(update);
        self.state.reanalyzed += 1;
        let model = self.agent.model();
        let experts = self.reanalyzer.start(round, update, &mut self.actor, model).await?;
        if let Some(experts) = experts {
            experts.write_to_batch(batch);
            experts.write(&mut self.replay);
            self.state.figures.add("reanalyze_delta_q", experts.delta_q);
        }
        Ok(())
    }
}
