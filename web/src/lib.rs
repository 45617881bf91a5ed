//! The lab as a page: its wasm module, and natively what builds and serves it.
//!
//! One wasm module is started twice: on the main thread, where `start_page` shows the lab, and in a web worker, where
//! `start_worker` runs its engine. They exchange the messages of `bootstride::session::wire`.
#![recursion_limit = "256"]
#![cfg_attr(
    not(target_family = "wasm"),
    allow(clippy::disallowed_methods, reason = "what is native here builds and serves files, on threads")
)]

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(not(target_family = "wasm"))]
pub mod bundle;
#[cfg(target_family = "wasm")]
mod page;
#[cfg(not(target_family = "wasm"))]
pub mod serve;
#[cfg(target_family = "wasm")]
mod worker;
