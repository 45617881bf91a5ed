//! The page: the lab on the main thread.
//!
//! [`app`] draws the lab, [`link`] connects it to a session in a worker, [`shared_files`] holds the files that page and
//! workers share, [`storage`] keeps them between visits, [`agents`] fetches those included in the page, [`files`] opens
//! the user's files and offers downloads, and [`probe`] reports to a lesson's script what the lab shows.

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

/// Shows the lab on `canvas`. `config` describes the parts of the page and the browser: `{module, js_url, worker_url,
/// build, keeps, again, draws_in_software}`. The promise resolves when the lab is about to draw its first frame.
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
    let shared_files = SharedFiles::new(config, kept.as_ref().map(|(database, _)| database.clone()).filter(|_| keeps));
    if let Some((_, files)) = kept {
        shared_files.put_back(files);
    }
    let elsewhere =
        "This page is open in another tab, which stores the runs. Runs in this tab are lost when you close it.";
    shared_files.tell_later(trouble.or_else(|| (!keeps && !is_embedded).then(|| elsewhere.to_owned())));
    let runner = WebRunner::new();
    // After the runner's own hook, so that this one is called first.
    browser::on_panic(|text| browser::call_global("bootstride_panic", text));
    let setup = WgpuSetupCreateNew {
        // WebGL 2 is available everywhere, even without WebGPU; the session has its own device in the worker.
        instance_descriptor: InstanceDescriptor {
            backends: Backends::GL,
            ..InstanceDescriptor::new_without_display_handle()
        },
        ..WgpuSetupCreateNew::without_display_handle()
    };
    let mut options = WebOptions::default();
    options.wgpu_options.wgpu_setup = WgpuSetup::CreateNew(setup);
    runner.start(canvas, options, Box::new(move |cc| Ok(Box::new(PageApp::new(cc, shared_files))))).await
}
