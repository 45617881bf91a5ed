//! page-from-disk: opened from disk the page says what it needs; under a strict content policy it works, and a script
//! that does not arrive is noticed all the same.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bootstride_web::bundle::Built;
use bootstride_web::serve::{Reply, Server};
use serde_json::json;

use crate::harness::{Browser, Gpu, Page, lab, shell};
use crate::lab::{Lab, SOON, first, start};

/// As strict as the page can do with.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; worker-src 'self'";

/// Bindings whose page starts the worker, and is content once it has answered.
const WITH_WORKER: &str = "
    export default async ({ module_or_path }) => new WebAssembly.Instance(module_or_path);
    export async function start_page(canvas, { worker_url, module, js_url }) {
        const worker = new Worker(worker_url, { type: 'module' });
        const answer = new Promise((heard) => { worker.onmessage = ({ data }) => heard(data); });
        worker.postMessage({ module, js_url });
        globalThis.answer = await answer;
    }
    export async function start_worker() { self.postMessage('the worker is up'); }";

fn script(text: &str) -> Reply {
    Reply { status: 200, mime: "text/javascript", bytes: text.as_bytes().to_owned() }
}

/// Serves a page under the policy.
fn strictly(page: &Built, hook: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Server {
    let headers = vec![("Content-Security-Policy", POLICY.to_owned())];
    Server::with_headers(&page.folder, Some(0), Arc::new(hook), headers).unwrap()
}

fn wait_for_state(page: &Page, state: &str) {
    page.wait_for(&format!("document.documentElement.dataset.state === '{state}'"), state, Duration::from_secs(30));
}

#[test]
fn page_from_disk() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let page = browser.open(&format!("file://{}/index.html", shell().folder.display()));
    wait_for_state(&page, "absent");
    let text = page.text("#progress");
    assert!(text.contains("opened from disk") && text.contains("python3 -m http.server"), "{text}");
    assert!(!text.contains("Reload") && page.shows("#progress"), "reloading never helps: {text}");
    assert!(!page.shows("#bar") && !page.shows("#broken") && !page.shows("#unwatched"));
}

#[test]
fn under_a_strict_content_policy_page_and_worker_start() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let is_bindings = |path: &str| path.contains("bootstride-") && path.ends_with(".js");
    let server = strictly(shell(), move |path| is_bindings(path).then(|| script(WITH_WORKER)));
    let page = browser.open(&server.address());
    wait_for_state(&page, "running");
    assert_eq!(page.evaluate("answer"), json!("the worker is up"));
    assert!(page.errors().is_empty(), "{:?}", page.errors());
}

#[test]
fn under_a_strict_content_policy_a_script_that_does_not_arrive_is_noticed() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    for name in ["boot-", "needs-"] {
        let gone = move |path: &str| {
            let reply = Reply { status: 404, mime: "text/plain", bytes: Vec::new() };
            path.contains(name).then_some(reply)
        };
        let server = strictly(shell(), gone);
        let page = browser.open(&server.address());
        wait_for_state(&page, "absent");
        assert_eq!(page.text("#progress"), "Part of the page did not arrive. Reload to try again.", "{name}");
    }
}

/// With the watching script gone as well, the style sheet is left to tell.
#[test]
fn under_a_strict_content_policy_a_page_without_any_script_says_so_after_a_while() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let gone = |path: &str| {
        let reply = Reply { status: 404, mime: "text/plain", bytes: Vec::new() };
        (path.contains("boot-") || path.contains("watch-")).then_some(reply)
    };
    let server = strictly(shell(), gone);
    let page = browser.open(&server.address());
    let seen = "getComputedStyle(document.querySelector('#unwatched')).visibility === 'visible'";
    page.wait_for("document.readyState === 'complete'", "the page", SOON);
    assert_eq!(page.evaluate(seen), json!(false), "not at once");
    page.wait_for(seen, "a word about scripts", Duration::from_secs(30));
    assert!(page.text("#unwatched").contains("has not arrived"));
}

#[test]
fn under_a_strict_content_policy_the_lab_works() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = strictly(lab(), |_| None);
    let (name, _) = first();
    let lab = Lab::open(&browser, &server, &format!("?agent={name}"));
    lab.wait_for_play(3);
    lab.assert_quiet();
}

/// What a policy without `'unsafe-inline'` refuses is not in the page.
#[test]
fn the_page_has_no_scripts_styles_or_handlers_within() {
    let html = fs::read_to_string(shell().folder.join("index.html")).unwrap().to_lowercase();
    for tag in html.split('<').filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag)) {
        let handler = tag.split_whitespace().skip(1).find(|word| word.starts_with("on") && word.contains('='));
        assert_eq!(handler, None, "{tag}");
        assert!(!tag.contains(" style=") && !tag.starts_with("style"), "{tag}");
        assert!(!tag.starts_with("script") || tag.contains(" src=") || tag.contains("application/json"), "{tag}");
    }
}
