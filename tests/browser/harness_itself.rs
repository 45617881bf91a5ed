//! Tests of the harness itself: its input arrives and its output is complete.

use std::fs;
use std::time::Duration;

use bootstride_web::serve::{Reply, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Browser, Gpu, Host, Page, serve, shell};

const SOON: Duration = Duration::from_secs(30);

/// A server that answers everything but scripts with this page.
fn html(body: &'static str, script: &'static str) -> Server {
    serve(shell(), move |path| {
        let (mime, text) = if path == "/worker.js" { ("text/javascript", script) } else { ("text/html", body) };
        Some(Reply { status: 200, mime, bytes: text.as_bytes().to_owned() })
    })
}

fn said(page: &Page, place: Host) -> Vec<(String, String)> {
    let entries = page.console().into_iter().filter(|entry| entry.place == place);
    entries.map(|entry| (entry.level, entry.text)).collect()
}

#[test]
fn errors_of_the_page_and_of_its_workers_are_heard() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = html(
        "<link rel=icon href=data:,><script>
            console.log('a note', 1.5);
            console.error('a complaint');
            globalThis.worker = new Worker('worker.js');
            setTimeout(() => { throw new TypeError('a mistake'); });
            Promise.reject(new Error('a broken promise'));
        </script>",
        "console.error('from below'); setTimeout(() => { throw new Error('broken below'); }, 50);",
    );
    let page = browser.open(&server.address());
    page.wait_for("true", "an answer", SOON);
    let complete = || {
        let (page_said, below) = (said(&page, Host::Page), said(&page, Host::Worker));
        let has = |list: &[(String, String)], level: &str, words: &str| {
            list.iter().any(|(said, text)| said == level && text.contains(words))
        };
        has(&page_said, "log", "a note 1.5")
            && has(&page_said, "error", "a complaint")
            && has(&page_said, "exception", "a mistake")
            && has(&page_said, "exception", "a broken promise")
            && has(&below, "error", "from below")
            && has(&below, "exception", "broken below")
    };
    for _ in 0..100 {
        if complete() {
            break;
        }
        page.evaluate("new Promise((later) => setTimeout(later, 50))");
    }
    assert!(complete(), "{:?}", page.console());
    assert!(page.errors().len() >= 5, "{:?}", page.errors());
}

#[test]
fn missing_files_are_heard() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = serve(shell(), |path| {
        let body = b"<link rel=icon href=data:,><img src=nothing.png>";
        (path == "/").then(|| Reply { status: 200, mime: "text/html", bytes: body.to_vec() })
    });
    let page = browser.open(&server.address());
    page.wait_for("document.readyState === 'complete'", "the page", SOON);
    assert!(page.errors().iter().any(|entry| entry.text.contains("404")), "{:?}", page.console());
}

#[test]
fn long_tasks_are_measured() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = html("<p>quiet", "");
    let page = browser.open(&server.address());
    page.wait_for("document.readyState === 'complete'", "the page", SOON);
    let before = page.now_ms();
    page.evaluate(
        "new Promise((later) => setTimeout(() => {
            const end = performance.now() + 200;
            while (performance.now() < end);
            later();
        }))",
    );
    page.wait_for(&format!("long_tasks.some((task) => task.start >= {before})"), "the task", SOON);
    let task = page.long_tasks().into_iter().find(|task| task.start >= before).unwrap();
    assert!((200.0..2000.0).contains(&task.ms), "{task:?}");
}

/// What the browser has to draw and to compute with.
fn hardware(page: &Page) -> Value {
    page.evaluate(
        "(async () => {
            const gl = document.createElement('canvas').getContext('webgl2');
            const worker = new Worker('worker.js');
            return [gl !== null, await new Promise((answer) => { worker.onmessage = (event) => answer(event.data); })];
        })()",
    )
}

#[test]
fn browsers_have_the_hardware_that_was_asked_for() {
    let ask = "(async () => self.postMessage((await navigator.gpu?.requestAdapter())?.info.architecture ?? 'none'))();";
    let expected = [
        (Gpu::WebGl, json!([true, "none"])),
        (Gpu::WebGpu, json!([true, "swiftshader"])),
        (Gpu::Nothing, json!([false, "none"])),
    ];
    for (gpu, expected) in expected {
        let Some(browser) = Browser::start(gpu) else { return };
        let server = html("<p>page", ask);
        let page = browser.open(&server.address());
        page.wait_for("document.readyState === 'complete'", "the page", SOON);
        assert_eq!(hardware(&page), expected, "{gpu:?}");
    }
}

