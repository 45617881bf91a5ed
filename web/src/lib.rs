//! The lab as a web page: its wasm module and, natively, the tool that builds and serves it.
//!
//! The wasm module is started twice: on the main thread, where `start_page` shows the lab, and in a web worker, where
//! `start_worker` runs its session. They exchange the messages of `bootstride_session::wire`.
//!
//! Modules, each importing only from those before it: `browser` (what both of them call) -> `page`, `worker`; natively
//! `bundle` (builds the page) -> `serve`.
#![recursion_limit = "256"]
#![cfg_attr(
    not(target_family = "wasm"),
    allow(clippy::disallowed_methods, reason = "the native code builds and serves files, on threads")
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
