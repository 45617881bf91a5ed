//! The real program, end to end.

mod import;
mod interruption;
mod tool;
mod training;
mod usage;