#[test]
fn workers_are_counted_asked_and_ended() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = html(
        "<script>
            globalThis.ticks = 0;
            globalThis.worker = new Worker('worker.js');
            worker.onmessage = () => ticks++;
        </script>",
        "self.answer = 42; setInterval(() => self.postMessage('tick'), 20);",
    );
    let page = browser.open(&server.address());
    page.wait_for("ticks > 2", "a worker", SOON);
    assert!(page.workers().iter().any(|url| url.ends_with("/worker.js")), "{:?}", page.workers());
    assert_eq!(page.evaluate_in_worker("Promise.resolve(answer)"), json!(42));
    assert_eq!(page.kill_workers(), 1);
    page.evaluate("new Promise((later) => setTimeout(later, 300))");
    let before = page.evaluate("ticks");
    page.evaluate("new Promise((later) => setTimeout(later, 200))");
    assert_eq!(page.evaluate("ticks"), before, "it is dead");
    assert!(page.workers().is_empty(), "{:?}", page.workers());
}

/// Keeps all events of the kinds that hands make.
const HANDS: &str = "<meta name=viewport content='width=device-width'><body style='margin:0;height:100vh'><input type=file id=file style='display:none'><script>
    globalThis.seen = [];
    for (const kind of ['click', 'wheel', 'keydown', 'touchstart', 'touchmove', 'touchend', 'drop'])
        addEventListener(kind, (event) => seen.push([kind, event.key ?? event.touches?.length ?? event.clientX ?? 0]));
    addEventListener('dragover', (event) => event.preventDefault());
    addEventListener('drop', async (event) => {
        event.preventDefault();
        globalThis.dropped = await event.dataTransfer.files[0].text();
    });
    file.onchange = async () => { globalThis.chosen = await file.files[0].text(); };
</script>";

#[test]
fn hands_reach_the_page() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = html(HANDS, "");
    let page = browser.open(&server.address());
    page.wait_for("globalThis.seen", "the page", SOON);
    let seen = |kind: &str, detail: &Value| {
        let js = format!("seen.some(([kind, detail]) => kind === '{kind}' && detail === {detail})");
        page.wait_for(&js, &format!("{kind} {detail}"), SOON);
    };
    page.click((100.0, 50.0));
    seen("click", &json!(100));
    page.wheel((60.0, 50.0), 40.0);
    seen("wheel", &json!(60));
    page.key("Escape");
    seen("keydown", &json!("Escape"));
    page.as_phone();
    assert_eq!(page.evaluate("[innerWidth, innerHeight, devicePixelRatio]"), json!([390, 844, 3]));
    page.swipe((100.0, 100.0), (200.0, 100.0));
    seen("touchstart", &json!(1));
    page.two_fingers(((100.0, 100.0), (50.0, 100.0)), ((150.0, 100.0), (200.0, 100.0)));
    seen("touchmove", &json!(2));
    seen("touchend", &json!(0));
}

#[test]
fn files_are_chosen_and_dropped() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = html(HANDS, "");
    let page = browser.open(&server.address());
    page.wait_for("globalThis.seen", "the page", SOON);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("run.tar");
    fs::write(&file, "a run").unwrap();
    page.choose_files(&[&file], || {
        page.evaluate("file.click()");
    });
    page.wait_for("globalThis.chosen === 'a run'", "the chosen file", SOON);
    page.drop_files((50.0, 50.0), &[&file]);
    page.wait_for("globalThis.dropped === 'a run'", "the dropped file", SOON);
}

#[test]
fn a_tab_behind_another_is_hidden() {
    let Some(browser) = Browser::start(Gpu::WebGl) else { return };
    let server = html("<p>page", "");
    let page = browser.open(&server.address());
    page.wait_for("document.visibilityState === 'visible'", "the page", SOON);
    let other = browser.blank();
    page.wait_for("document.visibilityState === 'hidden'", "the page's absence", SOON);
    page.to_front();
    page.wait_for("document.visibilityState === 'visible'", "the page again", SOON);
    drop(other);
}

#[test]
fn a_picture_is_of_what_is_seen() {
    let Some(browser) = Browser::with(Gpu::WebGl, (300, 200), &[]) else { return };
    let server = html("<body style='background: #112233'>", "");
    let page = browser.open(&server.address());
    page.wait_for("document.readyState === 'complete'", "the page", SOON);
    page.resize(200, 100, 2.0);
    let png = page.screenshot();
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((&png[1..4], number(16), number(20)), (&b"PNG"[..], 400, 200));
}
