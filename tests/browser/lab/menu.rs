//! The page's menu, operated by mouse in a window of 1280 points: third from the right in the bar.

use std::thread::sleep;
use std::time::Duration;

use super::Lab;

/// An entry of the menu.
#[derive(Clone, Copy, Debug)]
pub enum Entry {
    Open,
    Save,
    PauseHidden,
}

/// Opens the menu and clicks an entry.
pub fn menu(lab: &Lab, entry: Entry) {
    lab.page.click((1178.0, 22.0));
    // The menu is drawn, and lies where it will lie, after a few frames.
    for _ in 0..3 {
        lab.told();
    }
    sleep(Duration::from_millis(300));
    let at = match entry {
        Entry::Open => (960.0, 57.0),
        Entry::Save => (960.0, 93.0),
        Entry::PauseHidden => (1116.0, 192.0),
    };
    lab.page.click(at);
    lab.told();
    if matches!(entry, Entry::PauseHidden) {
        lab.page.click((600.0, 300.0));
        lab.told();
    }
}
