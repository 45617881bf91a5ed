//! The compiled kernels.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop; it runs natively"
)]

mod symbols;

use std::fs;
use std::path::Path;

use symbols::{calls, newest_library};

/// A multiply-add outside of code that is compiled for the processor's instructions is a call of the C library: it once
/// made a plan half as fast, while every result stayed the same.
#[test]
fn no_kernel_calls_for_a_multiply_add_or_a_vector_instruction() {
    let deps = std::env::current_exe().unwrap();
    let library = newest_library(deps.parent().unwrap()).expect("the library that this test is linked with");
    let found = calls(&library);
    assert!(found.is_empty(), "{} calls {found:#?}", library.display());
}

/// Only code that is inlined into a dispatch is compiled for the processor's vector instructions. Whether the compiler
/// inlines a closure depends on the profile: with one codegen unit it did not, and every instruction of a softmax
/// became a call. So kernels use plain loops. The test above checks one profile; this one holds for all.
#[test]
fn loops_over_rows_call_no_closures() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in ["compute/cpu/elementary.rs", "compute/cpu/epilogue.rs", "compute/cpu/rows.rs", "nn/fused/cpu/rows.rs"]
    {
        let text = fs::read_to_string(sources.join(file)).unwrap();
        let kernels = text.split("#[cfg(test)]").next().unwrap();
        assert!(kernels.contains("#[inline(always)]"), "{file} is where kernels are");
        for (number, line) in kernels.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for method in ["for_each(", ".fold(", ".map(", ".sum(", ".sum::", "from_fn("] {
                assert!(!code.contains(method), "{file}:{} calls a closure: {line}", number + 1);
            }
        }
    }
}
