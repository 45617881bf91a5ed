//! The description of the built page.

use js_sys::{JSON, JsString};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::browser::{get, text};

/// Addresses of the page's parts, and the page's circumstances.
pub struct PageConfig {
    /// The compiled module, passed to workers.
    pub module: JsValue,
    /// Address of the bindings.
    pub js_url: String,
    /// Address of the worker's script.
    pub worker_url: String,
    /// The build.
    pub build: Build,
    /// Whether this tab stores runs and the open session: only one tab of the same address does, and an embedded figure
    /// of a lesson does not.
    pub keeps: bool,
    /// Whether this is a reload: then the stored session takes precedence over the address.
    pub again: bool,
    /// Whether the CPU renders because there is no GPU.
    pub draws_in_software: bool,
}

/// A build.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Build {
    /// Trained agents included in the page.
    pub agents: Vec<ShippedAgent>,
    /// Name of this build.
    pub version: String,
}

/// A trained agent included in the page.
#[derive(Clone, Debug, Deserialize)]
pub struct ShippedAgent {
    /// Its name, such as `walker-walk`.
    pub name: String,
    /// Address of its archive, relative to the page.
    pub file: String,
}

impl PageConfig {
    /// Reads `{module, js_url, worker_url, build, keeps, again, draws_in_software}`.
    pub fn read(config: &JsValue) -> Result<Self, JsValue> {
        let build: String = JSON::stringify(&get(config, "build")).map(|text: JsString| text.into())?;
        let mut build: Build = serde_json::from_str(&build)
            .map_err(|error| JsError::new(&format!("the description of this build cannot be read: {error}")))?;
        // A first-time visitor first sees one that walks.
        build.agents.sort_by_key(|agent| agent.name != "walker-walk");
        Ok(Self {
            module: get(config, "module"),
            js_url: text(config, "js_url"),
            worker_url: text(config, "worker_url"),
            build,
            keeps: get(config, "keeps").as_bool().unwrap_or(true),
            again: get(config, "again").is_truthy(),
            draws_in_software: get(config, "draws_in_software").is_truthy(),
        })
    }
}
