//! The device that computes: what the user asks for (`auto`, `cpu`, `gpu`, `gpu:N`) becomes a Burn device.
//!
//! A choice is made in two steps so that each can be tested: [`Adapters::find`] lists what the machine has, and
//! [`choose`] decides from that list alone. [`select`] does both, and [`Selection::open`] opens what was chosen.

mod adapters;
#[cfg(target_family = "wasm")]
mod browser;
mod choice;
#[cfg(not(target_family = "wasm"))]
mod workers;

pub use adapters::{AdapterKind, AdapterReport, Adapters, Limits};
pub use choice::{Choice, Chosen, Request, choose};
#[cfg(not(target_family = "wasm"))]
pub use workers::among_workers;

use anyhow::Context as _;
use burn::tensor::Device;

use crate::failure::{Failure, UsageError as _, note};

/// A device chosen but not yet opened: enough to tell what a run would use.
pub struct Selection {
    /// What was chosen, and why.
    pub choice: Choice,
    adapters: Adapters,
}

/// Chooses the device that a `--device` value asks for.
///
/// # Errors
///
/// A usage failure for a value that is none of `auto`, `cpu`, `gpu`, `gpu:N`, or for an adapter that is not there.
pub async fn select(request: &str) -> Result<Selection, Failure> {
    let request: Request = request.parse().usage()?;
    // The CPU needs no adapters, and asking for them costs time and loads drivers.
    let adapters = if request == Request::Cpu { Adapters::none() } else { Adapters::find().await };
    let choice = choose(request, adapters.reports()).usage()?;
    Ok(Selection { choice, adapters })
}

impl Selection {
    /// Opens the device: ready for tensors, without autodiff. Says on standard error what it is.
    ///
    /// # Errors
    ///
    /// When the adapter refuses to open.
    pub async fn open(&self) -> Result<Device, Failure> {
        let Choice { label, reason, warning, .. } = &self.choice;
        note(&format!("device {label}: {reason}"));
        if let Some(warning) = warning {
            note(&format!("warning: {warning}"));
        }
        self.open_silently().await
    }

    /// As [`open`](Self::open), and leaves it to the caller to say what it is.
    ///
    /// # Errors
    ///
    /// When the adapter refuses to open.
    pub async fn open_silently(&self) -> Result<Device, Failure> {
        let Choice { chosen, label, .. } = &self.choice;
        Ok(match *chosen {
            Chosen::Cpu => Device::flex(),
            Chosen::Gpu(index) => self.adapters.open(index).await.with_context(|| format!("could not open {label}"))?,
        })
    }
}
