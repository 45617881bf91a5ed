//! A small screen with touch input.

use super::{Lab, SOON, Told, first, site, start};
use crate::harness::Gpu;

/// Height of the switcher's middle above the bottom of the screen, points.
const SWITCHER: f64 = 26.0;

/// Taps on the switcher until what it leads to is shown: where a frame takes a second, a tap is taken for a long press.
fn tap_until(lab: &Lab, x: f64, right: impl Fn(&Told) -> bool) -> Told {
    for _ in 0..10 {
        lab.page.tap((x, 844.0 - SWITCHER));
        for _ in 0..4 {
            let told = lab.told();
            if right(&told) {
                return told;
            }
        }
    }
    panic!("nothing came of taps at {x}: {}", lab.told());
}

#[test]
fn on_a_phone_panes_are_tabs_and_a_finger_moves_the_camera() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let page = browser.blank();
    page.as_phone();
    let lab = Lab::in_tab(page, site(), &format!("?agent={}", first().0));
    let told = lab.wait_for_play(5);
    let [left, top, right, bottom] = told.panes["world"];
    assert!(left.abs() < 1.0 && (right - 390.0).abs() < 1.0 && bottom - top > 400.0, "{:?}", told.panes);
    assert!(told.panes.keys().all(|pane| ["world", "timeline"].contains(&pane.as_str())), "{:?}", told.panes);
    assert_eq!(lab.page.evaluate("document.documentElement.scrollWidth"), 390);
    let canvas = lab.page.evaluate("[document.querySelector('canvas').width, document.querySelector('canvas').height]");
    assert_eq!(canvas, serde_json::json!([1170, 2532]), "every pixel of the screen is drawn");

    // A finger turns the camera; two come nearer.
    let before = lab.pause().camera.unwrap();
    let (x, y) = told.middle_of("world");
    lab.page.swipe((x - 80.0, y), (x + 80.0, y + 40.0));
    let after = lab.wait("another view", SOON, |told| told.camera.is_some_and(|camera| camera != before));
    let [yaw, pitch] = after.camera.unwrap();
    assert!((yaw - before[0]).abs() > 0.1 && (pitch - before[1]).abs() > 0.02, "{before:?} {:?}", after.camera);

    // Another pane is a tap away.
    let told = tap_until(&lab, 100.0, |told| !told.panes.contains_key("world"));
    assert!(told.panes.contains_key("setup"), "{:?}", told.panes);
    tap_until(&lab, 40.0, |told| told.panes.contains_key("world"));

    // Turned around.
    lab.page.resize(844, 390, 3.0);
    let told =
        lab.wait("the other way round", SOON, |told| told.panes.get("world").is_some_and(|pane| pane[2] > 800.0));
    assert!(told.panes["world"][3] <= 390.0, "{:?}", told.panes);
    lab.assert_quiet();
}
