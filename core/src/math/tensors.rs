//! Named parameters as plain data, and safetensors as their storage format.
//!
//! Weights and optimiser state leave a device as [`NamedTensor`]s: all of rank 3, with ensemble members along the first
//! axis (1 for a single network), so that a matrix is `[members, in, out]` and a bias `[members, 1, out]`.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors};

use super::half::{from_half, to_half};

/// A parameter by name, in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// Path in the module tree, such as `encoder.0.weight`.
    pub name: String,
    /// `[members, rows, columns]`.
    pub shape: [usize; 3],
    /// Row-major elements, as many as the product of the shape.
    pub data: Vec<f32>,
}

/// Element type of the tensors in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Element {
    /// 32 bits, the precision of the computation.
    #[default]
    F32,
    /// 16 bits, each number rounded to the nearest; reading widens them to 32 bits.
    F16,
}

/// The reason why tensors could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// Two tensors have the same name.
    #[error("two tensors are named `{0}`: a safetensors file holds each name once")]
    Duplicate(String),
    /// The data does not fill the shape.
    #[error("tensor `{name}` of shape {shape:?} needs {expected} elements but has {found}")]
    Length {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: [usize; 3],
        /// Elements that the shape requires.
        expected: usize,
        /// Elements given.
        found: usize,
    },
    /// A number is out of range for 16 bits.
    #[error("tensor `{name}` holds {value}, beyond the 16-bit maximum of 65504; keep it in full precision")]
    Range {
        /// The tensor.
        name: String,
        /// The number.
        value: f32,
    },
    /// A tensor is neither f32 nor f16.
    #[error("tensor `{name}` holds {found}; Bootstride keeps its parameters as F32 or F16")]
    Type {
        /// The tensor.
        name: String,
        /// Its element type.
        found: String,
    },
    /// A tensor does not have three axes.
    #[error("tensor `{name}` has shape {found:?}; Bootstride keeps its parameters as [members, rows, columns]")]
    Rank {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// The bytes are not a complete safetensors file.
    #[error("not a complete safetensors file: {0}")]
    Format(#[from] SafeTensorError),
}

/// Returns the tensors as the bytes of a safetensors file.
///
/// The same tensors give the same bytes in any order: names are sorted.
///
/// # Errors
/// If two tensors have the same name or one does not fill its shape.
pub fn write_tensors(tensors: &[NamedTensor]) -> Result<Vec<u8>, TensorError> {
    write_tensors_as(tensors, Element::F32)
}

/// Same as [`write_tensors`], with numbers of this type.
///
/// # Errors
/// Same as `write_tensors`, and if a number is too large for the type.
pub fn write_tensors_as(tensors: &[NamedTensor], element: Element) -> Result<Vec<u8>, TensorError> {
    let mut bytes: BTreeMap<&str, ([usize; 3], Vec<u8>)> = BTreeMap::new();
    for NamedTensor { name, shape, data } in tensors {
        let expected = shape.iter().product::<usize>();
        if expected != data.len() {
            return Err(TensorError::Length { name: name.clone(), shape: *shape, expected, found: data.len() });
        }
        let elements = match element {
            Element::F32 => data.iter().flat_map(|x| x.to_le_bytes()).collect(),
            Element::F16 => halves(name, data)?,
        };
        if bytes.insert(name, (*shape, elements)).is_some() {
            return Err(TensorError::Duplicate(name.clone()));
        }
    }
    let dtype = match element {
        Element::F32 => Dtype::F32,
        Element::F16 => Dtype::F16,
    };
    let views = bytes
        .iter()
        .map(|(name, (shape, data))| Ok((*name, TensorView::new(dtype, shape.to_vec(), data)?)))
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    Ok(safetensors::serialize(views, None)?)
}

/// Converts numbers to the bytes of 16-bit ones; infinities and NaN are preserved.
fn halves(name: &str, data: &[f32]) -> Result<Vec<u8>, TensorError> {
    let mut bytes = Vec::with_capacity(2 * data.len());
    for &value in data {
        let half = to_half(value);
        if value.is_finite() && !from_half(half).is_finite() {
            return Err(TensorError::Range { name: name.into(), value });
        }
        bytes.extend(half.to_le_bytes());
    }
    Ok(bytes)
}

/// Returns the tensors of a safetensors file, sorted by name.
///
/// # Errors
/// If the bytes are not a complete safetensors file, or a tensor is not f32 or f16 with three axes.
pub fn read_tensors(bytes: &[u8]) -> Result<Vec<NamedTensor>, TensorError> {
    let file = SafeTensors::deserialize(bytes)?;
    let mut tensors = Vec::new();
    for (name, view) in file.tensors() {
        let data = match view.dtype() {
            Dtype::F32 => f32s(view.data()),
            Dtype::F16 => view.data().as_chunks().0.iter().map(|two| from_half(u16::from_le_bytes(*two))).collect(),
            other => return Err(TensorError::Type { name, found: other.to_string() }),
        };
        let Ok(shape) = <[usize; 3]>::try_from(view.shape()) else {
            return Err(TensorError::Rank { name, found: view.shape().to_vec() });
        };
        tensors.push(NamedTensor { name, shape, data });
    }
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tensors)
}

