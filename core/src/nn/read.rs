//! Reading device memory: asynchronous, since a browser must not block, and many tensors per read.

use burn::tensor::{Tensor, Transaction};

use crate::compute::ReadError;

/// Returns the values of all `tensors`, flat, in one read.
///
/// # Errors
/// If the device failed, or holds anything other than 32-bit floats.
pub async fn read(tensors: Vec<Tensor<1>>) -> Result<Vec<Vec<f32>>, ReadError> {
    let transaction =
        tensors.into_iter().fold(Transaction::default(), |t, tensor| t.register(tensor.without_autodiff()));
    let data = transaction.execute_async().await.map_err(|error| ReadError(error.to_string()))?;
    data.into_iter().map(|data| data.try_into_vec::<f32>().map_err(|error| ReadError(format!("{error:?}")))).collect()
}
