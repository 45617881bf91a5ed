//! The page before the lab draws itself, and in browsers that cannot run it; with the test's own bindings in place of
//! the lab's.

use std::fs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bootstride_web::bundle::{Effort, Options, build};
use bootstride_web::serve::{Reply, Server};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Browser, Gpu, Page, serve, shell};

const SOON: Duration = Duration::from_secs(30);

/// Bindings whose `start_page` draws green and is content.
const GREEN: &str = "
    export default async ({ module_or_path }) => new WebAssembly.Instance(module_or_path);
    export async function start_page(canvas, config) {
        globalThis.config = config;
        canvas.getContext('2d').fillStyle = 'green';
        canvas.getContext('2d').fillRect(0, 0, canvas.width, canvas.height);
    }";

fn script(text: &str) -> Reply {
    Reply { status: 200, mime: "text/javascript", bytes: text.as_bytes().to_owned() }
}

fn is_bindings(path: &str) -> bool {
    path.contains("bootstride-") && path.ends_with(".js")
}

fn is_module(path: &str) -> bool {
    path.ends_with(".wasm")
}

/// The shell with `bindings`.
fn with_bindings(bindings: &'static str) -> Server {
    serve(shell(), move |path| is_bindings(path).then(|| script(bindings)))
}

fn state(page: &Page) -> String {
    page.evaluate("document.documentElement.dataset.state").as_str().unwrap().to_owned()
}

fn wait_for_state(page: &Page, state: &str) {
    page.wait_for(&format!("document.documentElement.dataset.state === '{state}'"), state, SOON);
}

#[test]
fn the_page_is_seen_before_the_module_arrives() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let (release, held): (Sender<()>, Receiver<()>) = channel();
    let held = Mutex::new(held);
    let server = serve(shell(), move |path| {
        if is_module(path) {
            // Until the test lets go, or is over.
            let _over = held.lock().unwrap().recv();
        }
        is_bindings(path).then(|| script(GREEN))
    });
    let page = browser.open(&server.address());
    page.wait_for("performance.getEntriesByName('first-contentful-paint').length", "a first paint", SOON);
    page.wait_for("document.querySelector('#still').naturalWidth > 0", "the still", SOON);
    assert_eq!(state(&page), "loading");
    assert_eq!(page.text("#loading h1"), "bootstride");
    assert!(page.text("#purpose").contains("imagines"));
    assert!(page.shows("#bar") && !page.shows("#broken"));
    assert!(page.evaluate("document.documentElement.scrollHeight <= innerHeight") == json!(true));

    release.send(()).unwrap();
    wait_for_state(&page, "running");
    page.wait_for("document.querySelector('#loading') === null", "the end of the loading page", SOON);
    assert_eq!(page.evaluate("document.activeElement.id"), json!("lab"), "keys go to the lab at once");
    assert!(page.errors().is_empty(), "{:?}", page.errors());
}

#[test]
fn the_lab_is_told_where_everything_is() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    // As on a host where the page is not at the root.
    let around = TempDir::new().unwrap();
    let wasm = around.path().join("module.wasm");
    fs::write(&wasm, b"\0asm\x01\0\0\0").unwrap();
    let folder = around.path().join("courses/lab");
    build(&Options { folder, wasm: Some(wasm), effort: Effort::Quick }).unwrap();
    let hook = |path: &str| is_bindings(path).then(|| script(GREEN));
    let server = Server::with_hook(around.path(), Some(0), Arc::new(hook)).unwrap();

    let page = browser.open(&format!("{}courses/lab/?agent=walker-walk#there", server.address()));
    wait_for_state(&page, "running");
    let below = format!("{}courses/lab/", server.address());
    let url = |key: &str| page.evaluate(&format!("config.{key}")).as_str().unwrap().to_owned();
    assert!(url("js_url").starts_with(&format!("{below}bootstride-")), "{}", url("js_url"));
    assert!(url("worker_url").starts_with(&format!("{below}worker-")), "{}", url("worker_url"));
    assert_eq!(page.evaluate("config.module instanceof WebAssembly.Module"), json!(true));
    assert_eq!(page.evaluate("Array.isArray(config.build.agents) && config.build.version.length"), json!(16));
    assert!(page.errors().is_empty(), "{:?}", page.errors());
}

