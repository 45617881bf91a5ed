//! Adapter information from the browser in addition to what wgpu provides.

use js_sys::{Function, Promise, Reflect, global};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::report::{AdapterKind, AdapterReport, is_software};

/// Completes a report with the names that the browser provides: most browsers leave all names in wgpu's report empty,
/// and a software adapter can be recognized only by its name.
pub(super) async fn describe(report: &mut AdapterReport) {
    let Some(info) = info().await else { return };
    let told =
        |key: &str| Reflect::get(&info, &key.into()).ok().and_then(|value| value.as_string()).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for name in ["vendor", "architecture", "device", "description"].map(told) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    let is_fallback = Reflect::get(&info, &"isFallbackAdapter".into()).is_ok_and(|value| value.is_truthy());
    report.name = if names.is_empty() { "unnamed adapter".into() } else { names.join(" ") };
    if is_fallback || is_software(&report.name) {
        report.kind = AdapterKind::Software;
    }
}

/// `(await navigator.gpu.requestAdapter()).info`
async fn info() -> Option<JsValue> {
    let get = |from: &JsValue, key: &str| Reflect::get(from, &key.into()).ok().filter(|value| !value.is_falsy());
    let gpu = get(&get(&global(), "navigator")?, "gpu")?;
    let ask = get(&gpu, "requestAdapter")?.dyn_into::<Function>().ok()?;
    let promise = ask.call0(&gpu).ok()?.dyn_into::<Promise>().ok()?;
    get(&JsFuture::from(promise).await.ok()?, "info")
}
