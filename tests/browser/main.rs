//! The page in a real browser. Where there is no Chromium the tests say so and pass; `CHROME` names another one.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on should stop; it runs natively"
)]

mod boot;
mod command;
mod dist;
mod harness;
mod itself;
mod lab;
mod server;
