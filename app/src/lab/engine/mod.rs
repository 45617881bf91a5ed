//! The engine behind the lab: it opens runs and agents, trains or plays them, and answers questions about decisions.
//!
//! [`Engine`] is a stepping machine like the trainer: whoever owns it hands it commands and calls
//! [`advance`](Engine::advance) as long as it has work. Here that is a thread ([`ThreadLink`]); in a page a web worker.

mod attend;
mod machine;
mod open;
mod outbox;
mod rates;
#[cfg(not(target_family = "wasm"))]
mod thread;

pub use crate::clock::seconds;
pub use machine::{Engine, Work};
pub use open::MOTION;
pub use outbox::merge;
#[cfg(not(target_family = "wasm"))]
pub use thread::ThreadLink;
