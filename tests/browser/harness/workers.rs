//! The workers of a page: their output, evaluated scripts, and how they end.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use headless_chrome::Tab;
use headless_chrome::protocol::cdp::types::Event;
use serde_json::{Value, json};

use super::console::{Console, Host};
use super::protocol::{AutoAttach, SendToTarget};

#[derive(Default)]
struct State {
    /// Addresses of the scripts of those that live, by session.
    alive: BTreeMap<String, String>,
    answers: HashMap<u64, Value>,
    calls: u64,
}

/// The workers of one page.
#[derive(Clone, Default)]
pub struct Workers(Arc<Mutex<State>>);

impl Workers {
    /// Listens to all workers that `tab` will start.
    pub fn listen(&self, tab: &Arc<Tab>, console: &Console) {
        let (this, console, listener) = (self.clone(), console.clone(), Arc::downgrade(tab));
        tab.add_event_listener(Arc::new(move |event: &Event| match event {
            Event::AttachedToTarget(event) => {
                let session = event.params.session_id.clone();
                this.0.lock().unwrap().alive.insert(session.clone(), event.params.target_info.url.clone());
                if let Some(tab) = listener.upgrade() {
                    this.send(&tab, &session, "Runtime.enable", &json!({}));
                    this.send(&tab, &session, "Log.enable", &json!({}));
                }
            }
            Event::DetachedFromTarget(event) => {
                this.0.lock().unwrap().alive.remove(&event.params.session_id);
            }
            Event::ReceivedMessageFromTarget(event) => {
                let message: Value = serde_json::from_str(&event.params.message).unwrap();
                match (message["id"].as_u64(), message["method"].as_str()) {
                    (Some(id), _) => {
                        this.0.lock().unwrap().answers.insert(id, message);
                    }
                    (None, Some(method)) => console.hear_json(Host::Worker, method, &message["params"]),
                    (None, None) => {}
                }
            }
            _ => {}
        }))
        .unwrap();
        let params = json!({"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": false});
        tab.call_method(AutoAttach(params)).unwrap();
    }

    fn send(&self, tab: &Tab, session: &str, method: &str, params: &Value) -> u64 {
        let id = {
            let mut state = self.0.lock().unwrap();
            state.calls += 1;
            state.calls
        };
        let message = json!({"id": id, "method": method, "params": params}).to_string();
        // A worker may have ended meanwhile.
        let _gone = tab.call_method(SendToTarget(json!({"sessionId": session, "message": message})));
        id
    }

    /// The addresses of the scripts of those that live.
    pub fn alive(&self) -> Vec<String> {
        self.0.lock().unwrap().alive.values().cloned().collect()
    }

    fn newest(&self) -> Option<String> {
        self.0.lock().unwrap().alive.keys().next_back().cloned()
    }

    /// What `js` is in the last worker; waits for promises.
    pub fn evaluate(&self, tab: &Tab, js: &str, limit: Duration) -> Result<Value, String> {
        let session = self.newest().ok_or("the page has no worker")?;
        let params = json!({"expression": js, "awaitPromise": true, "returnByValue": true});
        let id = self.send(tab, &session, "Runtime.evaluate", &params);
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(answer) = self.0.lock().unwrap().answers.remove(&id) {
                let result = &answer["result"];
                return match (&answer["error"], &result["exceptionDetails"]) {
                    (Value::Null, Value::Null) => Ok(result["result"]["value"].clone()),
                    (Value::Null, details) => Err(details["exception"]["description"].to_string()),
                    (error, _) => Err(error.to_string()),
                };
            }
            sleep(Duration::from_millis(10));
        }
        Err(format!("the worker did not answer within {limit:?}: {js}"))
    }

    /// Ends all of them at once, as a browser does that is short of memory: without a notice.
    pub fn kill(&self, tab: &Tab) -> usize {
        let sessions: Vec<String> = self.0.lock().unwrap().alive.keys().cloned().collect();
        for session in &sessions {
            self.send(tab, session, "Runtime.evaluate", &json!({"expression": "self.close()"}));
        }
        sessions.len()
    }
}
