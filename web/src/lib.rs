//! The lab as a page.
//!
//! One wasm module is started twice: on the main thread, where [`start_page`](page) shows the lab, and in a web worker, where
//! [`start_worker`](worker) runs its engine. They exchange the messages of `bootstride::lab::wire`.
#![recursion_limit = "256"]

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(target_family = "wasm")]
mod page;
#[cfg(target_family = "wasm")]
mod worker;
