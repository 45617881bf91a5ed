//! Arithmetic on flat slices for a CPU: matrix products and what surrounds them in a network, compiled for the
//! instructions that the machine turns out to have (`pulp`): AVX-512, AVX2, NEON, relaxed simd128 in a browser, or none.
//!
//! Everything but [`each`] and packing runs on the caller's thread and allocates nothing but the room of a [`Packed`] matrix. Who wants
//! all cores gives each its own rows: no result depends on how rows are split, not even in its last bit.
//!
//! The loops are safe code that the compiler vectorises; only what is inlined into a dispatch is compiled for the
//! machine's instructions, hence the many `#[inline(always)]`.

#![allow(clippy::inline_always, reason = "only what is inlined into a dispatch is compiled for the machine")]

mod arch;
mod elementary;
mod epilogue;
mod product;
mod tasks;
#[cfg(target_family = "wasm")]
mod wasm;

#[cfg(test)]
pub use arch::on_every;
pub use arch::{arch, vector_instructions};
pub use elementary::{Function, LANES, Mish, MishSlope, exp, mul_add, sum, total};
pub use epilogue::{Epilogue, LAYER_NORM_EPSILON, Last, apply, decode, largest, map, sim_norm, softmax};
pub use product::{Matrix, Packed, product};
pub use tasks::{both, cores, each};
