//! Browser utilities used by both the page and the worker.

use std::panic;

use js_sys::{Function, Promise, Reflect, Uint8Array, global};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Channels deliver to the event loop without the delay that browsers add to timers.
    type MessageChannel;
    #[wasm_bindgen(constructor)]
    fn new() -> MessageChannel;
    #[wasm_bindgen(method, getter)]
    fn port1(this: &MessageChannel) -> Port;
    #[wasm_bindgen(method, getter)]
    fn port2(this: &MessageChannel) -> Port;

    type Port;
    #[wasm_bindgen(method, js_name = postMessage)]
    fn post_message(this: &Port, message: &JsValue);
    #[wasm_bindgen(method, setter, js_name = onmessage)]
    fn set_onmessage(this: &Port, listener: &Function);

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(then: &Function, milliseconds: f64) -> JsValue;
}

/// Yields to the event loop so that pending events are processed, then continues immediately.
pub struct Turns(MessageChannel);

impl Turns {
    pub fn new() -> Self {
        Self(MessageChannel::new())
    }

    pub async fn next(&self) {
        let promise = Promise::new(&mut |resolve, _| {
            self.0.port1().set_onmessage(&resolve);
            self.0.port2().post_message(&JsValue::NULL);
        });
        // A private channel does not fail.
        let _ = JsFuture::from(promise).await;
    }
}

/// Calls `then` after this many seconds.
pub fn after(seconds: f64, then: &Function) {
    set_timeout(then, 1000.0 * seconds);
}

/// Passes the message and location of every panic to `tell` before it ends the module.
pub fn on_panic(tell: impl Fn(&str) + Send + Sync + 'static) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        web_sys::console::error_1(&info.to_string().into());
        tell(&info.to_string());
        before(info);
    }));
}

/// Returns the bytes of a `Uint8Array` or an `ArrayBuffer`.
pub fn bytes(value: &JsValue) -> Vec<u8> {
    Uint8Array::new(value).to_vec()
}

/// Returns the field `key` of an object; `undefined` if there is none.
pub fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Returns a text field of an object; empty if there is none.
pub fn text(object: &JsValue, key: &str) -> String {
    get(object, key).as_string().unwrap_or_default()
}

/// Calls a function of the global scope with a text, if it exists.
pub fn call_global(name: &str, text: &str) {
    if let Ok(function) = get(&global(), name).dyn_into::<Function>() {
        let _ = function.call1(&JsValue::NULL, &text.into());
    }
}

/// Formats a JavaScript error.
pub fn in_words(error: &JsValue) -> String {
    let message = text(error, "message");
    let name = text(error, "name");
    match (name.is_empty(), message.is_empty()) {
        (_, true) => error.as_string().unwrap_or_else(|| format!("{error:?}")),
        (true, false) => message,
        (false, false) => format!("{name}: {message}"),
    }
}
