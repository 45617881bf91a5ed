//! An agent as named tensors, for checkpoints.

use burn::tensor::{Tensor, TensorData};

use super::Agent;
use crate::agent::AgentError;
use crate::math::NamedTensor;
use crate::nn::{Adam, Parameters, ReadError, read};

/// An agent as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAgent {
    /// All parameters, target ensemble included.
    pub weights: Vec<NamedTensor>,
    /// Adam's moments (`NAME.first`, `NAME.second`), steps and running scales.
    pub optimiser: Vec<NamedTensor>,
    /// Updates so far.
    pub updates: u64,
}

impl Agent {
    /// Reads the whole agent, in one transfer.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn store(&self) -> Result<StoredAgent, ReadError> {
        let weights = self.model.inner().parameters("");
        let count = weights.len();
        let mut list: Vec<(String, Tensor<3>)> = weights.into_iter().map(|p| (p.name, p.tensor)).collect();
        let mut steps = Vec::new();
        for (name, adam) in self.optimisers() {
            for (parameter, (first, second)) in &adam.moments {
                list.push((format!("{parameter}.first"), first.clone()));
                list.push((format!("{parameter}.second"), second.clone()));
            }
            // Two halves, each exact in f32.
            #[allow(clippy::cast_precision_loss, reason = "16 bits are exact")]
            let data = vec![(adam.steps >> 16) as f32, (adam.steps & 0xFFFF) as f32];
            steps.push(NamedTensor { name: format!("{name}.steps"), shape: [1, 1, 2], data });
        }
        for (policy, learner) in self.model.policies.iter().zip(&self.policy_learners) {
            list.push((format!("{}.scale", policy.name()), learner.scale.value.clone().reshape([1, 1, 1])));
        }
        let shapes: Vec<(String, [usize; 3])> =
            list.iter().map(|(name, tensor)| (name.clone(), tensor.dims())).collect();
        let data = read(list.into_iter().map(|(_, tensor)| tensor.flatten(0, 2)).collect()).await?;
        let mut tensors = shapes.into_iter().zip(data).map(|((name, shape), data)| NamedTensor { name, shape, data });
        let weights = tensors.by_ref().take(count).collect();
        let optimiser = tensors.chain(steps).collect();
        Ok(StoredAgent { weights, optimiser, updates: self.updates })
    }

    /// Replaces networks, optimisers and scales by the stored ones.
    ///
    /// # Errors
    /// If weights or optimiser state do not fit this agent.
    pub fn restore(&mut self, stored: &StoredAgent) -> Result<(), AgentError> {
        let device = self.device.clone().without_autodiff();
        let mut model = self.model.inner();
        model.load(&stored.weights, &device)?;
        let find = |name: &str| {
            stored
                .optimiser
                .iter()
                .find(|tensor| tensor.name == name)
                .ok_or_else(|| AgentError::Stored(format!("{name} is missing")))
        };
        let tensor = |named: &NamedTensor| -> Tensor<3> {
            Tensor::from_data(TensorData::new(named.data.clone(), named.shape), &device)
        };
        let shapes: Vec<(String, [usize; 3])> =
            model.parameters("").into_iter().map(|p| (p.name, p.tensor.dims())).collect();
        let fill = |name: &str, belongs: &dyn Fn(&str) -> bool, adam: &mut Adam| -> Result<(), AgentError> {
            let steps = find(&format!("{name}.steps"))?;
            let half = |i: usize| steps.data.get(i).copied().unwrap_or(0.0);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "stored as 16-bit halves")]
            let counted = ((half(0) as u32) << 16) | half(1) as u32;
            adam.steps = counted;
            adam.moments.clear();
            for (parameter, shape) in shapes.iter().filter(|(parameter, _)| belongs(parameter)) {
                // A parameter that no gradient has reached yet has no moments.
                let (Ok(first), Ok(second)) =
                    (find(&format!("{parameter}.first")), find(&format!("{parameter}.second")))
                else {
                    continue;
                };
                if first.shape != *shape || second.shape != *shape {
                    return Err(AgentError::Stored(format!("the moments of {parameter} have other shapes than it")));
                }
                adam.moments.insert(parameter.clone(), (tensor(first), tensor(second)));
            }
            Ok(())
        };
        let mut loaded = self.clone();
        fill("world", &|parameter| !parameter.starts_with("policy_"), &mut loaded.world_optimiser)?;
        for (policy, learner) in model.policies.iter().zip(&mut loaded.policy_learners) {
            let prefix = format!("{}.", policy.name());
            fill(policy.name(), &|parameter| parameter.starts_with(&prefix), &mut learner.optimiser)?;
            let scale = find(&format!("{}.scale", policy.name()))?;
            if scale.shape != [1, 1, 1] {
                return Err(AgentError::Stored(format!("{} has shape {:?}, not [1, 1, 1]", scale.name, scale.shape)));
            }
            learner.scale.value = tensor(scale).reshape([1]);
        }
        loaded.model = model.learnable();
        loaded.updates = stored.updates;
        *self = loaded;
        Ok(())
    }

    /// The optimisers by name: of the world model, then of each policy.
    fn optimisers(&self) -> impl Iterator<Item = (&'static str, &Adam)> {
        let policies = self.model.policies.iter().zip(&self.policy_learners);
        std::iter::once(("world", &self.world_optimiser))
            .chain(policies.map(|(policy, learner)| (policy.name(), &learner.optimiser)))
    }
}
