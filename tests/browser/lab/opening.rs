//! Opening the page.

use serde_json::json;

use super::{Lab, first, site, start};
use crate::harness::Gpu;

/// Mean brightness of a PNG, 0 to 255.
fn brightness(lab: &Lab) -> f64 {
    let png = lab.page.screenshot();
    let js = format!(
        "(async () => {{
            const image = await createImageBitmap(new Blob([new Uint8Array({png:?})]));
            const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
            canvas.drawImage(image, 0, 0);
            const {{ data }} = canvas.getImageData(0, 0, image.width, image.height);
            let sum = 0;
            for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 1] + data[at + 2];
            return sum / (data.length / 4) / 3;
        }})()"
    );
    lab.page.evaluate(&js).as_f64().unwrap()
}

#[test]
fn the_page_opens_dark_and_light_without_a_complaint_and_an_agent_moves() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let server = site();
    // One tab: a second one would get the notice that the first keeps the runs.
    let mut tab = Some(browser.blank());
    let brightness = ["dark", "light"].map(|theme| {
        let lab = Lab::in_tab(tab.take().unwrap(), server, &format!("?theme={theme}&agent={}", first().0));
        assert_eq!(lab.page.evaluate("performance.getEntriesByName('bootstride-running').length"), json!(1));
        let told = lab.wait_for_play(10);
        assert!(told.notices.is_empty() && told.failure.is_none(), "{told}");
        assert!(told.panes.contains_key("world") && told.panes.contains_key("timeline"), "{told}");
        let decision = told.decision.as_ref().unwrap();
        assert!(decision.planned.is_some(), "its planner decides");
        lab.assert_quiet();
        let brightness = brightness(&lab);
        tab = Some(lab.page);
        brightness
    });
    assert!(brightness[0] < 80.0 && brightness[1] > 160.0, "{brightness:?}");
}

#[test]
fn a_stranger_sees_an_agent_play_and_a_way_to_go_on() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "");
    let told = lab.wait_for_play(10);
    let folder = told.status.folder.clone().unwrap_or_default();
    assert_eq!(folder, format!("agents/{}", first().0), "the one that moves most");
    // The card has a button to take the tour; Enter takes it nowhere, a click on a world behind the card dismisses
    // nothing.
    assert!(told.deep_link.contains("tab=train"), "{told}");
    lab.assert_quiet();
}
