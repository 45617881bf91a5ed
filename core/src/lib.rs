//! Everything of Bootstride that needs no screen: Rapier bodies and their tasks, the world model, guided MPPI,
//! BMPC and its family, the training machine and the run folder.
//!
//! The rooms follow the data (each imports only from those before it): [`config`] -> [`body`], [`task`] -> [`replay`] ->
//! [`nn`], [`model`] -> [`planner`] -> [`agent`] -> [`train`] -> [`run`], [`inspect`]. Outside that order are [`math`],
//! [`text`], [`vfs`] (files, in memory in a browser), `compute` (arithmetic on flat slices for a CPU, launches of WGSL on a
//! GPU), [`import`] and [`shell`] (quoting of printed commands). Without the feature `learning`, only bodies and tasks are
//! built, with what they need.
//!
//! Core runs in a browser too: it never blocks on device memory (reads are `async`), starts a thread of its own only where
//! reanalyze is asked to run beside training (native), and on wasm32 keeps files in memory.

#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests run natively"))]

#[cfg(feature = "learning")]
pub mod agent;
pub mod body;
#[cfg(feature = "learning")]
mod compute;
pub mod config;
#[cfg(feature = "learning")]
pub mod import;
#[cfg(feature = "learning")]
pub mod inspect;
pub mod math;
#[cfg(feature = "learning")]
pub mod model;
mod near;
#[cfg(feature = "learning")]
pub mod nn;
#[cfg(feature = "learning")]
pub mod planner;
#[cfg(feature = "learning")]
pub mod replay;
#[cfg(feature = "learning")]
pub mod run;
pub mod shell;
pub mod task;
pub mod text;
#[cfg(feature = "learning")]
pub mod train;
#[cfg(feature = "learning")]
pub mod vfs;

#[cfg(test)]
#[path = "../../tests/shared/property.rs"]
mod property;
