//! What survives a reload, and browsers that store nothing.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use bootstride_session::message::{Activity, Command, Stage};
use tempfile::TempDir;

use super::menu::{Entry, menu};
use super::{LONG, Lab, SOON, Told, first, quick_run, site, start};
use crate::harness::Gpu;

/// The paths of the files that the browser stores.
const STORED: &str = "new Promise((answer, refuse) => {
    const request = indexedDB.open('bootstride');
    request.onerror = () => refuse(request.error);
    request.onsuccess = () => {
        const all = request.result.transaction('files').objectStore('files').getAllKeys();
        all.onsuccess = () => { request.result.close(); answer(all.result); };
        all.onerror = () => refuse(all.error);
    };
})";

pub fn stored(lab: &Lab) -> Vec<String> {
    serde_json::from_value(lab.page.evaluate(STORED)).unwrap()
}

/// Saves the run that is open; the step that is stored in the end.
pub fn save(lab: &Lab) -> usize {
    let before = lab.told();
    let begins = before.notices.len();
    lab.send(&Command::Save);
    let told = lab.wait("a checkpoint", SOON, |told| told.notices.len() > begins);
    let notice = told.notices.iter().rfind(|notice| notice.starts_with("Saved ")).unwrap_or_else(|| panic!("{told}"));
    let step: usize = notice.split(" after ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let name = format!("step_{step:09}");
    lab.page.wait_for(
        &format!("(async () => (await {STORED}).some((path) => path.includes('{name}') && path.endsWith('checksums.json')))()"),
        "the checkpoint in the browser's storage",
        SOON,
    );
    step
}

/// A run in training that is stored, with the step of its checkpoint.
pub fn stored_run(lab: &Lab) -> (Told, usize) {
    lab.train(quick_run());
    lab.wait("training", SOON, |told| told.trains() && told.status.env_step > 650);
    let step = save(lab);
    (lab.told(), step)
}

#[test]
fn a_run_goes_on_after_a_reload() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    let lab = Lab::open(&browser, server, "?tab=train");
    stored_run(&lab);
    lab.wait("the end of an episode", LONG, |told| !told.returns.is_empty());
    let (step, before) = (save(&lab), lab.told());
    let folder = before.status.folder.clone().unwrap();
    assert!(stored(&lab).iter().all(|path| path.starts_with("runs/")), "agents come with the page");

    // As by the address that a user types, without a deep link.
    let lab = Lab::in_tab(lab.page, server, "");
    let told = lab.wait("the run", SOON, Told::trains);
    assert_eq!(told.status.folder.as_ref(), Some(&folder));
    assert!(told.status.env_step >= step, "{} after {step}", told.status.env_step);
    assert_eq!(told.returns.first(), before.returns.first(), "its curve is there as well");
    let later = lab.wait("more of it", LONG, |later| later.status.env_step > told.status.env_step + 100);
    assert!(!later.says("Skipped a damaged"), "{later}");

    // A reload is no visit of the address that a link once gave.
    lab.page.evaluate(&format!("history.replaceState(null, '', '?agent={}&tab=decision')", first().0));
    lab.page.reload();
    lab.wait_until_it_runs();
    let told = lab.wait("the run", SOON, Told::trains);
    assert_eq!(told.status.folder.as_ref(), Some(&folder));
    lab.page.evaluate("history.replaceState(null, '', '.')");

    // What rests, rests after a reload too.
    lab.pause();
    lab.page.wait_for("localStorage.getItem('bootstride session').includes('\"runs\":false')", "the rest", SOON);
    lab.page.reload();
    lab.wait_until_it_runs();
    let told = lab.wait("the run", SOON, |told| told.status.folder.is_some());
    assert_eq!((told.status.folder.as_ref(), &told.status.activity), (Some(&folder), &Activity::Paused));
    lab.assert_quiet();
}

#[test]
fn an_agent_plays_on_after_a_reload() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    // Another one than a stranger sees, where there is one.
    let agents = super::shipped();
    let name = agents.iter().map(|(name, _)| name).find(|name| **name != first().0).unwrap_or(&agents[0].0);
    let lab = Lab::open(&browser, server, &format!("?agent={name}"));
    lab.wait_for_play(5);
    lab.page.wait_for(&format!("localStorage.getItem('bootstride session')?.includes('{name}')"), "the session", SOON);
    let lab = Lab::in_tab(lab.page, server, "");
    let told = lab.wait_for_play(5);
    assert_eq!(told.status.folder, Some(format!("agents/{name}")));
    lab.assert_quiet();
}

