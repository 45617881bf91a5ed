//! Elementary functions for loops that are to be vectorised: branch-free, generic over the instructions (`S`) that the loop
//! is compiled for.

use std::ops::{Add, Div, Mul, Sub};

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

/// What elementary functions are written for: a number, for loops that the compiler makes vectors of, or a vector, where it
/// could not know of an instruction.
pub trait Number<S>: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    /// `x`, as often as there are numbers in `self`.
    fn number(self, x: f32) -> Self;
    /// `self b + c`, rounded once where that is one instruction.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// The larger; `self` where that is not a number.
    fn max(self, other: Self) -> Self;
    /// The smaller, likewise.
    fn min(self, other: Self) -> Self;
    /// 2^n, where n is in the low bits.
    fn power_of_two(self) -> Self;
}

impl<S: Simd> Number<S> for f32 {
    #[inline(always)]
    fn number(self, x: f32) -> Self {
        x
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        mul_add::<S>(self, b, c)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        if self < other { other } else { self }
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        if other < self { other } else { self }
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        Self::from_bits((self.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
    }
}

/// A function of one number, for [`map`](super::map).
pub trait Function: Copy {
    /// Its value at `x`.
    fn at<S: Simd, N: Number<S>>(self, x: N) -> N;
}

/// x.
#[derive(Clone, Copy)]
pub struct Identity;

/// e^x, for x in [-87, 88] and clamped to it outside, to two units in the last place.
#[derive(Clone, Copy)]
pub struct Exp;

/// Mish, as in [`crate::nn::mish`].
#[derive(Clone, Copy)]
pub struct Mish;

/// The derivative of [`Mish`].
#[derive(Clone, Copy)]
pub struct MishSlope;

impl Function for Identity {
    #[inline(always)]
    fn at<S: Simd, N: Number<S>>(self, x: N) -> N {
        x
    }
}

impl Function for Exp {
    #[inline(always)]
    fn at<S: Simd, N: Number<S>>(self, x: N) -> N {
        exp_between::<S, N>(x.min(x.number(88.0)).max(x.number(-87.0)))
    }
}

impl Function for Mish {
    #[inline(always)]
    fn at<S: Simd, N: Number<S>>(self, x: N) -> N {
        // x tanh(ln(1 + e^x)), with tanh of a logarithm written out; e^20 and more leave x as it is.
        let n = exp_between::<S, N>(x.min(x.number(20.0)).max(x.number(-87.0)));
        let product = n.mul_add(n, n + n);
        x * (product / (product + x.number(2.0)))
    }
}

impl Function for MishSlope {
    #[inline(always)]
    fn at<S: Simd, N: Number<S>>(self, x: N) -> N {
        // With n = e^x and p = n (n + 2), Mish is x p / (p + 2), whose derivative is p / (p + 2) + x 4 n (n + 1) / (p + 2)^2.
        let n = Exp.at::<S, N>(x.min(x.number(20.0)));
        let p = n * (n + x.number(2.0));
        let over = x.number(1.0) / (p + x.number(2.0));
        over * (x * over).mul_add(x.number(4.0) * n * (n + x.number(1.0)), p)
    }
}

/// e^x: 2^n times a polynomial (Cephes).
#[inline(always)]
fn exp_between<S: Simd, N: Number<S>>(x: N) -> N {
    /// Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x.mul_add(x.number(std::f32::consts::LOG2_E), x.number(ROUND));
    let n = shifted - x.number(ROUND);
    let r = n.mul_add(x.number(2.121_944_4e-4), n.mul_add(x.number(-0.693_359_4), x));
    let mut p = x.number(1.987_569_2e-4);
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = p.mul_add(r, x.number(coefficient));
    }
    p.mul_add(r * r, r + x.number(1.0)) * shifted.power_of_two()
}

/// e^x of a number.
#[inline(always)]
#[must_use]
pub fn exp<S: Simd>(x: f32) -> f32 {
    Exp.at::<S, f32>(x)
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
            (-8600..=8700).map(error).fold(0.0, |worst, one| if one > worst || one.is_nan() { one } else { worst })
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
            let found = f64::from(Mish.at::<Scalar, f32>(x));
            assert!((found - expected).abs() < 1e-6, "mish({x}) = {found} where {expected} is expected");
        }
    }

    #[test]
    fn a_sum_takes_in_what_is_left_over() {
        let row: Vec<f32> = (1..=21_u8).map(f32::from).collect();
        assert!((sum(&row, |x| 2.0 * x) - 462.0).abs() < 1e-3);
    }
}
