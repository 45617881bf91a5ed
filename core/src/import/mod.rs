//! Agents trained elsewhere: official TD-MPC2 and BMPC checkpoints.

#[cfg(not(target_family = "wasm"))]
mod error;
#[cfg(not(target_family = "wasm"))]
mod file;
#[cfg(not(target_family = "wasm"))]
mod names;
#[cfg(not(target_family = "wasm"))]
mod numbers;
#[cfg(not(target_family = "wasm"))]
mod official;
#[cfg(not(target_family = "wasm"))]
mod parts;

#[cfg(not(target_family = "wasm"))]
pub use error::{ImportError, Mismatch, NotFinite};
#[cfg(not(target_family = "wasm"))]
pub use official::{Imported, Mapped, import_official};
