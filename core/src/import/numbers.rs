//! Converting a checkpoint's numbers to 32 bits from whichever type it stores them in.

use pytorch_reader::DType;

use crate::math::half::from_half;
use crate::math::tensors::f32s;

/// Numbers in 32 bits, with counts of unusable ones.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub data: Vec<f32>,
    /// Values that are NaN or infinite in the file.
    pub not_finite: usize,
    /// 64-bit values that are finite in the file and out of range for 32 bits.
    pub too_large: usize,
}

/// Returns the name of a floating-point type in PyTorch; `None` for integers and booleans, which weights cannot be.
pub(super) fn float_name(dtype: DType) -> Option<&'static str> {
    match dtype {
        DType::F64 => Some("float64"),
        DType::F32 => Some("float32"),
        DType::F16 => Some("float16"),
        DType::BF16 => Some("bfloat16"),
        _ => None,
    }
}

/// Reads floating-point numbers from their bytes, 64 bits rounded to the nearest as PyTorch does.
pub(super) fn numbers(dtype: DType, bytes: &[u8]) -> Numbers {
    let halves = || bytes.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two));
    let mut too_large = 0;
    let data: Vec<f32> = match dtype {
        DType::F32 => f32s(bytes),
        DType::F16 => halves().map(from_half).collect(),
        DType::BF16 => halves().map(|half| f32::from_bits(u32::from(half) << 16)).collect(),
        DType::F64 => {
            let doubles = bytes.as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight));
            doubles
                .map(|double| {
                    #[allow(clippy::cast_possible_truncation, reason = "infinite where it overflows, which is counted")]
                    let single = double as f32;
                    too_large += usize::from(double.is_finite() && single.is_infinite());
                    single
                })
                .collect()
        }
        _ => Vec::new(),
    };
    let infinite = data.iter().filter(|number| !number.is_finite()).count();
    Numbers { data, not_finite: infinite - too_large, too_large }
}

/// Returns the first number of a tensor of any type but booleans; `None` if it has none.
#[allow(clippy::cast_precision_loss, reason = "compared with small whole numbers")]
pub(super) fn first(dtype: DType, bytes: &[u8]) -> Option<f64> {
    match dtype {
        DType::F64 => bytes.first_chunk().map(|bytes| f64::from_le_bytes(*bytes)),
        DType::I64 => bytes.first_chunk().map(|bytes| i64::from_le_bytes(*bytes) as f64),
        DType::U64 => bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes) as f64),
        DType::I32 => bytes.first_chunk().map(|bytes| i32::from_le_bytes(*bytes).into()),
        DType::U32 => bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes).into()),
        DType::I16 => bytes.first_chunk().map(|bytes| i16::from_le_bytes(*bytes).into()),
        DType::U16 => bytes.first_chunk().map(|bytes| u16::from_le_bytes(*bytes).into()),
        DType::I8 => bytes.first_chunk().map(|bytes| i8::from_le_bytes(*bytes).into()),
        DType::U8 => bytes.first_chunk().map(|bytes| u8::from_le_bytes(*bytes).into()),
        DType::F32 | DType::F16 | DType::BF16 => numbers(dtype, bytes).data.first().copied().map(f64::from),
        DType::Bool => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_gives_the_number_that_it_stands_for() {
        let single = |dtype, bytes: &[u8]| numbers(dtype, bytes).data;
        assert_eq!(single(DType::F32, &(-0.1_f32).to_le_bytes()), [-0.1]);
        assert_eq!(single(DType::F16, &0xC100_u16.to_le_bytes()), [-2.5]);
        assert_eq!(single(DType::BF16, &0xC020_u16.to_le_bytes()), [-2.5]);
        // Ties to even.
        assert_eq!(single(DType::F64, &(1.0 + 2_f64.powi(-24)).to_le_bytes()), [1.0]);
        assert_eq!(single(DType::F64, &(1.0 + 3.0 * 2_f64.powi(-24)).to_le_bytes()), [1.0 + 2_f32.powi(-22)]);
        for (dtype, bytes) in
            [(DType::I64, &(-3_i64).to_le_bytes()[..]), (DType::I8, &[0xFD]), (DType::F16, &[0, 0xC2])]
        {
            assert_eq!(first(dtype, bytes), Some(-3.0));
        }
        assert_eq!(first(DType::F32, &[]), None);
    }

    #[test]
    fn what_is_not_finite_is_counted_by_its_cause() {
        let doubles: Vec<u8> = [1.0, f64::NAN, f64::INFINITY, 3.5e38, -1e300, f64::from(f32::MAX)]
            .iter()
            .flat_map(|double| double.to_le_bytes())
            .collect();
        let found = numbers(DType::F64, &doubles);
        assert_eq!((found.data.len(), found.not_finite, found.too_large), (6, 2, 2));
        let halves: Vec<u8> = [0x7C00_u16, 0x7E00, 0x7BFF].iter().flat_map(|half| half.to_le_bytes()).collect();
        assert_eq!(numbers(DType::F16, &halves).not_finite, 2);
        assert_eq!(numbers(DType::BF16, &0xFF80_u16.to_le_bytes()).not_finite, 1);
    }
}
