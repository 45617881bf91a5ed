//! Saves a run to a checkpoint and resumes it.

use std::io::Read;

use burn::tensor::Device;

use super::Trainer;
use crate::agent::{AgentError, StoredAgent};
use crate::config::Config;
use crate::math::tensors::{read_tensors, write_tensors};
use crate::model::{ModelSettings, WorldModel};
use crate::replay::Replay;
use crate::task::{CUSTOM_BODY, EnvironmentSnapshot, configured_task};
use crate::train::parts::{BODY, REPLAY};
use crate::train::{Checkpoint, Parts, TrainError};

/// The part with the state of environment number `i`.
fn environment_part(i: usize) -> String {
    if i == 0 { "environment.bin".into() } else { format!("environment-{i}.bin") }
}

impl Trainer {
    /// Returns the text of the custom body file.
    fn custom_body(&self) -> Option<&str> {
        self.config.task.body.as_deref().filter(|_| self.config.task.name == CUSTOM_BODY)
    }

    /// Returns the whole run as a checkpoint to be written, from which [`resume`](Self::resume) continues exactly. The
    /// replay buffer is not copied: the additional memory is a copy of the weights and optimisers.
    ///
    /// Waits for rounds of reanalyze that are being planned.
    ///
    /// # Errors
    /// If the device or a round of reanalyze fails.
    pub async fn checkpoint(&self) -> Result<Checkpoint<'_>, TrainError> {
        let agent = self.agent.store().await?;
        let pending_rounds = self.reanalyzer.store()?;
        let open = self.collector.store();
        let mut state = self.state.clone();
        (state.updates, state.pending_rounds, state.open) = (agent.updates, pending_rounds, open);
        let state = serde_json::to_vec_pretty(&state).map_err(|error| TrainError::State(error.to_string()))?;
        let mut parts = Parts::default();
        parts.insert("weights.safetensors", write_tensors(&agent.weights)?);
        parts.insert("optimiser.safetensors", write_tensors(&agent.optimiser)?);
        for (i, snapshot) in self.collector.snapshots().enumerate() {
            parts.insert(environment_part(i), snapshot.to_bytes());
        }
        parts.insert("state.json", state);
        if let Some(body) = self.custom_body() {
            parts.insert(BODY, body.as_bytes().to_vec());
        }
        Ok(Checkpoint::new(parts, &self.replay))
    }

    /// Returns the same checkpoint in memory, for hosts without a disk.
    ///
    /// # Errors
    /// Those of [`checkpoint`](Self::checkpoint).
    pub async fn save(&self) -> Result<Parts, TrainError> {
        Ok(self.checkpoint().await?.into_parts())
    }

    /// Resumes the run that `parts` were saved from. `config` may have more steps than before, but must otherwise be
    /// that run's.
    ///
    /// # Errors
    /// If a part is missing, cannot be read, or does not fit the configuration.
    pub fn resume(config: Config, device: &Device, parts: &Parts) -> Result<Self, TrainError> {
        let mut replay = parts.get(REPLAY)?;
        Self::resume_with(config, device, parts, &mut replay)
    }

    /// Like [`resume`](Self::resume), with the replay buffer read from `replay` instead of from the parts, piece by
    /// piece.
    ///
    /// # Errors
    /// Those of `resume`.
    pub fn resume_with(
        config: Config,
        device: &Device,
        parts: &Parts,
        replay: &mut dyn Read,
    ) -> Result<Self, TrainError> {
        let mut config = config;
        let body = parts.0.get(BODY).map(|bytes| String::from_utf8_lossy(bytes));
        if let Some(body) = body.filter(|_| config.task.name == CUSTOM_BODY) {
            // Without a run folder, the checkpoint contains the body.
            if **config.task.body.get_or_insert_with(|| (&*body).into()) != *body {
                return Err(TrainError::State(format!(
                    "the run's {BODY} is not the body that the checkpoint was made with"
                )));
            }
        }
        let weights = read_tensors(parts.get("weights.safetensors")?)?;
        let task = configured_task(&config.task)?;
        WorldModel::fits(&ModelSettings::new(&config), task.observation_size, task.action_size, &weights)
            .map_err(AgentError::from)?;
        let mut trainer = Self::new(config, device)?;
        let stored_state = serde_json::from_slice(parts.get("state.json")?);
        trainer.state = stored_state.map_err(|error| TrainError::State(error.to_string()))?;
        trainer.state.check().map_err(TrainError::State)?;
        let stored = StoredAgent {
            weights,
            optimiser: read_tensors(parts.get("optimiser.safetensors")?)?,
            updates: trainer.state.updates,
        };
        trainer.agent.restore(&stored)?;
        trainer.replay = Replay::read(replay, trainer.replay.columns().clone(), trainer.replay.capacity())?;
        trainer.state.migrate(trainer.replay.open().next());
        let mut snapshots = Vec::new();
        for i in 0..trainer.collector.len() {
            snapshots.push(EnvironmentSnapshot::from_bytes(parts.get(&environment_part(i))?)?);
        }
        let open = std::mem::take(&mut trainer.state.open);
        if open.len() != snapshots.len() {
            let (found, expected) = (open.len(), snapshots.len());
            return Err(TrainError::State(format!("it has {found} open episodes for {expected} environments")));
        }
        trainer.collector.restore(open, snapshots)?;
        let rounds = std::mem::take(&mut trainer.state.pending_rounds);
        if !rounds.iter().all(|round| round.fits(trainer.environment().info().action_size)) {
            return Err(TrainError::State("the pending experts do not fit the task".into()));
        }
        trainer.reanalyzer.restore(rounds);
        // A finished run continues if it is given more steps.
        trainer.state.finished &= trainer.state.env_step >= trainer.config.run.steps;
        Ok(trainer)
    }
}
