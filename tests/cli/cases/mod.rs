//! Faults that users reported, one file per case, named after it. Each test states the right behaviour.

mod body_inertia_impossible;
mod body_name_terminal;
mod byte_order_mark;
mod run_archives_as_people_pack_them;
