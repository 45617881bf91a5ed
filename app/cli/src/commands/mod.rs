//! The commands, one module each.

pub mod bench;
pub mod body;
pub mod completions;
pub mod count;
pub mod doctor;
pub mod eval;
pub mod export;
pub mod film;
pub mod import;
pub mod lab;
pub mod man;
pub mod presets;
pub mod tasks;
pub mod train;