#[test]
fn a_browser_that_stores_nothing_is_told_once_and_harmless() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let page = browser.blank();
    // As some browsers do in private windows, or if the user forbids storage.
    page.before_load(
        "const denied = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };
         IDBFactory.prototype.open = denied;
         Object.defineProperty(globalThis, 'localStorage', { get: denied });",
    );
    let lab = Lab::in_tab(page, site(), "");
    let told = lab.wait_for_play(10);
    let about: Vec<_> = told.notices.iter().filter(|notice| notice.contains("does not store data")).collect();
    assert_eq!(about.len(), 1, "{told}");
    lab.train(quick_run());
    lab.wait("training", SOON, |told| told.trains() && told.status.env_step > 650);
    lab.send(&Command::Save);
    let told = lab.wait("a checkpoint", SOON, |told| told.says("Saved "));
    assert_eq!(told.notices.iter().filter(|notice| notice.contains("does not store data")).count(), 1, "{told}");
    lab.wait("more of it", SOON, |later| later.status.env_step > told.status.env_step + 50);
    lab.assert_quiet();
}

#[test]
fn a_full_storage_is_told_once_and_the_run_goes_on() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    let lab = Lab::open(&browser, server, "?tab=train");
    lab.page.quota(server.address().trim_end_matches('/'), Some(40_000));
    lab.train(quick_run());
    lab.wait("training", SOON, |told| told.trains() && told.status.env_step > 650);
    for save in 1..=3 {
        lab.send(&Command::Save);
        let saved = |told: &Told| told.notices.iter().filter(|notice| notice.starts_with("Saved ")).count();
        let told = lab.wait("a checkpoint", SOON, |told| saved(told) >= save);
        lab.wait("more of it", SOON, |later| later.status.env_step > told.status.env_step + 60);
    }
    let refused = |told: &Told| told.notices.iter().filter(|notice| notice.contains("cannot store this run")).count();
    let told = lab.wait("a word about the storage", SOON, |told| refused(told) > 0);
    assert_eq!(refused(&told), 1, "{told}");
    assert!(told.trains() && told.failure.is_none(), "{told}");
    lab.assert_quiet();
}

#[test]
fn of_two_tabs_one_keeps_the_runs_and_neither_spoils_them() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    let one = Lab::open(&browser, server, "?tab=train");
    let (before, _) = stored_run(&one);
    let folder = before.status.folder.clone().unwrap();

    let other = Lab::open(&browser, server, "");
    let told = other.wait("a word about the first tab", SOON, |told| told.says("open in another tab"));
    assert_ne!(told.status.folder.as_ref(), Some(&folder), "the run goes on there");
    other.train(quick_run());
    other.wait("its own run", SOON, |told| told.trains() && told.status.env_step > 650);
    other.send(&Command::Save);
    let told = other.wait("a checkpoint of it", SOON, |told| told.says("Saved "));
    let second = told.status.folder.clone().unwrap();
    assert_ne!(second, folder);
    sleep(Duration::from_secs(4));
    assert!(stored(&other).iter().all(|path| path.starts_with(&folder)), "{:?}", stored(&other));
    other.assert_quiet();

    one.page.to_front();
    one.wait("the first tab", SOON, Told::trains);
    let step = save(&one);
    other.page.navigate("about:blank");
    let lab = Lab::in_tab(one.page, server, "");
    let told = lab.wait("the run", SOON, Told::trains);
    assert_eq!(told.status.folder, Some(folder));
    assert!(told.status.env_step >= step && !told.says("Skipped a damaged") && !told.says("another tab"), "{told}");
    lab.assert_quiet();
}

#[test]
fn a_run_is_saved_to_a_file_and_opened_from_it() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    let downloads = TempDir::new().unwrap();
    let lab = Lab::open(&browser, server, "?tab=train");
    lab.page.download_to(downloads.path());
    let (before, step) = stored_run(&lab);
    menu(&lab, Entry::Save);
    let file = (0..200)
        .find_map(|_| {
            sleep(Duration::from_millis(100));
            let mut paths = fs::read_dir(downloads.path()).unwrap().map(|entry| entry.unwrap().path());
            paths.find(|path| path.extension().is_some_and(|kind| kind == "tar"))
        })
        .expect("a download");

    // Another address is another storage: as on another computer.
    let elsewhere = crate::harness::serve(crate::harness::lab(), |_| None);
    let lab = Lab::open(&browser, &elsewhere, "?tab=train");
    assert!(stored(&lab).is_empty());
    lab.page.drop_files((600.0, 300.0), &[&file]);
    lab.page.wait_for(&format!("(async () => (await {STORED}).length > 5)()"), "the run in the storage", SOON);
    let folder = stored(&lab)[0].split('/').take(2).collect::<Vec<_>>().join("/");
    lab.send(&Command::Resume { folder, steps: None });
    // What was dropped is watched first.
    let told = lab.wait("the run", SOON, |told| told.status.stage != Stage::Playing && told.status.updates > 0);
    assert!(told.status.env_step >= step, "{told}");
    assert_eq!(told.status.config.unwrap().training, before.status.config.unwrap().training);
    lab.assert_quiet();
}
