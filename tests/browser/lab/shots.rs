//! Pictures of the page, for the documents and for judging how it looks.

use std::env;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use super::{LONG, Lab, first, site, start};
use crate::harness::Gpu;

#[test]
#[ignore = "writes pictures into the folder that SHOTS names"]
fn pictures_of_the_page() {
    let folder = PathBuf::from(env::var_os("SHOTS").expect("SHOTS names a folder"));
    let (name, _) = first();
    let server = site();
    let Some(browser) = start(Gpu::WebGl) else { return };
    for (file, query) in [
        ("walk", format!("?agent={name}&tab=train")),
        ("decision", format!("?agent={name}&tab=decision")),
        ("values", format!("?agent={name}&tab=values")),
        ("tour", format!("?agent={name}&step=3")),
        ("light", format!("?agent={name}&tab=train&theme=light")),
        ("embedded", format!("?embed=1&agent={name}&panes=world,iterations")),
        ("stranger", String::new()),
    ] {
        let lab = Lab::open(&browser, server, &query);
        // Paths are drawn as soon as the decoder has seen enough.
        lab.wait("an agent under way", LONG, |told| told.decisions > 90 || told.deep_link.contains("step="));
        sleep(Duration::from_secs(3));
        lab.page.screenshot_to(&folder.join(format!("page-{file}.png")));
    }
    drop(browser);
    let Some(browser) = start(Gpu::WebGl) else { return };
    for (file, query) in
        [("phone", format!("?agent={name}")), ("phone-decision", format!("?agent={name}&tab=decision&pane=iterations"))]
    {
        let page = browser.blank();
        page.as_phone();
        let lab = Lab::in_tab(page, server, &query);
        lab.wait("an agent under way", LONG, |told| told.decisions > 90);
        sleep(Duration::from_secs(3));
        lab.page.screenshot_to(&folder.join(format!("page-{file}.png")));
    }
}
