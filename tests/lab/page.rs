//! Claims about the lab in a page: deep links lead there and back, an embedded lab keeps to itself, small screens and
//! fingers are served, and an engine that is gone takes nothing with it.

mod address;
mod deep_link;
mod embed;
mod failure;
mod host;
mod small;
mod touch;
mod welcome;
