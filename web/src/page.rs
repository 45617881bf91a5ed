//! The main thread of the page.

use wasm_bindgen::prelude::*;

/// Starts the lab on `canvas`.
#[wasm_bindgen]
pub fn start_page(_canvas: JsValue, _config: JsValue) {}
