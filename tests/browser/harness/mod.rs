//! Support for tests of the page: the page built and served, a browser, and control over it.

#![allow(
    dead_code,
    unused_imports,
    reason = "a tool for all tests of the page; not each of its parts is needed at all times"
)]

mod browser;
mod console;
mod input;
mod page;
mod protocol;
mod site;
mod workers;

pub use browser::{Browser, Gpu};
pub use console::{Entry, Host};
pub use page::{LongTask, Page};
pub use site::{lab, serve, shell};
