//! From stored weights to a model that can play.

use std::borrow::Cow;

use burn::tensor::Device;

use super::LoadError;
use crate::config::Config;
use crate::math::{NamedTensor, Purpose, Stream};
use crate::model::{TARGET_VALUE, VALUE, WorldModel};
use crate::task::configured_task;

/// How many observations and actions the agent with these weights takes.
///
/// # Errors
/// When the weights do not tell.
pub fn agent_sizes(config: &Config, weights: &[NamedTensor]) -> Result<(usize, usize), LoadError> {
    let rows = |name: &str| weights.iter().find(|tensor| tensor.name == name).map(|tensor| tensor.shape[1]);
    let observations = rows("encoder.0.weight").ok_or(LoadError::Incomplete("the checkpoint has no encoder"))?;
    let actions = rows("dynamics.0.weight")
        .and_then(|inputs| inputs.checked_sub(config.model.latent_dim))
        .ok_or(LoadError::Incomplete("the checkpoint's dynamics do not fit its configuration"))?;
    Ok((observations, actions))
}

/// The weights with a target value ensemble, which an exported agent lacks as only learning reads it: where there is none,
/// the learned ensemble stands in.
fn with_target(weights: &[NamedTensor]) -> Cow<'_, [NamedTensor]> {
    if weights.iter().any(|tensor| tensor.name.starts_with(TARGET_VALUE)) {
        return weights.into();
    }
    let stand_in = |tensor: &NamedTensor| {
        let rest = tensor.name.strip_prefix(VALUE)?;
        Some(NamedTensor { name: format!("{TARGET_VALUE}{rest}"), ..tensor.clone() })
    };
    weights.iter().cloned().chain(weights.iter().filter_map(stand_in)).collect()
}

/// The agent of a configuration and its task, with these weights, on `device`. Weights without a target value ensemble will
/// do, as this one is not learned further.
///
/// # Errors
/// When the task is unknown or of other sizes, or the weights do not fit the configuration.
pub fn load_agent(config: &Config, weights: &[NamedTensor], device: &Device) -> Result<WorldModel, LoadError> {
    let agent_sizes = agent_sizes(config, weights)?;
    let task = configured_task(&config.task)?;
    let task_sizes = (task.observation_size, task.action_size);
    if task_sizes != agent_sizes {
        return Err(LoadError::Sizes { task: task.name, task_sizes, agent_sizes });
    }
    WorldModel::fits(config, task.observation_size, task.action_size, weights)?;
    let device = device.clone().without_autodiff();
    let mut random = Stream::new(0, Purpose::Weights, 0);
    let mut model = WorldModel::new(config, task.observation_size, task.action_size, &mut random, &device);
    model.load(&with_target(weights), &device)?;
    Ok(model)
}
