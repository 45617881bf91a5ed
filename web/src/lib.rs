//! The lab as a page: its wasm module, and natively what builds and serves it.

#![cfg_attr(
    not(target_family = "wasm"),
    allow(clippy::disallowed_methods, reason = "what is native here builds and serves files, on threads")
)]

#[cfg(not(target_family = "wasm"))]
pub mod build;
#[cfg(target_family = "wasm")]
mod page;
#[cfg(not(target_family = "wasm"))]
pub mod serve;
#[cfg(target_family = "wasm")]
mod worker;
