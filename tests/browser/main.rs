//! The page in a real browser. Where there is no Chromium the tests say so and pass; `CHROME` names another one.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on should stop; it runs natively"
)]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::doc_markdown,
    clippy::duration_suboptimal_units,
    clippy::enum_variant_names,
    clippy::float_cmp,
    clippy::format_collect,
    clippy::needless_pass_by_value,
    reason = "file names are our own, GPUs are called as they are, and limits read best in seconds"
)]

mod boot;
mod command;
mod dist;
mod harness;
mod harness_itself;
mod kernels;
mod lab;
mod page_from_disk;
mod server;
