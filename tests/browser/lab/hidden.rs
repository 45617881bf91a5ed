//! A hidden tab.

use std::thread::sleep;
use std::time::Duration;

use bootstride_session::message::Activity;

use super::menu::{Entry, menu};
use super::{Lab, SOON, quick_run, site, start};
use crate::harness::Gpu;

const AWAY: Duration = Duration::from_secs(6);

#[test]
fn training_goes_on_while_the_tab_is_hidden() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "?tab=train");
    lab.train(quick_run());
    lab.wait("training", SOON, |told| told.trains() && told.status.env_step > 620);
    let other = browser.blank();
    lab.page.wait_for("document.visibilityState === 'hidden'", "its absence", SOON);
    let before = lab.told();
    sleep(AWAY);
    let after = lab.told();
    assert!(after.trains() && after.status.env_step > before.status.env_step + 20, "{before} {after}");
    drop(other);
    lab.page.to_front();
    let seen = lab.wait("the lab again", SOON, |told| told.status.env_step > after.status.env_step + 20);
    assert!(seen.decisions > after.decisions && seen.failure.is_none(), "{seen}");
    lab.assert_quiet();
}

#[test]
fn training_pauses_while_the_tab_is_hidden_where_the_person_chose_so() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "?tab=train");
    lab.train(quick_run());
    lab.wait("training", SOON, |told| told.trains() && told.status.env_step > 620);
    menu(&lab, Entry::PauseHidden);
    let other = browser.blank();
    lab.page.wait_for("document.visibilityState === 'hidden'", "its absence", SOON);
    let paused = lab.wait("a pause", SOON, |told| told.status.activity == Activity::Paused);
    sleep(AWAY);
    let after = lab.told();
    assert_eq!(after.status.env_step, paused.status.env_step);
    // What is stored of it continues after a reload: the user did not pause it.
    let stored = lab.page.evaluate("localStorage.getItem('bootstride session')");
    assert!(stored.as_str().unwrap().contains("\"runs\":true"), "{stored}");
    drop(other);
    lab.page.to_front();
    lab.wait("training again", SOON, |told| told.trains() && told.status.env_step > after.status.env_step + 20);

    // A pause by the user is left alone.
    lab.pause();
    let other = browser.blank();
    lab.page.wait_for("document.visibilityState === 'hidden'", "its absence", SOON);
    sleep(Duration::from_secs(2));
    drop(other);
    lab.page.to_front();
    sleep(Duration::from_secs(2));
    assert_eq!(lab.told().status.activity, Activity::Paused);
    lab.assert_quiet();
}
