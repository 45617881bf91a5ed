//! The core of Bootstride, with no user interface: Rapier bodies and their tasks, the world model, guided MPPI, BMPC
//! and its family, training, and the run folder.
//!
//! An observation becomes a plan, and its first action a step of the simulation:
//!
//! ```
//! use bootstride_core::prelude::*;
//!
//! let config = Layers::new().size_preset("tiny")?.set("task.name=pendulum-swingup")?.resolve()?;
//! let mut environment = Environment::configured(&config.task)?;
//! environment.reset(&mut Stream::new(0, Purpose::Reset, 0));
//! let (info, device) = (*environment.info(), Device::flex());
//! let weights = &mut Stream::new(0, Purpose::Weights, 0);
//! let model = WorldModel::new(&ModelSettings::new(&config), info.observation_size, info.action_size, weights, &device);
//! let mut actor = PlanningActor::configured(&config, PlannerSettings::new(&config, 500), &device);
//! let noise = NoiseKey { seed: 0, purpose: Purpose::Plan, decision: 0 };
//! let observations = &environment.observe();
//! let request = ActRequest { observations, mode: PlanMode::Evaluate, noise, trace: false };
//! let acted = pollster::block_on(actor.act(&model, &mut [Carry::default()], &request))?;
//! let step = environment.step(&acted.actions[0].action)?;
//! assert!((0.0..=2.0).contains(&step.reward));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The examples in `core/examples/` go on from here: `plan_once`, `train_pendulum`, `custom_task`, `custom_body` and
//! `watch_decisions`. Tensors are those of [`burn`], which is exported because its version must match.
//!
//! Modules follow the data, each importing only from those before it: [`text`], `near` (similar names), [`shell`]
//! (quoting for printed commands), [`math`], [`vfs`] (files, or their in-memory replacement in a browser), `compute`
//! (kernels on flat slices for a CPU, and launching WGSL), [`registry`] (lists that a user extends), [`settings`] (what
//! a table of settings is; each module declares its own in its file `settings.rs`) -> [`body`] -> [`task`] ->
//! [`replay`] -> [`nn`] -> [`model`] -> [`planner`] -> [`config`] (adds up the settings of all modules) -> [`agent`] ->
//! [`train`] -> [`run`], [`inspect`], [`import`], [`prelude`]. Without the feature
//! `learning`, only bodies and tasks are built, with what they need.
//!
//! The core also runs in a browser: it never blocks on device memory (reads are `async`), starts a thread only if
//! reanalyze is configured to run in the background (native), and on wasm32 keeps files in memory.

#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests run natively"))]

#[cfg(feature = "learning")]
pub mod agent;
pub mod body;
#[cfg(feature = "learning")]
mod compute;
#[cfg(feature = "learning")]
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
pub mod prelude;
pub mod registry;
#[cfg(feature = "learning")]
pub mod replay;
#[cfg(feature = "learning")]
pub mod run;
pub mod settings;
pub mod shell;
pub mod task;
pub mod text;
#[cfg(feature = "learning")]
pub mod train;
#[cfg(feature = "learning")]
pub mod vfs;

#[cfg(feature = "learning")]
pub use burn;
pub use toml;

#[cfg(test)]
use bootstride_tests::property;