/// The bar follows the bytes of the module as they are unpacked, whatever came over the line.
#[test]
fn the_bar_follows_the_download() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let around = TempDir::new().unwrap();
    let wasm = around.path().join("module.wasm");
    // A custom section of 1 MB that does not compress: the name "x", then bytes of a linear congruence.
    let mut noise = 1_u32;
    let noise = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.to_be_bytes()[0]
    });
    let section: Vec<u8> = [1, b'x'].into_iter().chain(noise.take(1_000_000)).collect();
    let length = [0xc2, 0x84, 0x3d];
    assert_eq!(section.len(), 0x42 | 0x04 << 7 | 0x3d << 14, "the length above, as LEB128");
    fs::write(&wasm, [&b"\0asm\x01\0\0\0\0"[..], &length, &section].concat()).unwrap();
    let folder = around.path().join("site");
    let built = build(&Options { folder, wasm: Some(wasm), effort: Effort::Quick }).unwrap();
    let server = serve(&built, |path| is_bindings(path).then(|| script(GREEN)));

    let page = browser.blank();
    page.slow_down(400_000);
    page.before_load(
        "globalThis.percents = [];
         new MutationObserver((changes) => {
             for (const { target } of changes) percents.push(Number(target.getAttribute('aria-valuenow')));
         }).observe(document, { subtree: true, attributeFilter: ['aria-valuenow'] });",
    );
    page.navigate(&server.address());
    wait_for_state(&page, "running");
    let percents: Vec<u32> = serde_json::from_value(page.evaluate("percents")).unwrap();
    let between = percents.iter().filter(|percent| (5..95).contains(*percent)).count();
    assert!(between >= 3 && percents.is_sorted() && percents.last() == Some(&99), "{percents:?}");
}

#[test]
fn a_download_that_fails_says_so_and_can_be_tried_again() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let trouble: Arc<Mutex<Option<Reply>>> = Arc::new(Mutex::new(None));
    let hooked = Arc::clone(&trouble);
    let server = serve(shell(), move |path| match hooked.lock().unwrap().clone() {
        Some(reply) if is_module(path) => Some(reply),
        _ => is_bindings(path).then(|| script(GREEN)),
    });
    let reply = |status, bytes: &[u8]| Reply { status, mime: "application/wasm", bytes: bytes.to_owned() };
    let page = browser.blank();
    for (reply, words) in [
        (reply(503, b""), "503"),
        (reply(404, b""), "404"),
        (reply(200, b"<html>not a module"), "magic word"),
        (reply(200, b"\0asm\x01"), "WebAssembly"),
    ] {
        *trouble.lock().unwrap() = Some(reply);
        page.navigate(&server.address());
        wait_for_state(&page, "failed");
        assert_eq!(page.text("#broken-title"), "The lab did not load");
        assert!(page.text("#broken-details").contains(words), "{words}: {}", page.text("#broken-details"));
        assert!(page.shows("#reload") && !page.shows("#bar"));
    }
    *trouble.lock().unwrap() = None;
    page.click_element("#reload");
    wait_for_state(&page, "running");
}

#[test]
fn without_webgl_the_page_says_what_is_missing() {
    let Some(browser) = Browser::start(Gpu::Nothing) else { return };
    let server = with_bindings(GREEN);
    let page = browser.open(&server.address());
    wait_for_state(&page, "failed");
    assert_eq!(page.text("#broken-title"), "This browser cannot run the lab");
    assert!(page.text("#broken-advice").contains("WebGL 2"), "{}", page.text("#broken-advice"));
    assert!(!page.shows("#copy"), "there is nothing to copy");
    assert!(page.errors().is_empty(), "{:?}", page.errors());
}

