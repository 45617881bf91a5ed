//! The trained agents included in the page: fetched as archives and unpacked under `agents/`.

use std::path::Path;
use std::rc::Rc;

use bootstride_core::vfs::{self, memory};
use bootstride_lab::host::{AGENTS, Host};
use bootstride_session::archive::unpack;
use bootstride_session::message::Level;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use super::config::ShippedAgent;
use super::shared_files::SharedFiles;
use crate::browser::{bytes, in_words};

/// Fetches this agent (or the first one), then the others, one after the other. Calls `then` with the name of each once
/// it is available.
pub async fn fetch_all(shared_files: Rc<SharedFiles>, first: Option<String>, then: impl Fn(&str)) {
    let mut agents = shared_files.config.build.agents.clone();
    if let Some(place) = agents.iter().position(|agent| Some(&agent.name) == first.as_ref()) {
        agents[..=place].rotate_right(1);
    }
    for agent in &agents {
        match fetch(&shared_files, agent).await {
            Ok(()) => then(&agent.name),
            Err(error) => {
                let text =
                    format!("The agent {} could not be loaded: {error}. Reload the page to try again.", agent.name);
                shared_files.tell(Level::Bad, text);
            }
        }
    }
}

async fn fetch(shared_files: &SharedFiles, agent: &ShippedAgent) -> Result<(), String> {
    let window = web_sys::window().ok_or("there is no window")?;
    let words = |error: JsValue| in_words(&error);
    let response: Response =
        JsFuture::from(window.fetch_with_str(&agent.file)).await.and_then(JsCast::dyn_into).map_err(words)?;
    if !response.ok() {
        return Err(format!("the server answers {} {}", response.status(), response.status_text()));
    }
    let body = JsFuture::from(response.array_buffer().map_err(words)?).await.map_err(words)?;
    let folder = unpack(&bytes(&body), Path::new(AGENTS)).map_err(|error| error.to_string())?;
    let place = Host::agent_folder(&agent.name);
    if folder != Path::new(&place) {
        vfs::rename(&folder, &place).map_err(|error| format!("{place}: {error}"))?;
    }
    shared_files.take(memory::changes(), None);
    Ok(())
}
