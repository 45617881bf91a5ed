//! A headless session behind a front end: it opens runs and agents, trains or plays them, and answers queries about
//! decisions.
//!
//! [`Session`] is stepped like the trainer: its owner passes it [`Command`]s and calls [`advance`](Session::advance) as
//! long as there is work. The owner is a thread ([`ThreadLink`]) natively and a web worker in a page. A front end
//! communicates with it through a [`SessionLink`] and stores its reports in a [`History`]; neither side waits for the
//! other.
//!
//! [`message`] defines the messages, [`wire`] their serialized form, and [`archive`] the single-file format of a run.

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
