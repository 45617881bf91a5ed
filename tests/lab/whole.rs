//! Claims about the whole lab on a recorded session of a real agent: how each tab looks, that its words fit, that every
//! control has a name and does not break anything, and that the tour can be walked with a real engine.

mod cost;
mod drops;
mod labels;
mod pictures;
mod squeeze;
pub mod stand;
mod tour;
pub mod words;
