//! The kernels as they were compiled.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop; it runs natively"
)]

mod symbols;

use symbols::{calls, newest_library};

/// A multiply-add outside of code that is compiled for the machine's instructions is a call of the C library: it once made a
/// plan half as fast, while every result stayed the same.
#[test]
fn no_kernel_calls_for_a_multiply_add_or_a_vector_instruction() {
    let deps = std::env::current_exe().unwrap();
    let library = newest_library(deps.parent().unwrap()).expect("the library that this test is linked with");
    let found = calls(&library);
    assert!(found.is_empty(), "{} calls {found:#?}", library.display());
}
