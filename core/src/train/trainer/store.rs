//! A run on its way into a checkpoint, and back.

use std::io::Read;

use burn::tensor::Device;

use super::Trainer;
use crate::agent::{AgentError, StoredAgent};
use crate::config::{CUSTOM_BODY, Config};
use crate::math::tensors::{read_tensors, write_tensors};
use crate::model::WorldModel;
use crate::replay::Replay;
use crate::task::{EnvironmentSnapshot, configured_task};
use crate::train::parts::{BODY, REPLAY};
use crate::train::state::State;
use crate::train::{Checkpoint, Parts, TrainError};

impl Trainer {
    /// The text of the body whose own task this is.
    fn custom_body(&self) -> Option<&str> {
        self.config.task.body.as_deref().filter(|_| self.config.task.name == CUSTOM_BODY)
    }

    /// The whole run as a checkpoint to be written, from which [`resume`](Self::resume) continues exactly. The replay buffer
    /// is not copied: what more there is in memory is a copy of the weights and optimisers.
    ///
    /// Waits for rounds of reanalyze that are being planned.
    ///
    /// # Errors
    /// When the device fails, or a round of reanalyze.
    pub async fn checkpoint(&self) -> Result<Checkpoint<'_>, TrainError> {
        let agent = self.agent.store().await?;
        let pending_rounds = self.reanalyzer.store()?;
        let bits = |mean: &Vec<f32>| mean.iter().map(|x| x.to_bits()).collect();
        let previous_mean = self.carry.plan_mean.as_ref().map(bits);
        let state = State { updates: agent.updates, pending_rounds, previous_mean, ..self.state.clone() };
        let state = serde_json::to_vec_pretty(&state).map_err(|error| TrainError::State(error.to_string()))?;
        let mut parts = Parts::default();
        parts.insert("weights.safetensors", write_tensors(&agent.weights)?);
        parts.insert("optimiser.safetensors", write_tensors(&agent.optimiser)?);
        parts.insert("environment.bin", self.environment.snapshot().to_bytes());
        parts.insert("state.json", state);
        if let Some(body) = self.custom_body() {
            parts.insert(BODY, body.as_bytes().to_vec());
        }
        Ok(Checkpoint::new(parts, &self.replay))
    }

    /// The same checkpoint in memory, where there is no disk to write it to.
    ///
    /// # Errors
    /// As [`checkpoint`](Self::checkpoint).
    pub async fn save(&self) -> Result<Parts, TrainError> {
        Ok(self.checkpoint().await?.into_parts())
    }

    /// Continues the run that `parts` were saved from. `config` may ask for more steps than before, but is otherwise that
    /// run's.
    ///
    /// # Errors
    /// When a part is missing, cannot be read, or does not fit the configuration.
    pub fn resume(config: Config, device: &Device, parts: &Parts) -> Result<Self, TrainError> {
        let mut replay = parts.get(REPLAY)?;
        Self::resume_with(config, device, parts, &mut replay)
    }

    /// As [`resume`](Self::resume), with the replay buffer read from `replay` instead of from the parts, piece by piece.
    ///
    /// # Errors
    /// As `resume`.
    pub fn resume_with(
        config: Config,
        device: &Device,
        parts: &Parts,
        replay: &mut dyn Read,
    ) -> Result<Self, TrainError> {
        let mut config = config;
        let body = parts.0.get(BODY).map(|bytes| String::from_utf8_lossy(bytes));
        if let Some(body) = body.filter(|_| config.task.name == CUSTOM_BODY) {
            // Where there is no folder that keeps it, the checkpoint does.
            if **config.task.body.get_or_insert_with(|| (&*body).into()) != *body {
                return Err(TrainError::State(format!(
                    "the run's {BODY} is not the body that the checkpoint was made with"
                )));
            }
        }
        let weights = read_tensors(parts.get("weights.safetensors")?)?;
        let task = configured_task(&config.task)?;
        WorldModel::fits(&config, task.observation_size, task.action_size, &weights).map_err(AgentError::from)?;
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
        trainer.replay = Replay::read(replay, trainer.replay.sizes())?;
        let snapshot = EnvironmentSnapshot::from_bytes(parts.get("environment.bin")?)?;
        trainer.environment.restore(&snapshot)?;
        let rounds = std::mem::take(&mut trainer.state.pending_rounds);
        if !rounds.iter().all(|round| round.fits(trainer.environment.info().action_size)) {
            return Err(TrainError::State("the pending experts do not fit the task".into()));
        }
        trainer.reanalyzer.restore(rounds);
        // A run that had finished goes on when it is given more steps.
        trainer.state.finished &= trainer.state.env_step >= trainer.config.run.steps;
        let bits = trainer.state.previous_mean.take();
        trainer.carry.plan_mean = bits.map(|mean| mean.into_iter().map(f32::from_bits).collect());
        Ok(trainer)
    }
}
