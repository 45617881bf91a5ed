//! Elementary functions for loops that are to be vectorised: branch-free, generic over the instructions (`S`) that the loop
//! is compiled for.

use pulp::Simd;

/// Accumulators of a sum: enough for the widest vectors, and few enough for registers.
pub const LANES: usize = 16;

/// `a b + c`, rounded once where that is one instruction, and never by a call.
#[inline(always)]
#[must_use]
pub fn mul_add<S: Simd>(a: f32, b: f32, c: f32) -> f32 {
    // Among x86's instruction sets, those with vectors of 8 have it; simd128 has not.
    if S::F32_LANES >= 8 || cfg!(target_arch = "aarch64") { a.mul_add(b, c) } else { a * b + c }
}

/// The sum of `f` over all elements, in lanes, so that it can be vectorised.
#[inline(always)]
pub fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += f(*x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += f(*x);
    }
    total(lanes)
}

/// The sum of all lanes, by halves.
#[inline(always)]
#[must_use]
pub fn total(lanes: [f32; LANES]) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|i| lanes[i] + lanes[i + 8]);
    let four: [f32; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// The larger; one instruction, since it need not look for what is not a number. (`f32::max` is a call in a browser.)
#[inline(always)]
#[must_use]
pub fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The smaller, likewise.
#[inline(always)]
#[must_use]
pub fn min(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// exp to two units in the last place, for x in [-87, 88] and clamped to it outside: 2^n times a polynomial (Cephes).
#[inline(always)]
#[must_use]
pub fn exp<S: Simd>(x: f32) -> f32 {
    // What is not a number stays so.
    exp_between::<S>(x.clamp(-87.0, 88.0))
}

/// The same, for x that is in there.
#[inline(always)]
fn exp_between<S: Simd>(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = mul_add::<S>(x, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = mul_add::<S>(n, 2.121_944_4e-4, mul_add::<S>(n, -0.693_359_4, x));
    let p = 1.987_569_2e-4;
    let p = mul_add::<S>(p, r, 1.398_2e-3);
    let p = mul_add::<S>(p, r, 8.333_452e-3);
    let p = mul_add::<S>(p, r, 4.166_579_6e-2);
    let p = mul_add::<S>(p, r, 1.666_666_6e-1);
    let p = mul_add::<S>(p, r, 0.5);
    let p = mul_add::<S>(p, r * r, r + 1.0);
    // Rounding leaves n in the low bits; shifted up, these are the bits of 2^n.
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
}

/// Mish, as in [`crate::nn::mish`].
#[inline(always)]
#[must_use]
pub fn mish<S: Simd>(x: f32) -> f32 {
    // x tanh(ln(1 + e^x)), with tanh of a logarithm written out; e^20 and more leave x as it is.
    let n = exp_between::<S>(max(min(x, 20.0), -87.0));
    let product = mul_add::<S>(n, n, n + n);
    x * (product / (product + 2.0))
}

#[cfg(test)]
mod tests {
    use pulp::{Scalar, WithSimd};

    use super::*;
    use crate::kernel::{arch, on_every};

    /// The largest relative error of exp between -86 and 87.
    struct Error;

    impl WithSimd for Error {
        type Output = f64;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> f64 {
            assert!(exp::<S>(-1e9) < 1e-37 && exp::<S>(1e9).is_finite());
            let error = |i: i16| {
                let x = f32::from(i) / 100.0;
                let expected = f64::from(x).exp();
                (f64::from(exp::<S>(x)) - expected).abs() / expected
            };
            (-8600..=8700).map(error).fold(0.0, f64::max)
        }
    }

    #[test]
    fn exp_is_right_to_two_units_in_the_last_place_with_all_instructions() {
        on_every(|| {
            let error = arch().dispatch(Error);
            assert!(error < 2.4e-7, "exp is off by {error:e}");
        });
    }

    #[test]
    fn mish_is_x_where_x_is_large_and_nothing_where_it_is_small() {
        for x in [-30.0_f32, -2.0, -0.1, 0.0, 0.3, 5.0, 30.0] {
            let expected = f64::from(x) * f64::from(x).exp().ln_1p().tanh();
            let found = f64::from(mish::<Scalar>(x));
            assert!((found - expected).abs() < 1e-6, "mish({x}) = {found} where {expected} is expected");
        }
    }

    #[test]
    fn a_sum_takes_in_what_is_left_over() {
        let row: Vec<f32> = (1..=21_u8).map(f32::from).collect();
        assert!((sum(&row, |x| 2.0 * x) - 462.0).abs() < 1e-3);
    }
}
