//! Output of a page and its workers: console, exceptions, and the browser's own entries.

use std::fmt;
use std::sync::{Arc, Mutex};

use headless_chrome::protocol::cdp::types::Event;
use serde_json::Value;

/// Where something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// On the main thread.
    Page,
    /// In a worker.
    Worker,
}

/// Something that was said.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `log`, `info`, `warning`, `error` or `exception`.
    pub level: String,
    /// The words.
    pub text: String,
    /// By whom.
    pub place: Host,
}

impl Entry {
    /// Whether it reports something broken.
    pub fn is_error(&self) -> bool {
        matches!(self.level.as_str(), "error" | "exception" | "assert")
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.place, self.level, self.text)
    }
}

/// All that was said, in order.
#[derive(Clone, Debug, Default)]
pub struct Console(Arc<Mutex<Vec<Entry>>>);

impl Console {
    /// All so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap().clone()
    }

    fn add(&self, place: Host, level: &str, text: String) {
        self.0.lock().unwrap().push(Entry { level: level.to_owned(), text, place });
    }

    /// Hears an event of the page.
    pub fn hear(&self, event: &Event) {
        let (method, params) = match event {
            Event::RuntimeConsoleAPICalled(event) => ("Runtime.consoleAPICalled", serde_json::to_value(&event.params)),
            Event::RuntimeExceptionThrown(event) => ("Runtime.exceptionThrown", serde_json::to_value(&event.params)),
            Event::LogEntryAdded(event) => ("Log.entryAdded", serde_json::to_value(&event.params)),
            _ => return,
        };
        self.hear_json(Host::Page, method, &params.unwrap());
    }

    /// Hears an event as the protocol has it.
    pub fn hear_json(&self, place: Host, method: &str, params: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match method {
            "Runtime.consoleAPICalled" => {
                let parts: Vec<_> = params["args"].as_array().into_iter().flatten().map(shown).collect();
                self.add(place, &text(&params["type"]), parts.join(" "));
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let said = text(&details["exception"]["description"]);
                self.add(place, "exception", if said.is_empty() { text(&details["text"]) } else { said });
            }
            "Log.entryAdded" => {
                let entry = &params["entry"];
                self.add(place, &text(&entry["level"]), format!("{} {}", text(&entry["text"]), text(&entry["url"])));
            }
            _ => {}
        }
    }
}

/// A value of a console call.
fn shown(value: &Value) -> String {
    let plain = match &value["value"] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    plain.or_else(|| value["description"].as_str().map(str::to_owned)).unwrap_or_else(|| value["type"].to_string())
}
