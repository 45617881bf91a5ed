//! The kernels as they were compiled for browsers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::lab;
use crate::skip::skip;

/// Whether Rust has its library for browsers.
fn has_target() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
    Path::new(String::from_utf8(sysroot).unwrap().trim()).join("lib/rustlib/wasm32-unknown-unknown").is_dir()
}

/// Core's library as the page's module was linked with it.
fn library() -> PathBuf {
    let deps = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../wasm32-unknown-unknown/web/deps");
    let libraries = fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libbootstride_core-") && name.ends_with(".rlib")
    });
    libraries.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).expect("core, compiled for browsers")
}

/// What `tests/kernels` claims of native code. An object of wasm names what it imports: the lengths and letters of a module's name
/// and of a function's.
#[test]
fn no_kernel_of_the_page_calls_for_a_multiply_add() {
    if std::env::var_os("BOOTSTRIDE_WASM").is_some() {
        return skip("BOOTSTRIDE_WASM names a module that was compiled elsewhere");
    }
    if !has_target() {
        return skip("the target wasm32-unknown-unknown is not installed (rustup target add wasm32-unknown-unknown)");
    }
    let _built = lab();
    let library = library();
    let bytes = fs::read(&library).unwrap();
    let imports = |name: &str| {
        let import = [b"\x03env", &[u8::try_from(name.len()).unwrap()][..], name.as_bytes()].concat();
        bytes.windows(import.len()).any(|window| window == import)
    };
    assert!(imports("__linear_memory"), "{} holds no objects of wasm", library.display());
    for name in ["fmaf", "fma"] {
        assert!(!imports(name), "{} calls {name}", library.display());
    }
}
