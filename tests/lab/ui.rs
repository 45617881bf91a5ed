//! Claims about colours, widgets, plots and the panes made of them.

mod colours;
mod export;
mod history;
mod panes;
mod plots;
pub mod support;
mod widgets;
