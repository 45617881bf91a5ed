//! Device selection: turns the user's request (`auto`, `cpu`, `gpu`, `gpu:N`) into a Burn device.
//!
//! There are two steps, so that each can be tested: [`Adapters::find`] lists the adapters, and [`choose`] decides based
//! on that list alone. [`select`] does both, and [`Selection::open`] opens the chosen device.

mod adapters;
#[cfg(target_family = "wasm")]
mod browser;
mod choice;
mod report;
#[cfg(not(target_family = "wasm"))]
mod workers;

pub use adapters::Adapters;
pub use choice::{Choice, Chosen, Request, choose};
pub use report::{AdapterKind, AdapterReport, Limits};
#[cfg(not(target_family = "wasm"))]
pub use workers::among_workers;

use anyhow::Context as _;
use burn::tensor::Device;

use crate::failure::{Failure, UsageError as _, note};

/// A device that is chosen but not yet opened: enough to report what a run would use.
pub struct Selection {
    /// The choice and its reason.
    pub choice: Choice,
    adapters: Adapters,
}

/// Chooses the device for a `--device` value.
///
/// # Errors
///
/// Returns a usage failure for a value other than `auto`, `cpu`, `gpu`, `gpu:N`, or for an adapter that does not exist.
pub async fn select(request: &str) -> Result<Selection, Failure> {
    let request: Request = request.parse().usage()?;
    // The CPU needs no adapters, and listing them takes time and loads drivers.
    let adapters = if request == Request::Cpu { Adapters::none() } else { Adapters::find().await };
    let choice = choose(request, adapters.reports()).usage()?;
    Ok(Selection { choice, adapters })
}

impl Selection {
    /// Opens the device, ready for tensors, without autodiff. Reports the device on standard error.
    ///
    /// # Errors
    ///
    /// If the adapter refuses to open.
    pub async fn open(&self) -> Result<Device, Failure> {
        let Choice { label, reason, warning, .. } = &self.choice;
        note(&format!("device {label}: {reason}"));
        if let Some(warning) = warning {
            note(&format!("warning: {warning}"));
        }
        self.open_silently().await
    }

    /// Like [`open`](Self::open), but does not report the device.
    ///
    /// # Errors
    ///
    /// If the adapter refuses to open.
    pub async fn open_silently(&self) -> Result<Device, Failure> {
        let Choice { chosen, label, .. } = &self.choice;
        Ok(match *chosen {
            Chosen::Cpu => Device::flex(),
            Chosen::Gpu(index) => self.adapters.open(index).await.with_context(|| format!("could not open {label}"))?,
        })
    }
}
