//! What the page that was built says of itself.

use js_sys::{JSON, JsString};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::browser::{get, text};

/// Where the parts of the page are.
pub struct PageConfig {
    /// The compiled module, to be handed to workers.
    pub module: JsValue,
    /// Address of the bindings.
    pub js_url: String,
    /// Address of the worker's script.
    pub worker_url: String,
    /// What was built.
    pub build: Build,
}

/// What was built.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Build {
    /// Trained agents that come with the page.
    pub agents: Vec<ShippedAgent>,
    /// Name of this build.
    pub version: String,
}

/// A trained agent that comes with the page.
#[derive(Clone, Debug, Deserialize)]
pub struct ShippedAgent {
    /// Its name, as `walker-walk`.
    pub name: String,
    /// Address of its archive, relative to the page.
    pub file: String,
}

impl PageConfig {
    /// Reads `{module, js_url, worker_url, build}`.
    pub fn read(config: &JsValue) -> Result<Self, JsValue> {
        let build: String = JSON::stringify(&get(config, "build")).map(|text: JsString| text.into())?;
        let build = serde_json::from_str(&build)
            .map_err(|error| JsError::new(&format!("the description of this build cannot be read: {error}")))?;
        Ok(Self {
            module: get(config, "module"),
            js_url: text(config, "js_url"),
            worker_url: text(config, "worker_url"),
            build,
        })
    }
}
