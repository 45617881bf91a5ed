//! Touch does what a pointer does: it orbits, pans and zooms the world, and moves through the record.

use bootstride_lab::view::{Cursor, Tab};
use eframe::egui::{Event, PointerButton, Pos2, Rect, TouchDeviceId, TouchId, TouchPhase, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::whole::stand::{Open, Stand};

fn touch(harness: &mut Harness<'_, Open>, id: u64, phase: TouchPhase, pos: Pos2) {
    happens(harness, Event::Touch { device_id: TouchDeviceId(0), id: TouchId(id), phase, pos, force: None });
}

/// In the frame to come; the harness gives other events a frame each.
fn happens(harness: &mut Harness<'_, Open>, event: Event) {
    harness.input_mut().events.push(event);
}

/// A finger as the browser reports it: a touch, and the pointer that stands for the first one.
fn press(harness: &mut Harness<'_, Open>, pos: Pos2, pressed: bool) {
    touch(harness, 0, if pressed { TouchPhase::Start } else { TouchPhase::End }, pos);
    happens(harness, Event::PointerMoved(pos));
    let modifiers = eframe::egui::Modifiers::NONE;
    happens(harness, Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers });
    if !pressed {
        happens(harness, Event::PointerGone);
    }
}

fn drag(harness: &mut Harness<'_, Open>, from: Pos2, by: Vec2) {
    press(harness, from, true);
    harness.step();
    for part in 1..=4_u8 {
        let at = from + by * f32::from(part) / 4.0;
        touch(harness, 0, TouchPhase::Move, at);
        happens(harness, Event::PointerMoved(at));
        harness.step();
    }
    press(harness, from + by, false);
    harness.run_steps(3);
}

fn tap(harness: &mut Harness<'_, Open>, at: Pos2) {
    press(harness, at, true);
    harness.step();
    press(harness, at, false);
    harness.step();
}

/// Two fingers that begin so far apart, and end elsewhere.
fn pinch(harness: &mut Harness<'_, Open>, from: [Pos2; 2], to: [Pos2; 2]) {
    press(harness, from[0], true);
    touch(harness, 1, TouchPhase::Start, from[1]);
    harness.step();
    for part in 1..=20_u8 {
        let share = f32::from(part) / 20.0;
        for (id, (from, to)) in (0..).zip(from.into_iter().zip(to)) {
            let at = from + (to - from) * share;
            touch(harness, id, TouchPhase::Move, at);
            if id == 0 {
                happens(harness, Event::PointerMoved(at));
            }
        }
        harness.step();
    }
    touch(harness, 1, TouchPhase::End, to[1]);
    press(harness, to[0], false);
    harness.run_steps(3);
}

fn phone(tab: Tab) -> Harness<'static, Open> {
    Stand { size: [390.0, 844.0], ..Stand::new(tab) }.open()
}

fn world(harness: &Harness<'_, Open>) -> Rect {
    harness.state().lab.drawn()[0].1
}

#[test]
fn one_finger_turns_two_fingers_enlarge_and_a_double_tap_brings_it_back() {
    let mut harness = phone(Tab::Train);
    let centre = world(&harness).center();
    let camera = |harness: &Harness<'_, Open>| *harness.state().lab.camera().unwrap();
    let before = camera(&harness);
    drag(&mut harness, centre, vec2(80.0, 0.0));
    let turned = camera(&harness);
    assert!((turned.yaw - before.yaw).abs() > 0.2, "one finger turns");
    let apart = |by: f32| [centre - vec2(by, 0.0), centre + vec2(by, 0.0)];
    pinch(&mut harness, apart(40.0), apart(80.0));
    let enlarged = camera(&harness);
    assert!((enlarged.zoom / turned.zoom - 2.0).abs() < 0.3, "twice as far apart is twice as large: {}", enlarged.zoom);
    let up = vec2(0.0, -60.0);
    pinch(&mut harness, apart(60.0), apart(60.0).map(|at| at + up));
    let moved = camera(&harness);
    assert!(moved.offset[2] < enlarged.offset[2] - 0.02, "two fingers push: {:?}", moved.offset);
    assert!((moved.yaw - turned.yaw).abs() < 1e-3, "two fingers do not turn");
    harness.state_mut().lab.kept.view.follow = false;
    tap(&mut harness, centre);
    tap(&mut harness, centre);
    harness.run_steps(2);
    let back = camera(&harness);
    assert!((back.zoom - 1.0).abs() < 1e-6 && (back.yaw - before.yaw).abs() < 1e-6, "{back:?}");
    assert!(harness.state().lab.kept.view.follow, "and it follows again");
}

#[test]
fn a_finger_walks_through_the_record() {
    let mut harness = phone(Tab::Train);
    let rect = harness.get_by_label("Decisions of the episode").rect();
    let number = |harness: &Harness<'_, Open>| match harness.state().lab.kept.view.cursor {
        Cursor::At(number) => number,
        Cursor::Live => panic!("live"),
    };
    let start = pos2(rect.left() + 20.0, rect.center().y);
    drag(&mut harness, start, vec2(50.0, 0.0));
    let late = number(&harness);
    drag(&mut harness, start, vec2(20.0, 0.0));
    assert!(number(&harness) < late);
    let now = harness.get_by_label("Back to now").rect();
    assert!(now.height() >= 39.5, "{now:?}");
    tap(&mut harness, now.center());
    harness.run_steps(2);
    assert_eq!(harness.state().lab.kept.view.cursor, Cursor::Live);
}

#[test]
fn a_wide_screen_grows_its_buttons_once_it_was_touched() {
    let mut harness = Stand::new(Tab::Train).open();
    let height = |harness: &Harness<'_, Open>| harness.get_by_label("Stop").rect().height();
    assert!(height(&harness) < 32.0);
    tap(&mut harness, pos2(640.0, 300.0));
    harness.run_steps(4);
    assert!(height(&harness) >= 39.5);
}
