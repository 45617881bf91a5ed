//! Agents trained elsewhere: official TD-MPC2 and BMPC checkpoints (`.pt`).

#[cfg(not(target_family = "wasm"))]
mod official;
#[cfg(not(target_family = "wasm"))]
mod parts;

#[cfg(not(target_family = "wasm"))]
pub use official::{ImportError, Imported, Mapped, Mismatch, import_official};
