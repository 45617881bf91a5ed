//! The kernels compiled for browsers.

use std::fs;
use std::path::{Path, PathBuf};

use bootstride_tests::skip::skip;
use bootstride_tests::wasm;

use crate::harness::lab;

/// Core's library as the page's module was linked with it.
fn library() -> PathBuf {
    let deps = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..").join(wasm::TARGET).join("web/deps");
    let libraries = fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("libbootstride_core-") && name.ends_with(".rlib")
    });
    libraries.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).expect("core, compiled for browsers")
}

/// What `tests/kernels` claims of native code. An object of wasm names what it imports: the lengths and letters of a
/// module's name and of a function's.
#[test]
fn no_kernel_of_the_page_calls_for_a_multiply_add() {
    if std::env::var_os("BOOTSTRIDE_WASM").is_some() {
        return skip("BOOTSTRIDE_WASM names a module that was compiled elsewhere");
    }
    if !wasm::has_target() {
        return skip(&wasm::missing());
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
