//! Building a model that can play from stored weights.

use std::borrow::Cow;

use burn::tensor::Device;

use super::LoadError;
use crate::config::Config;
use crate::math::{NamedTensor, Purpose, Stream};
use crate::model::{ModelSettings, TARGET_VALUE, VALUE, WorldModel};
use crate::task::configured_task;

/// Returns how many observations and actions the agent with these weights takes.
///
/// # Errors
/// If the weights do not determine them.
pub fn agent_sizes(config: &Config, weights: &[NamedTensor]) -> Result<(usize, usize), LoadError> {
    let rows = |name: &str| weights.iter().find(|tensor| tensor.name == name).map(|tensor| tensor.shape[1]);
    let observations = rows("encoder.0.weight").ok_or(LoadError::Incomplete("the checkpoint has no encoder"))?;
    let actions = rows("dynamics.0.weight")
        .and_then(|inputs| inputs.checked_sub(config.model.latent_dim))
        .ok_or(LoadError::Incomplete("the checkpoint's dynamics do not fit its configuration"))?;
    Ok((observations, actions))
}

/// Returns the weights with a target value ensemble, which an exported agent lacks since only learning reads it: if
/// there is none, the learned ensemble is used.
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

/// Returns the agent of a configuration and its task, with these weights, on `device`. A target value ensemble is not
/// needed, as this agent is not trained further.
///
/// # Errors
/// If the task is unknown or has other sizes, or the weights do not fit the configuration.
pub fn load_agent(config: &Config, weights: &[NamedTensor], device: &Device) -> Result<WorldModel, LoadError> {
    let agent_sizes = agent_sizes(config, weights)?;
    let task = configured_task(&config.task)?;
    let task_sizes = (task.observation_size, task.action_size);
    if task_sizes != agent_sizes {
        return Err(LoadError::Sizes { task: task.name, task_sizes, agent_sizes });
    }
    WorldModel::fits(&ModelSettings::new(config), task.observation_size, task.action_size, weights)?;
    let device = device.clone().without_autodiff();
    let mut random = Stream::new(0, Purpose::Weights, 0);
    let mut model =
        WorldModel::new(&ModelSettings::new(config), task.observation_size, task.action_size, &mut random, &device);
    model.load(&with_target(weights), &device)?;
    Ok(model)
}
