//! Everything of Bootstride that needs no screen: Rapier bodies and their tasks, the world model, guided MPPI,
//! BMPC and its family, the training machine and the run folder.
//!
//! The rooms follow the data (each imports only from those before it): [`config`] -> [`body`], [`task`] -> [`replay`] ->
//! [`nn`], [`model`] -> [`planner`] -> [`agent`] -> [`train`] -> [`run`]; beside them [`math`], [`kernel`] (arithmetic on
//! flat slices for a CPU), [`gpu`] (launching WGSL) and [`import`].
//!
//! Core runs in a browser too: it never blocks on device memory (reads are `async`), starts a thread of its own only where
//! reanalyze is asked to run beside training (native), and on wasm32 opens no file.

#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests run natively"))]

pub mod agent;
pub mod body;
pub mod config;
mod gpu;
pub mod import;
mod kernel;
pub mod math;
pub mod model;
pub mod nn;
pub mod planner;
pub mod replay;
pub mod run;
pub mod task;
pub mod train;
