//! The end of a session is reported with its reason, and everything that was reported before stays visible.

use bootstride_lab::view::{Cursor, Tab};
use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;

use crate::whole::stand::Stand;

const WHY: &str = "unreachable executed at planner/mppi.rs";

#[test]
fn the_lab_says_why_and_goes_on() {
    for size in [[1280.0, 800.0], [390.0, 844.0]] {
        let mut harness = Stand { size, ..Stand::new(Tab::Train) }.open();
        assert!(harness.query_by_label("Restart session").is_none());
        harness.state().engine.break_down(WHY);
        harness.run_steps(3);
        harness.get_by_label(&format!("The session stopped: {WHY}"));
        let known = harness.state().lab.history.decisions.len();
        harness.key_press(Key::ArrowLeft);
        harness.key_press(Key::ArrowLeft);
        harness.run_steps(3);
        assert!(matches!(harness.state().lab.kept.view.cursor, Cursor::At(_)), "the record can be walked through");
        assert_eq!(harness.state().lab.history.decisions.len(), known);
        harness.state().engine.sent();
        harness.get_by_label("Restart session").click();
        harness.run_steps(3);
        assert!(harness.query_by_label_contains("The session stopped").is_none());
        assert!(harness.state().engine.attends().is_some(), "the new session gets the subscriptions of the panes");
        assert!(harness.query_all_by_label_contains("was restarted").next().is_some());
    }
}
