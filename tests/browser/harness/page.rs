//! A tab: navigation, contents, evaluated scripts and output.

use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use headless_chrome::Tab;
use headless_chrome::protocol::cdp::Page::CaptureScreenshotFormatOption;
use serde::Deserialize;
use serde_json::{Value, json};

use super::console::{Console, Entry};
use super::protocol::{AddScript, BringToFront, Evaluate, LogEnable, Navigate, Reload, RuntimeEnable};
use super::workers::Workers;

/// How long a single question may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps the tasks that kept the main thread for more than 50 ms.
const LONG_TASKS: &str = "
    globalThis.long_tasks = [];
    new PerformanceObserver((list) => {
        for (const task of list.getEntries()) long_tasks.push({ start: task.startTime, ms: task.duration });
    }).observe({ type: 'longtask', buffered: true });";

/// A task that kept the main thread for more than 50 ms.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub struct LongTask {
    /// When it began, ms since the page's start (`performance.now()`).
    pub start: f64,
    /// How long it took, ms.
    pub ms: f64,
}

/// A tab.
pub struct Page {
    pub(super) tab: Arc<Tab>,
    console: Console,
    workers: Workers,
}

impl Page {
    pub(super) fn new(tab: Arc<Tab>) -> Self {
        let (console, workers) = (Console::default(), Workers::default());
        let ear = console.clone();
        tab.add_event_listener(Arc::new(move |event: &_| ear.hear(event))).unwrap();
        tab.call_method(RuntimeEnable(json!({}))).unwrap();
        tab.call_method(LogEnable(json!({}))).unwrap();
        workers.listen(&tab, &console);
        let page = Self { tab, console, workers };
        page.before_load(LONG_TASKS);
        page
    }

    /// Runs `js` in every document from now on, before its own scripts.
    pub fn before_load(&self, js: &str) {
        self.tab.call_method(AddScript(json!({"source": js}))).unwrap();
    }

    /// Goes to `address`, without waiting for anything there.
    pub fn navigate(&self, address: &str) {
        let went = self.tab.call_method(Navigate(json!({"url": address}))).unwrap();
        assert!(went["errorText"].is_null(), "{address}: {went}");
    }

    /// Reloads the page.
    pub fn reload(&self) {
        self.tab.call_method(Reload(json!({}))).unwrap();
    }

    /// Shows this tab, which hides the others.
    pub fn to_front(&self) {
        self.tab.call_method(BringToFront(json!({}))).unwrap();
    }

    /// What `js`, an expression, is, or what its promise becomes; where it throws, that.
    pub fn try_evaluate(&self, js: &str) -> Result<Value, String> {
        let limit = PATIENCE.as_millis();
        let expression = format!(
            "Promise.race([(async () => ({js}))(), new Promise((_, reject) => setTimeout(() => reject(new Error('no \
             answer within {limit} ms')), {limit}))])"
        );
        let params =
            json!({"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let answer = self.tab.call_method(Evaluate(params)).map_err(|error| error.to_string())?;
        match &answer["exceptionDetails"] {
            Value::Null => Ok(answer["result"]["value"].clone()),
            details => Err(details["exception"]["description"].as_str().unwrap_or("it threw").to_owned()),
        }
    }

    /// The same where nothing may go wrong.
    pub fn evaluate(&self, js: &str) -> Value {
        self.try_evaluate(js).unwrap_or_else(|error| panic!("{js}: {error}\n{}", self.transcript()))
    }

    /// Waits until `js` is true, and says how long that took. `what` names it where it does not come.
    pub fn wait_for(&self, js: &str, what: &str, limit: Duration) -> Duration {
        let start = Instant::now();
        let mut last = String::new();
        while start.elapsed() < limit {
            // While a page is being left there is nobody to ask.
            match self.try_evaluate(&format!("Boolean({js})")) {
                Ok(Value::Bool(true)) => return start.elapsed(),
                Ok(_) => last.clear(),
                Err(error) => last = error,
            }
            sleep(Duration::from_millis(50));
        }
        panic!("{what} did not come within {limit:?}. {last}\n{}", self.transcript());
    }

    /// The text that a reader sees in the elements that `selector` finds.
    pub fn text(&self, selector: &str) -> String {
        let selector = json!(selector);
        let js = format!("[...document.querySelectorAll({selector})].map((part) => part.innerText).join('\\n')");
        self.evaluate(&js).as_str().unwrap().to_owned()
    }

    /// Whether an element that `selector` finds takes part in the picture.
    pub fn shows(&self, selector: &str) -> bool {
        let selector = json!(selector);
        let js = format!("[...document.querySelectorAll({selector})].some((part) => part.checkVisibility())");
        self.evaluate(&js) == json!(true)
    }

    /// All that was said here and in the workers, in order.
    pub fn console(&self) -> Vec<Entry> {
        self.console.entries()
    }

    /// What was said of things broken.
    pub fn errors(&self) -> Vec<Entry> {
        self.console().into_iter().filter(Entry::is_error).collect()
    }

    fn transcript(&self) -> String {
        let lines: Vec<_> = self.console().iter().map(ToString::to_string).collect();
        format!("What the page said:\n{}", lines.join("\n"))
    }

    /// The long tasks of this document so far.
    pub fn long_tasks(&self) -> Vec<LongTask> {
        serde_json::from_value(self.evaluate("long_tasks")).unwrap()
    }

    /// Milliseconds since the document's start.
    pub fn now_ms(&self) -> f64 {
        self.evaluate("performance.now()").as_f64().unwrap()
    }

    /// The addresses of the scripts of all workers that live.
    pub fn workers(&self) -> Vec<String> {
        self.workers.alive()
    }

    /// What `js` is in the last worker.
    pub fn evaluate_in_worker(&self, js: &str) -> Value {
        let answer = self.workers.evaluate(&self.tab, js, PATIENCE);
        answer.unwrap_or_else(|error| panic!("{js} in the worker: {error}\n{}", self.transcript()))
    }

    /// Ends all workers at once without a word, and says how many there were.
    pub fn kill_workers(&self) -> usize {
        self.workers.kill(&self.tab)
    }

    /// A picture of what is seen, as PNG.
    pub fn screenshot(&self) -> Vec<u8> {
        self.tab.capture_screenshot(CaptureScreenshotFormatOption::Png, None, None, true).unwrap()
    }

    /// The same into a file.
    pub fn screenshot_to(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.screenshot()).unwrap();
    }
}
