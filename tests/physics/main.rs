//! Claims about the simulated bodies and their tasks, checked against numbers measured on the reference simulator.
//!
//! The numbers lie in `tests/data/dmc`; `BOOTSTRIDE_DMC_REFERENCE` names another folder of the same layout.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test that cannot read its data has failed")]
#![allow(clippy::float_cmp, reason = "same seed, same bits")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

mod body_file;
mod conservation;
mod custom_body;
mod driving;
mod dynamics;
mod ending;
mod environment;
mod falls;
mod floor;
mod limits;
mod published;
mod reference;
mod resets;
mod rewards;
mod sensors;
mod snapshots;
mod touch;
mod trajectories;
