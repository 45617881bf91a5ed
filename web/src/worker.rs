//! The engine's thread.

use wasm_bindgen::prelude::*;

/// Starts the engine in a worker.
#[wasm_bindgen]
pub fn start_worker() {}
