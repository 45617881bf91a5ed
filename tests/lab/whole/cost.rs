//! Measures the cost of a frame of the whole lab; claims nothing, since computers differ.

use bootstride_lab::view::{PathChoice, Tab};
use bootstride_session::Update;

use super::stand::{Stand, freeze};
use crate::recorded::session;

/// Frames that are measured.
const FRAMES: usize = 260;

#[test]
#[ignore = "a measurement: run it alone, with --nocapture"]
fn a_frame_with_something_new_in_it() {
    let told = &session().training;
    let decisions: Vec<_> = told.iter().flat_map(|update| &update.decisions).collect();
    let analyses: Vec<_> = told.iter().flat_map(|update| &update.analyses).collect();
    for tab in Tab::ALL {
        let mut stand = Stand::new(tab);
        stand.view.paths = PathChoice::Both;
        let mut harness = stand.open();
        if tab == Tab::Decision {
            freeze(&mut harness);
            harness.state_mut().lab.kept.view.cursor = bootstride_lab::view::Cursor::Live;
        }
        let newest = decisions.last().unwrap().number;
        for frame in 0..FRAMES {
            // The last episode again, a decision and an analysis a frame, as a session at full speed reports them.
            let mut decision = decisions[decisions.len() - FRAMES + frame].clone();
            let mut analysis = analyses[analyses.len() - 1 - frame % 12].clone();
            decision.number = newest + 1 + u32::try_from(frame).unwrap();
            decision.t += 300;
            analysis.decision = decision.number;
            let update = Update { decisions: vec![decision], analyses: vec![analysis], ..Update::default() };
            harness.state().engine.tell(update);
            harness.step();
        }
        let profile = &harness.state().lab.profile;
        let panes = profile.panes_ms().into_iter().map(|(pane, ms)| format!("{pane} {ms:.2}")).collect::<Vec<_>>();
        println!("{}: {:.2} ms a frame; {}", tab.title(), profile.frame_ms().unwrap(), panes.join(", "));
    }
}
