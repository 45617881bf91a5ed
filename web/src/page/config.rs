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
    /// Whether this tab keeps runs and what is open: one of those of the same address does, and a figure of a lesson does
    /// not.
    pub keeps: bool,
    /// Whether this is a reload: then what was open counts more than what the address names.
    pub again: bool,
    /// Whether the processor draws, for want of a GPU.
    pub draws_in_software: bool,
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
    /// Reads `{module, js_url, worker_url, build, keeps, again, draws_in_software}`.
    pub fn read(config: &JsValue) -> Result<Self, JsValue> {
        let build: String = JSON::stringify(&get(config, "build")).map(|text: JsString| text.into())?;
        let mut build: Build = serde_json::from_str(&build)
            .map_err(|error| JsError::new(&format!("the description of this build cannot be read: {error}")))?;
        // What a stranger sees first is one that walks.
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
