//! 16-bit floating-point numbers (IEEE 754 binary16), with which files store weights in half the space.

/// Rounds to the nearest 16-bit number, ties to even. Magnitudes from 65520 on become infinite.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "the truncated bits are zero: all cases stay below 2^16")]
pub fn to_half(x: f32) -> u16 {
    let (sign, magnitude) = ((x.to_bits() >> 16) as u16 & 0x8000, x.to_bits() & 0x7FFF_FFFF);
    let half = if magnitude > 0x7F80_0000 {
        0x7E00
    } else if magnitude >= 65520_f32.to_bits() {
        0x7C00
    } else if magnitude < SMALLEST_NORMAL.to_bits() {
        // Between a half and one, numbers are 2^-24 apart, which is the step of the 16-bit numbers near zero.
        (f32::from_bits(magnitude) + 0.5).to_bits() - 0.5_f32.to_bits()
    } else {
        // Drops 13 bits of the fraction and rebases the exponent from -127 to -15.
        let odd = (magnitude >> 13) & 1;
        (magnitude - (112 << 23) + 0x0FFF + odd) >> 13
    };
    sign | half as u16
}

/// 2^-14.
const SMALLEST_NORMAL: f32 = 1.0 / 16_384.0;

/// Returns the exact value of a 16-bit number.
#[must_use]
pub fn from_half(half: u16) -> f32 {
    let (sign, bits) = (u32::from(half & 0x8000) << 16, half & 0x7FFF);
    let magnitude = match bits >> 10 {
        0 => (f32::from(bits) / 16_777_216.0).to_bits(),
        31 => 0x7F80_0000 | u32::from(bits & 0x3FF) << 13,
        _ => (u32::from(bits) << 13) + (112 << 23),
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_16_bit_number_comes_back() {
        for half in 0..=u16::MAX {
            let x = from_half(half);
            assert!(to_half(x) == half || (x.is_nan() && from_half(to_half(x)).is_nan()), "{half:04x}");
        }
    }

    #[test]
    fn known_numbers_have_their_known_bits() {
        let known = [
            (0.0, 0x0000),
            (-0.0, 0x8000),
            (1.0, 0x3C00),
            (-2.0, 0xC000),
            (65504.0, 0x7BFF),
            (65519.0, 0x7BFF),
            (65520.0, 0x7C00),
            (f32::NEG_INFINITY, 0xFC00),
            (1.0 / 3.0, 0x3555),
            (SMALLEST_NORMAL, 0x0400),
            // The smallest one, a tie that rounds to zero, and the next number above it.
            (1.0 / 16_777_216.0, 0x0001),
            (0.5 / 16_777_216.0, 0x0000),
            (0.500_001 / 16_777_216.0, 0x0001),
            // Ties to even, upwards and downwards.
            (1.0 + 1.0 / 2048.0, 0x3C00),
            (1.0 + 3.0 / 2048.0, 0x3C02),
        ];
        for (x, half) in known {
            assert_eq!(to_half(x), half, "{x}");
        }
        assert!(from_half(to_half(f32::NAN)).is_nan());
    }

    proptest! {
        #![proptest_config(crate::property::cases(2000))]

        #[test]
        fn no_neighbour_is_nearer(x in -70_000_f32..70_000.0, scale in -30_i32..1) {
            let x = x * 2_f32.powi(scale);
            let half = to_half(x);
            let error = |half: u16| (f64::from(from_half(half)) - f64::from(x)).abs();
            prop_assume!(from_half(half).is_finite());
            for neighbour in [half.wrapping_add(1), half.wrapping_sub(1)] {
                if from_half(neighbour).is_finite() {
                    prop_assert!(error(half) <= error(neighbour), "{x}: {half:04x} against {neighbour:04x}");
                }
            }
        }
    }
}