#[test]
fn without_vector_instructions_the_page_says_what_is_missing() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(GREEN);
    for lacking in ["WebAssembly.validate = () => false", "delete globalThis.WebAssembly"] {
        let page = browser.blank();
        page.before_load(lacking);
        page.navigate(&server.address());
        wait_for_state(&page, "failed");
        assert!(page.text("#broken-advice").contains("vector instructions"), "{}", page.text("#broken-advice"));
        assert!(page.errors().is_empty(), "{:?}", page.errors());
    }
}

#[test]
fn without_scripts_the_page_says_so() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(GREEN);
    let page = browser.blank();
    page.without_scripts();
    page.navigate(&server.address());
    page.wait_for("document.querySelector('.trouble')?.checkVisibility()", "a word about scripts", SOON);
    assert!(page.text(".trouble").contains("JavaScript"));
}

#[test]
fn a_start_that_fails_is_shown_with_its_reason() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(
        "export default async () => {};
         export async function start_page() { throw new Error('no room in the inn'); }",
    );
    let page = browser.open(&server.address());
    wait_for_state(&page, "failed");
    assert_eq!(page.text("#broken-title"), "The lab did not start");
    assert_eq!(page.text("#broken-details"), "no room in the inn");
}

#[test]
fn a_panic_is_shown_over_the_lab_and_can_be_copied() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(GREEN);
    let page = browser.open(&server.address());
    wait_for_state(&page, "running");
    page.evaluate("bootstride_panic('panicked at plan.rs:3: no elites')");
    page.evaluate("bootstride_panic('panicked at bar.rs:1: a consequence')");
    assert_eq!(page.text("#broken-title"), "The page broke");
    assert_eq!(page.text("#broken-details"), "panicked at plan.rs:3: no elites");
    assert_eq!(page.evaluate("document.activeElement.id"), json!("reload"), "Enter reloads");

    page.evaluate("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }");
    page.click_element("#copy");
    page.wait_for("globalThis.copied", "a copy", SOON);
    let copied = page.evaluate("copied").as_str().unwrap().to_owned();
    assert!(copied.contains("no elites") && copied.contains("Chrom"), "{copied}");

    page.click_element("#reload");
    page.wait_for("document.querySelector('#broken')?.hidden", "another page", SOON);
    wait_for_state(&page, "running");
}

/// Out of memory, or out of stack: the module ends without a panic.
#[test]
fn a_trap_is_shown_as_a_panic_is() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(GREEN);
    let page = browser.open(&server.address());
    wait_for_state(&page, "running");
    // (module (func (export "f") unreachable))
    page.evaluate(
        "setTimeout(() => new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, \
         4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11]))).exports.f()) && 0",
    );
    page.wait_for("!document.querySelector('#broken').hidden", "a word about the trap", SOON);
    assert!(page.text("#broken-details").contains("unreachable"), "{}", page.text("#broken-details"));
}

/// Starts `worker.js` in addition to the running page, sends `messages` at once, and collects what comes back.
fn start_worker(page: &Page, messages: &str) {
    page.evaluate(&format!(
        "(() => {{
            globalThis.heard = [];
            globalThis.worker = new Worker(config.worker_url, {{ type: 'module' }});
            worker.onmessage = (event) => heard.push(event.data);
            worker.postMessage({{ module: config.module, js_url: config.js_url }});
            for (const message of {messages}) worker.postMessage(message);
        }})()"
    ));
}

