//! The page: the lab on the main thread.
//!
//! [`app`] draws the lab, [`link`] is its way to an engine in a worker, [`shared_files`] keeps the files that page and workers share,
//! [`storage`] keeps them between visits, [`agents`] fetches those that come with the page, [`files`] takes files from the
//! person and gives some back, and [`probe`] tells a lesson's script what the lab shows.

mod agents;
mod app;
mod config;
mod files;
mod link;
mod probe;
mod session;
mod shared_files;
mod storage;

use eframe::egui_wgpu::{WgpuSetup, WgpuSetupCreateNew};
use eframe::wgpu::{Backends, InstanceDescriptor};
use eframe::{WebOptions, WebRunner};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use web_sys::HtmlCanvasElement;

use self::app::PageApp;
use self::config::PageConfig;
use self::shared_files::SharedFiles;
use crate::browser;

/// Shows the lab on `canvas`. `config` says where the parts of the page are and what the browser is like: `{module, js_url,
/// worker_url, build, keeps, again, draws_in_software}`. The promise is kept when the lab is about to draw its first frame.
#[wasm_bindgen]
pub fn start_page(canvas: HtmlCanvasElement, config: JsValue) -> Promise {
    future_to_promise(async move {
        start(canvas, &config).await?;
        Ok(JsValue::UNDEFINED)
    })
}

async fn start(canvas: HtmlCanvasElement, config: &JsValue) -> Result<(), JsValue> {
    let config = PageConfig::read(config)?;
    let is_embedded = app::asked().0.embed;
    let config = PageConfig { keeps: config.keeps && !is_embedded, ..config };
    let keeps = config.keeps;
    let (kept, trouble) = if is_embedded { (None, None) } else { storage::open().await };
    let hub = SharedFiles::new(config, kept.as_ref().map(|(database, _)| database.clone()).filter(|_| keeps));
    if let Some((_, files)) = kept {
        hub.put_back(files);
    }
    let elsewhere =
        "This page is open in another tab, which keeps the runs: those of this tab last as long as this visit.";
    hub.tell_later(trouble.or_else(|| (!keeps && !is_embedded).then(|| elsewhere.to_owned())));
    let runner = WebRunner::new();
    // After the runner's own hook, so that this one is called first.
    browser::on_panic(|text| browser::call_global("bootstride_panic", text));
    let setup = WgpuSetupCreateNew {
        // WebGL 2 is everywhere, also where WebGPU is missing; the engine has its device to itself in the worker.
        instance_descriptor: InstanceDescriptor {
            backends: Backends::GL,
            ..InstanceDescriptor::new_without_display_handle()
        },
        ..WgpuSetupCreateNew::without_display_handle()
    };
    let mut options = WebOptions::default();
    options.wgpu_options.wgpu_setup = WgpuSetup::CreateNew(setup);
    runner.start(canvas, options, Box::new(move |cc| Ok(Box::new(PageApp::new(cc, hub))))).await
}
