//! Bodies move in the browser bit for bit as they do natively.

use bootstride_wasm_check::{BODIES, motion};

use super::{Lab, site, start};
use crate::harness::Gpu;

#[test]
fn bodies_move_as_they_do_natively_to_the_bit() {
    let Some(browser) = start(Gpu::WebGl) else { return };
    let lab = Lab::open(&browser, site(), "?tab=train");
    for (body, name) in (0..).zip(BODIES) {
        let there = lab.page.evaluate(&format!("bootstride.physics_hash({body}, 200)"));
        let here = motion(body, 200);
        assert_ne!(here, 0, "{name}");
        assert_eq!(there.as_str(), Some(&*here.to_string()), "{name}");
    }
}
