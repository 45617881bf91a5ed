//! Bootstride.
fn main() {}
