//! Computation on flat slices for a CPU: matrix products and the operations around them in a network, compiled for the
//! instructions detected at run time (`pulp`): AVX-512, AVX2, NEON, relaxed simd128 in a browser, or none.
//!
//! Everything but [`each`] and packing runs on the caller's thread and allocates nothing but the memory of a [`Packed`]
//! matrix. To use all cores, callers give each core its own rows: no result depends on how rows are split, not even in
//! its last bit.
//!
//! Elementary functions and products use explicit vectors, sums are loops that the compiler vectorises. Only what is
//! inlined into a dispatch is compiled for the CPU's instructions: hence the many `#[inline(always)]`, on closures too,
//! and `for` loops where an iterator's method would call a closure. Only speed depends on this, not results;
//! `tests/kernels` fails if an instruction has become a call.

#![allow(clippy::inline_always, reason = "only what is inlined into a dispatch is compiled for the CPU's instructions")]

mod arch;
mod elementary;
mod epilogue;
mod product;
mod rows;
mod tasks;

#[cfg(test)]
pub use arch::on_every;
pub use arch::{arch, vector_instructions};
pub use elementary::{Identity, Mish};
pub use epilogue::{Epilogue, LAYER_NORM_EPSILON, Last, decode, sim_norm, softmax};
pub use product::{Matrix, Packed, product};
#[cfg(test)]
use rows::apply;
pub use rows::{dot, exp_sum, largest, mish_backward, normalise, squares, sum};
pub use tasks::{both, cores, each};