/// Returns little-endian bytes as f32 numbers; bytes beyond the last whole number are ignored.
#[must_use]
pub fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tensor(name: &str, shape: [usize; 3]) -> NamedTensor {
        #[allow(clippy::cast_precision_loss, reason = "small counts")]
        let data = (0..shape.iter().product()).map(|i: usize| i as f32 - 1.5).collect();
        NamedTensor { name: name.into(), shape, data }
    }

    #[test]
    fn what_is_written_is_read_back_sorted_by_name() {
        let (a, b, empty) = (tensor("b.weight", [2, 3, 4]), tensor("a.bias", [1, 1, 4]), tensor("c", [0, 1, 1]));
        let bytes = write_tensors(&[a.clone(), b.clone(), empty.clone()]).unwrap();
        assert_eq!(bytes, write_tensors(&[empty.clone(), b.clone(), a.clone()]).unwrap());
        assert_eq!(read_tensors(&bytes).unwrap(), [b, a, empty]);
    }

    #[test]
    fn every_bit_of_a_number_survives() {
        let data = vec![f32::NAN, f32::NEG_INFINITY, -0.0, f32::MIN_POSITIVE / 2.0];
        let bytes = write_tensors(&[NamedTensor { name: "x".into(), shape: [1, 1, 4], data: data.clone() }]).unwrap();
        let read = read_tensors(&bytes).unwrap();
        let bits = |data: &[f32]| data.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read[0].data), bits(&data));
    }

    #[test]
    fn halves_take_half_the_room_and_are_read_back_rounded() {
        let data = vec![1.0, 1.0 + 1.0 / 4096.0, -0.1, 65504.0, 0.0, f32::NEG_INFINITY];
        let tensor = NamedTensor { name: "x".into(), shape: [1, 2, 3], data };
        let bytes = write_tensors_as(std::slice::from_ref(&tensor), Element::F16).unwrap();
        let read = read_tensors(&bytes).unwrap().remove(0);
        assert_eq!((read.name.as_str(), read.shape), ("x", [1, 2, 3]));
        let bits = |data: &[f32]| data.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read.data), bits(&[1.0, 1.0, -0.099_975_586, 65504.0, 0.0, f32::NEG_INFINITY]));
        assert_eq!(bytes, write_tensors_as(std::slice::from_ref(&read), Element::F16).unwrap());
        assert_eq!(write_tensors(&[tensor]).unwrap().len() - bytes.len(), 12);
        let large = NamedTensor { name: "y".into(), shape: [1, 1, 1], data: vec![7e4] };
        let error = write_tensors_as(&[large], Element::F16).unwrap_err().to_string();
        assert!(error.contains("`y` holds 70000"), "{error}");
    }

    #[test]
    fn a_tensor_that_does_not_fill_its_shape_and_a_name_used_twice_are_errors() {
        let short = NamedTensor { data: vec![0.0], ..tensor("short", [1, 2, 2]) };
        assert!(write_tensors(&[short]).unwrap_err().to_string().contains("needs 4 elements but has 1"));
        let twice = write_tensors(&[tensor("x", [1, 1, 1]), tensor("x", [1, 1, 2])]);
        assert!(matches!(twice, Err(TensorError::Duplicate(name)) if name == "x"));
    }

    #[test]
    fn another_type_or_rank_is_named() {
        let bytes = [0_u8; 8];
        let double = TensorView::new(Dtype::F64, vec![1, 1, 1], &bytes).unwrap();
        let flat = TensorView::new(Dtype::F32, vec![2], &bytes).unwrap();
        let read = |view| read_tensors(&safetensors::serialize([("w", view)], None).unwrap()).unwrap_err().to_string();
        assert_eq!(read(double), "tensor `w` holds F64; Bootstride keeps its parameters as F32 or F16");
        assert!(read(flat).contains("tensor `w` has shape [2]"));
    }

    proptest! {
        #![proptest_config(crate::property::cases(256))]

        #[test]
        fn damaged_bytes_give_errors_or_tensors_but_no_panic(cut in 0_usize..400, at in 0_usize..400, value: u8) {
            let mut bytes = write_tensors(&[tensor("a", [1, 2, 3]), tensor("b", [2, 3, 4])]).unwrap();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = read_tensors(&bytes);
            bytes.truncate(cut);
            let _ = read_tensors(&bytes);
        }
    }
}
