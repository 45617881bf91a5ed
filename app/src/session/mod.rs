//! A session behind a front end, headless: it opens runs and agents, trains or plays them, and answers questions about
//! decisions.
//!
//! [`Session`] is stepped like the trainer: its owner hands it [`Command`]s and calls [`advance`](Session::advance) as long
//! as there is work. Natively the owner is a thread ([`ThreadLink`]), in a page a web worker. A front end talks to it through
//! a [`SessionLink`] and keeps what it reports in a [`History`]; neither side waits for the other.
//!
//! [`message`] is what the two sides say, [`wire`] the same as bytes, [`archive`] a run in one file.

pub mod archive;
mod controller;
pub mod history;
pub mod message;
mod open;
mod outbox;
mod rates;
mod recovery;
mod subscription;
#[cfg(not(target_family = "wasm"))]
mod thread;
pub mod wire;

pub use crate::clock::seconds;
pub use controller::{Session, Work};
pub use history::History;
pub use message::{Command, SessionLink, Update};
pub use open::MOTION;
pub use outbox::merge;
#[cfg(not(target_family = "wasm"))]
pub use thread::ThreadLink;
