//! Bodies move the same in wasm as natively, bit for bit.
//!
//! Builds this package for wasm and runs it in an interpreter, which follows the standard's arithmetic to the bit, as
//! browsers do.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use bootstride_tests::skip::skip;
use bootstride_tests::wasm::{self, TARGET};
use bootstride_wasm_check::{BODIES, motion};
use wasmi::{Engine, Linker, Module, Store};

const CONTROL_STEPS: u32 = 40;

fn build() -> PathBuf {
    // Next to the folder that this test was built in.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "-p", "bootstride-wasm-check", "--lib", "--target", TARGET])
        .env("CARGO_TARGET_DIR", folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success(), "the build for wasm failed");
    folder.join(TARGET).join("debug/bootstride_wasm_check.wasm")
}

#[test]
fn bodies_move_in_wasm_as_they_do_natively_to_the_bit() {
    if !wasm::has_target() {
        return skip(&wasm::missing());
    }
    let engine = Engine::default();
    let module = Module::new(&engine, std::fs::read(build()).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
    let in_wasm = instance.get_typed_func::<(u32, u32), u64>(&store, "motion").unwrap();
    for (body, name) in (0..).zip(BODIES) {
        let there = in_wasm.call(&mut store, (body, CONTROL_STEPS)).unwrap();
        let here = motion(body, CONTROL_STEPS);
        assert_ne!(here, 0, "{name}");
        assert_eq!(there, here, "{name}");
    }
}
