//! Elementary functions of vectors.
//!
//! A fused multiply-add is always the vector instruction of the given [`Simd`]. `f32::mul_add` would also be one if the
//! compiler inlines it into code compiled for the right instructions, and otherwise a call into the C library; which of
//! the two would depend on inlining decisions. `tests/kernels` checks that there are no such calls.

use std::ops::{Add, Div, Mul, Sub};

use bootstride_shaders::MISH_BOUND;
use pulp::Simd;
#[cfg(target_family = "wasm")]
use pulp::bytemuck::cast;

/// Accumulators of a sum: enough for the widest vectors, and few enough for registers.
pub const LANES: usize = 16;

/// A vector of numbers, with the proof that the CPU supports its instructions.
#[derive(Clone, Copy)]
pub struct Vector<S: Simd>(pub S, pub S::f32s);

impl<S: Simd> Add for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0, self.0.add_f32s(self.1, other.1))
    }
}

impl<S: Simd> Sub for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0, self.0.sub_f32s(self.1, other.1))
    }
}

impl<S: Simd> Mul for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0, self.0.mul_f32s(self.1, other.1))
    }
}

impl<S: Simd> Div for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(self.0, self.0.div_f32s(self.1, other.1))
    }
}

impl<S: Simd> Vector<S> {
    /// Returns `x` in every lane.
    #[inline(always)]
    pub fn number(self, x: f32) -> Self {
        Self(self.0, self.0.splat_f32s(x))
    }

    /// `self b + c`, rounded once if that is one instruction.
    #[inline(always)]
    pub fn mul_add(self, b: Self, c: Self) -> Self {
        Self(self.0, self.0.mul_add_e_f32s(self.1, b.1, c.1))
    }

    /// Returns the larger; `self` if either is NaN.
    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        #[cfg(target_family = "wasm")]
        if S::F32_LANES == 4 {
            // One processor instruction, unlike `f32x4_max`, which handles NaN.
            return Self(self.0, cast(std::arch::wasm32::f32x4_pmax(cast(self.1), cast(other.1))));
        }
        Self(self.0, self.0.max_f32s(other.1, self.1))
    }

    /// Returns the smaller; `self` if either is NaN.
    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        #[cfg(target_family = "wasm")]
        if S::F32_LANES == 4 {
            return Self(self.0, cast(std::arch::wasm32::f32x4_pmin(cast(self.1), cast(other.1))));
        }
        Self(self.0, self.0.min_f32s(other.1, self.1))
    }

    /// Returns 2^n, where n is in the low bits.
    #[inline(always)]
    fn power_of_two(self) -> Self {
        let simd = self.0;
        #[cfg(target_family = "wasm")]
        if S::F32_LANES == 4 {
            use std::arch::wasm32::{f32x4_splat, i32x4_add, i32x4_shl};
            return Self(simd, cast(i32x4_add(i32x4_shl(cast(self.1), 23), f32x4_splat(1.0))));
        }
        let exponent = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(self.1), simd.splat_u32s(23));
        Self(simd, simd.transmute_f32s_u32s(simd.add_u32s(exponent, simd.splat_u32s(1.0_f32.to_bits()))))
    }
}

/// Returns the larger; one instruction, since it does not handle NaN. (`f32::max` is a call in a browser.)
#[inline(always)]
#[must_use]
pub fn max(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// A function of numbers, for [`map`](super::map).
pub trait Function: Copy {
    /// Returns its values at `x`.
    fn at<S: Simd>(self, x: Vector<S>) -> Vector<S>;
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
    fn at<S: Simd>(self, x: Vector<S>) -> Vector<S> {
        x
    }
}

impl Function for Exp {
    #[inline(always)]
    fn at<S: Simd>(self, x: Vector<S>) -> Vector<S> {
        exp_between(x.min(x.number(88.0)).max(x.number(-87.0)))
    }
}

impl Function for Mish {
    #[inline(always)]
    fn at<S: Simd>(self, x: Vector<S>) -> Vector<S> {
        // x tanh(ln(1 + e^x)), with tanh of a logarithm written out; from e^20 on, x is unchanged.
        let n = exp_between(x.min(x.number(MISH_BOUND)).max(x.number(-87.0)));
        let product = n.mul_add(n, n + n);
        x * (product / (product + x.number(2.0)))
    }
}

impl Function for MishSlope {
    #[inline(always)]
    fn at<S: Simd>(self, x: Vector<S>) -> Vector<S> {
        // With n = e^x and p = n (n + 2), Mish is x p / (p + 2), whose derivative is p / (p + 2) + x 4 n (n + 1) / (p +
        // 2)^2.
        let n = Exp.at(x.min(x.number(MISH_BOUND)));
        let p = n * (n + x.number(2.0));
        let over = x.number(1.0) / (p + x.number(2.0));
        over * (x * over).mul_add(x.number(4.0) * n * (n + x.number(1.0)), p)
    }
}

/// e^x: 2^n times a polynomial (Cephes).
#[inline(always)]
fn exp_between<S: Simd>(x: Vector<S>) -> Vector<S> {
    /// Adding it rounds to a whole number, which is then in the low bits.
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

#[cfg(test)]
mod tests {
    use pulp::{Scalar, WithSimd};

    use super::*;
    use crate::compute::cpu::{apply, arch, on_every};

    /// The largest relative error of exp between -86 and 87.
    struct Error;

    impl WithSimd for Error {
        type Output = f64;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            let mut ends = [-1e9, 1e9];
            apply(simd, &mut ends, Exp);
            assert!(ends[0] < 1e-37 && ends[1].is_finite());
            let xs: Vec<f32> = (-8600..=8700_i16).map(|i| f32::from(i) / 100.0).collect();
            let mut found = xs.clone();
            apply(simd, &mut found, Exp);
            let errors = xs.iter().zip(&found).map(|(x, found)| {
                let expected = f64::from(*x).exp();
                (f64::from(*found) - expected).abs() / expected
            });
            errors.fold(0.0, |worst, one| if one > worst || one.is_nan() { one } else { worst })
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
            let found = f64::from(Mish.at(Vector(Scalar, x)).1);
            assert!((found - expected).abs() < 1e-6, "mish({x}) = {found}, expected {expected}");
        }
    }
}