#[test]
fn what_is_said_to_a_worker_before_it_is_up_is_heard_in_order_and_once() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(
        "export default async ({ module_or_path }) => new WebAssembly.Instance(module_or_path);
         export async function start_page(canvas, config) { globalThis.config = config; }
         export async function start_worker() {
             self.onmessage = (event) => self.postMessage(`heard ${event.data}`);
             await new Promise((later) => setTimeout(later, 300));
         }",
    );
    let page = browser.open(&server.address());
    wait_for_state(&page, "running");
    start_worker(&page, "[1, 2, 3]");
    page.evaluate("new Promise((later) => setTimeout(later, 100)).then(() => worker.postMessage(4))");
    page.wait_for("heard.length >= 4", "four answers", SOON);
    page.evaluate("worker.postMessage(5)");
    page.wait_for("heard.length >= 5", "another", SOON);
    assert_eq!(page.evaluate("heard"), json!(["heard 1", "heard 2", "heard 3", "heard 4", "heard 5"]));
    assert!(page.errors().is_empty(), "{:?}", page.errors());
}

#[test]
fn a_worker_that_cannot_start_says_why() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(
        "export default async () => {};
         export async function start_page(canvas, config) { globalThis.config = config; }
         export async function start_worker() { throw new Error('no adapter'); }",
    );
    let page = browser.open(&server.address());
    wait_for_state(&page, "running");
    start_worker(&page, "[]");
    page.wait_for("heard.length", "the failure", SOON);
    assert!(page.evaluate("heard[0].failed").as_str().unwrap().contains("no adapter"), "{}", page.evaluate("heard"));
}

#[test]
fn the_loading_page_and_its_messages_fit_a_phone() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(
        "export default async () => {};
         export async function start_page() { throw new Error('x'.repeat(4000)); }",
    );
    let page = browser.blank();
    page.as_phone();
    page.navigate(&server.address());
    wait_for_state(&page, "failed");
    assert_eq!(page.evaluate("[innerWidth, document.documentElement.scrollWidth]"), json!([390, 390]));
    for part in ["#broken-title", "#broken-details", "#reload", "#copy"] {
        let bounds = format!(
            "(({{left, right}}) => [left >= 0, right <= 390])(document.querySelector('{part}').getBoundingClientRect())"
        );
        assert_eq!(page.evaluate(&bounds), json!([true, true]), "{part}");
    }
    let height = page.evaluate("document.querySelector('#reload').offsetHeight");
    assert!(height.as_f64().unwrap() >= 40.0, "a finger needs more than {height}");
}

#[test]
fn the_loading_page_is_light_for_whoever_prefers_it() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server =
        serve(shell(), |path| is_module(path).then(|| Reply { status: 503, mime: "text/plain", bytes: Vec::new() }));
    let page = browser.blank();
    for (theme, colour) in [("dark", "rgb(15, 18, 22)"), ("light", "rgb(233, 236, 240)")] {
        page.prefers("prefers-color-scheme", theme);
        page.navigate(&server.address());
        wait_for_state(&page, "failed");
        assert_eq!(
            page.evaluate("getComputedStyle(document.querySelector('#loading')).backgroundColor"),
            json!(colour)
        );
    }
}

#[test]
fn the_example_lesson_embeds_the_page_twice() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = with_bindings(GREEN);
    let page = browser.open(&format!("{}examples/course.html", server.address()));
    page.wait_for("document.readyState === 'complete'", "the lesson", SOON);
    page.evaluate("document.querySelectorAll('iframe')[1].scrollIntoView()");
    for frame in [0, 1] {
        let root = format!("document.querySelectorAll('iframe')[{frame}].contentDocument.documentElement");
        page.wait_for(&format!("{root}?.dataset.state === 'running'"), "the lab in its frame", SOON);
        let query =
            page.evaluate(&format!("document.querySelectorAll('iframe')[{frame}].contentWindow.location.search"));
        assert!(query.as_str().unwrap().contains("embed=1"), "{query}");
    }
    assert_eq!(page.evaluate("document.activeElement.tagName"), json!("BODY"), "a lesson's reader keeps the focus");
    assert!(page.errors().is_empty(), "{:?}", page.errors());
}
