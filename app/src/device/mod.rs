//! The device that computes: what the user asks for (`auto`, `cpu`, `gpu`, `gpu:N`) becomes a Burn device.
//!
//! A choice is made in two steps so that each can be tested: [`Adapters::find`] lists what the machine has, and
//! [`choose`] decides from that list alone. [`select`] does both, and [`Selection::open`] opens what was chosen.

mod adapters;
mod choice;

pub use adapters::{AdapterKind, AdapterReport, Adapters, Limits};
pub use choice::{Choice, Chosen, Request, choose};

use std::sync::atomic::{AtomicBool, Ordering};

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
pub fn select(request: &str) -> Result<Selection, Failure> {
    let request: Request = request.parse().usage()?;
    // The CPU needs no adapters, and asking for them costs time and loads drivers.
    let adapters = if request == Request::Cpu { Adapters::none() } else { Adapters::find() };
    let choice = choose(request, adapters.reports()).usage()?;
    Ok(Selection { choice, adapters })
}

impl Selection {
    /// Opens the device: ready for tensors, without autodiff. Says on standard error what it is.
    ///
    /// # Errors
    ///
    /// When the adapter refuses to open.
    pub fn open(&self) -> Result<Device, Failure> {
        let Choice { label, reason, warning, .. } = &self.choice;
        note(&format!("device {label}: {reason}"));
        if let Some(warning) = warning {
            note(&format!("warning: {warning}"));
        }
        self.open_silently()
    }

    /// As [`open`](Self::open), and leaves it to the caller to say what it is.
    ///
    /// # Errors
    ///
    /// When the adapter refuses to open.
    pub fn open_silently(&self) -> Result<Device, Failure> {
        let Choice { chosen, label, .. } = &self.choice;
        Ok(match *chosen {
            Chosen::Cpu => Device::flex(),
            Chosen::Gpu(index) => self.adapters.open(index).with_context(|| format!("could not open {label}"))?,
        })
    }
}

/// Threads beside the first that wait for work without falling asleep.
const AWAKE: usize = 3;

/// Runs `work` on one of the threads that share the CPU's work, and keeps a few others awake for it.
///
/// Learning is a sequence of hundreds of operations of some 100 microseconds each. Split up from outside these threads,
/// every part would first have to be handed over; and a thread that has fallen asleep in a short serial part wakes up when
/// the next operation is nearly done. Measured on two cores, an update at preset `small` was no faster than on one.
pub fn among_workers<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    /// Lets the others go, also after a panic.
    struct Done<'a>(&'a AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        for _ in 0..(rayon::current_num_threads() - 1).min(AWAKE) {
            scope.spawn(|_| {
                while !done.load(Ordering::Relaxed) {
                    if rayon::yield_now() != Some(rayon::Yield::Executed) {
                        std::thread::yield_now();
                    }
                }
            });
        }
        let _done = Done(&done);
        work()
    })
}
