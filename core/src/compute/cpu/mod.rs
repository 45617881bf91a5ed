//! Arithmetic on flat slices for a CPU: matrix products and what surrounds them in a network, compiled for the
//! instructions that the machine turns out to have (`pulp`): AVX-512, AVX2, NEON, relaxed simd128 in a browser, or none.
//!
//! Everything but [`each`] and packing runs on the caller's thread and allocates nothing but the room of a [`Packed`] matrix. Who wants
//! all cores gives each its own rows: no result depends on how rows are split, not even in its last bit.
//!
//! Elementary functions and products are written in vectors by name, sums as loops that the compiler vectorises. Only what is
//! inlined into a dispatch is compiled for the machine's instructions: hence the many `#[inline(always)]`, on closures
//! too, and `for` loops where an iterator's method would call a closure. No result hangs on it, but speed does;
//! `tests/kernels` fails where an instruction has become a call.

#![allow(clippy::inline_always, reason = "only what is inlined into a dispatch is compiled for the machine")]

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
