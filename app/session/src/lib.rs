//! A headless session behind a front end: it opens runs and agents, trains or plays them, and answers queries about
//! decisions.
//!
//! [`Session`] is stepped like the trainer: its owner passes it [`Command`]s and calls [`advance`](Session::advance) as
//! long as there is work. The owner is a thread ([`ThreadLink`]) natively and a web worker in a page. A front end
//! communicates with it through a [`SessionLink`] and stores its reports in a [`History`]; neither side waits for the
//! other. The command line records its runs with the same [`recorded`] trainer.
//!
//! Modules, each importing only from those before it: [`clock`], [`failure`] (errors and exit codes) -> [`hardware`],
//! [`device`], [`interrupt`] (signals) -> [`recorded`] (a trainer with its run folder) -> [`message`] (commands and
//! reports) -> [`history`], [`archive`] (a run in one file), [`wire`] (serialized messages) -> `rates`, `outbox` -> `open`
//! -> `subscription` -> `controller` (the session) -> `recovery` -> `thread`.
#![recursion_limit = "256"]
#![allow(
    clippy::disallowed_methods,
    reason = "the bans keep core fit for a browser; this is a native program with threads, files and a clock"
)]

pub mod archive;
pub mod clock;
mod controller;
pub mod device;
pub mod failure;
#[cfg(not(target_family = "wasm"))]
pub mod hardware;
pub mod history;
#[cfg(not(target_family = "wasm"))]
pub mod interrupt;
pub mod message;
mod open;
mod outbox;
mod rates;
pub mod recorded;
mod recovery;
mod subscription;
#[cfg(not(target_family = "wasm"))]
mod thread;
pub mod wire;

pub use clock::seconds;
pub use controller::{Session, Work};
pub use history::History;
pub use message::{Command, SessionLink, Update};
pub use open::MOTION;
pub use outbox::merge;
#[cfg(not(target_family = "wasm"))]
pub use thread::ThreadLink;
