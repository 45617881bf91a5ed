//! Vectors of a browser by name: the compiler makes vectors of loops there, but knows of no fused multiply-add of numbers.

use std::arch::wasm32::{
    f32x4_add, f32x4_div, f32x4_mul, f32x4_pmax, f32x4_pmin, f32x4_splat, f32x4_sub, i32x4_add, i32x4_shl, v128,
};
use std::ops::{Add, Div, Mul, Sub};

use pulp::bytemuck::cast;
use pulp::{Simd, WithSimd};

use super::elementary::{Function, Number};

/// Four numbers, and that the browser has these instructions.
#[derive(Clone, Copy)]
struct Vector<S>(S, v128);

/// Sets every `x` to `f(x)`, by four; gives those that are left over.
#[inline(always)]
pub fn apply<S: Simd>(simd: S, row: &mut [f32], f: impl Function) -> &mut [f32] {
    if S::F32_LANES != 4 {
        return row;
    }
    // From here on compiled for what `simd` stands for, whatever the caller was compiled for.
    simd.vectorize(Apply { row, f })
}

struct Apply<'a, F> {
    row: &'a mut [f32],
    f: F,
}

impl<'a, F: Function> WithSimd for Apply<'a, F> {
    type Output = &'a mut [f32];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> &'a mut [f32] {
        let (vectors, rest) = S::as_mut_simd_f32s(self.row);
        for x in vectors {
            *x = cast(self.f.at::<S, Vector<S>>(Vector(simd, cast(*x))).1);
        }
        rest
    }
}

impl<S: Copy> Add for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0, f32x4_add(self.1, other.1))
    }
}

impl<S> Sub for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0, f32x4_sub(self.1, other.1))
    }
}

impl<S> Mul for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0, f32x4_mul(self.1, other.1))
    }
}

impl<S> Div for Vector<S> {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(self.0, f32x4_div(self.1, other.1))
    }
}

impl<S: Simd> Number<S> for Vector<S> {
    #[inline(always)]
    fn number(self, x: f32) -> Self {
        Self(self.0, f32x4_splat(x))
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(self.0, cast(self.0.mul_add_e_f32s(cast(self.1), cast(b.1), cast(c.1))))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(self.0, f32x4_pmax(self.1, other.1))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(self.0, f32x4_pmin(self.1, other.1))
    }

    #[inline(always)]
    fn power_of_two(self) -> Self {
        Self(self.0, i32x4_add(i32x4_shl(self.1, 23), f32x4_splat(1.0)))
    }
}
