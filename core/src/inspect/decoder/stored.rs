//! A decoder that was trained earlier, so that an agent's imagination can be drawn from its first decision on.

use burn::tensor::{Tensor, TensorData};

use super::{MotionDecoder, PAIRS_NEEDED, UPDATES_NEEDED};
use crate::inspect::LoadError;
use crate::math::NamedTensor;
use crate::model::WorldModel;
use crate::nn::{Parameters as _, ReadError, read};

/// The names under which it is stored.
const NETWORK: &str = "motion";
const MEAN: &str = "motion.mean";
const STD: &str = "motion.std";

impl MotionDecoder {
    /// Returns its network, and mean and standard deviation of the velocity, m/s. Its recorded pairs are not stored.
    ///
    /// # Errors
    /// If the device fails.
    pub async fn store(&self) -> Result<Vec<NamedTensor>, ReadError> {
        let parameters = self.network.inner().parameters(NETWORK);
        let shapes: Vec<_> =
            parameters.iter().map(|parameter| (parameter.name.clone(), parameter.tensor.dims())).collect();
        let data = read(parameters.into_iter().map(|parameter| parameter.tensor.flatten(0, 2)).collect()).await?;
        let network = shapes.into_iter().zip(data).map(|((name, shape), data)| NamedTensor { name, shape, data });
        let (mean, std) = self.moments.narrow();
        let row = |name: &str, data: [f32; 3]| NamedTensor { name: name.into(), shape: [1, 1, 3], data: data.into() };
        Ok(network.chain([row(MEAN, mean), row(STD, std)]).collect())
    }

    /// Returns the stored decoder, for the latents of `model`. It counts as trained at once, and learns further once it
    /// has recorded as many pairs as a new one needs.
    ///
    /// # Errors
    /// If the tensors are not those of a decoder for this model.
    pub fn restored(model: &WorldModel, seed: u64, tensors: &[NamedTensor]) -> Result<Self, LoadError> {
        let misfit = LoadError::Incomplete("the stored motion decoder does not fit the agent");
        let mut decoder = Self::new(model, seed);
        let device = decoder.device.clone().without_autodiff();
        let find = |name: &str, shape: [usize; 3]| {
            tensors.iter().find(|tensor| {
                tensor.name == name && tensor.shape == shape && tensor.data.iter().all(|x| x.is_finite())
            })
        };
        let mut fits = true;
        let mut network = decoder.network.inner();
        network.visit_mut(NETWORK, &mut |name, parameter| match find(name, parameter.dims()) {
            Some(tensor) => {
                *parameter = Tensor::from_data(TensorData::new(tensor.data.clone(), tensor.shape), &device);
            }
            None => fits = false,
        });
        let row = |name| find(name, [1, 1, 3]).and_then(|tensor| <[f32; 3]>::try_from(&tensor.data[..]).ok());
        let (Some(mean), Some(std), true) = (row(MEAN), row(STD), fits) else { return Err(misfit) };
        decoder.network = network.learnable();
        // As if this many pairs had been seen.
        #[allow(clippy::cast_precision_loss, reason = "hundreds")]
        let count = PAIRS_NEEDED as f64;
        decoder.moments.count = count;
        decoder.moments.mean = mean.map(f64::from);
        decoder.moments.squares = std.map(|std| f64::from(std).powi(2) * count);
        decoder.updates = UPDATES_NEEDED;
        decoder.was_stored = true;
        Ok(decoder)
    }
}
