//! Claims about the timeline.

use std::time::Instant;

use bootstride_lab::View;
use bootstride_lab::panes::timeline::{TimelinePane, episode_at, episodes};
use bootstride_lab::view::{Cursor, PathChoice, Tab};
use bootstride_session::message::Update;
use bootstride_session::{Command, History};
use eframe::egui::{Event, Key, Modifiers, Pos2, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::{Stand, click, drag, on_tab, shown};
use crate::sample;

const SIZE: [f32; 2] = [1280.0, 112.0];

fn timeline() -> Harness<'static, Stand<TimelinePane>> {
    on_tab(TimelinePane::default(), sample::history(), Tab::Decision, SIZE)
}

fn number(lab: &Harness<'_, Stand<TimelinePane>>) -> u32 {
    match lab.state().view.cursor {
        Cursor::At(number) => number,
        Cursor::Live => panic!("live"),
    }
}

/// A place in what has this label, by shares of its width.
fn place(lab: &Harness<'_, Stand<TimelinePane>>, label: &str, share: f32) -> Pos2 {
    let rect = lab.get_by_label(label).rect();
    pos2(rect.left() + rect.width() * share, rect.center().y)
}

#[test]
fn episodes_are_found_as_a_walk_over_all_decisions_finds_them() {
    let mut history = sample::history();
    assert_eq!(episodes(&history.decisions), history.recorded_episodes());
    // The oldest ones went, an episode was short, and another was never seen.
    history.decisions.drain(..730);
    history.decisions.remove(1000);
    let second = history.decisions[1200].episode;
    history
        .decisions
        .retain(|decision| decision.episode != second + 2 && (decision.episode != second + 4 || decision.t < 40));
    let found = episodes(&history.decisions);
    assert_eq!(found, history.recorded_episodes());
    for (place, episode) in found.iter().enumerate() {
        assert_eq!(episode_at(&found, episode.first), Some(place));
        assert_eq!(episode_at(&found, episode.first + episode.len - 1), Some(place));
    }
    assert!(episodes(&History::default().decisions).is_empty());
}

#[test]
fn dragging_over_the_rewards_chooses_a_decision_of_the_episode() {
    let mut lab = timeline();
    let (from, to) = (place(&lab, "Decisions of the episode", 0.1), place(&lab, "Decisions of the episode", 0.3));
    drag(&mut lab, from, to);
    let chosen = lab.state().history.decision(number(&lab)).unwrap().clone();
    // The episode is drawn as long as the one before: 500 decisions.
    assert!(chosen.episode == 84 && chosen.t.abs_diff(150) < 8, "t = {}", chosen.t);
}

#[test]
fn dragging_beyond_the_newest_decision_is_live_again() {
    let mut lab = timeline();
    let (from, to) = (place(&lab, "Decisions of the episode", 0.2), place(&lab, "Decisions of the episode", 0.95));
    drag(&mut lab, from, from);
    assert_ne!(lab.state().view.cursor, Cursor::Live);
    drag(&mut lab, from, to);
    assert_eq!(lab.state().view.cursor, Cursor::Live);
}

#[test]
fn dragging_over_the_episodes_chooses_one_of_them() {
    let mut lab = timeline();
    let at = place(&lab, "Episodes", 0.5 / 24.0);
    drag(&mut lab, at, at);
    let chosen = lab.state().history.decision(number(&lab)).unwrap().clone();
    assert!(chosen.episode == 61 && chosen.t.abs_diff(250) < 30, "{} at {}", chosen.episode, chosen.t);
    assert!(!click(&mut lab, "Back to now").iter().any(|sent| matches!(sent, Command::Run)));
    assert_eq!(lab.state().view.cursor, Cursor::Live);
}

#[test]
fn arrow_keys_step_and_the_ends_are_reached() {
    let mut lab = timeline();
    let newest = lab.state().history.newest().unwrap().number;
    let press = |lab: &mut Harness<'_, Stand<TimelinePane>>, modifiers: Modifiers, key| {
        lab.event_modifiers(Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }, modifiers);
        lab.run_ok();
    };
    press(&mut lab, Modifiers::NONE, Key::ArrowRight);
    assert_eq!(lab.state().view.cursor, Cursor::Live, "there is nothing newer");
    press(&mut lab, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(number(&lab), newest - 1);
    press(&mut lab, Modifiers::SHIFT, Key::ArrowLeft);
    assert_eq!(number(&lab), newest - 11);
    press(&mut lab, Modifiers::NONE, Key::ArrowRight);
    assert_eq!(number(&lab), newest - 10);
    press(&mut lab, Modifiers::NONE, Key::Home);
    assert_eq!(number(&lab), lab.state().history.decisions[0].number);
    press(&mut lab, Modifiers::NONE, Key::ArrowLeft);
    press(&mut lab, Modifiers::NONE, Key::End);
    assert_eq!(lab.state().view.cursor, Cursor::Live);
}

#[test]
fn a_decision_without_an_anatomy_is_asked_for_once() {
    let view = View { cursor: Cursor::At(84 * 500 + 100), paths: PathChoice::Both, ..View::default() };
    let mut lab = shown(TimelinePane::default(), sample::history(), view, SIZE);
    lab.run_steps(5);
    let sent = std::mem::take(&mut lab.state_mut().link.commands);
    let [Command::Inspect { decision, options }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((decision.t, options.imagined, options.real), (100, true, true));
    lab.get_by_label_contains("analyzing this decision");
    lab.get_by_label_contains("episodes 61–84, every decision recorded, 8.3 of 24 MB");
    // The answer comes, made with the current networks.
    let planner = lab.state().history.status.config.clone().unwrap().planner;
    let mut analysis = sample::analysis(84 * 500 + 100, &planner, 6, 70.0);
    analysis.updates += 1206;
    let status = lab.state().history.status.clone();
    lab.state_mut().history.take(Update { status, inspected: vec![analysis], ..Update::default() });
    lab.run_steps(5);
    assert!(lab.state().link.commands.is_empty(), "asked again: {:?}", lab.state().link.commands.len());
    lab.get_by_label_contains("replanned with the current networks, 1206 updates after the decision");
    assert_eq!(lab.state().history.analysis(84 * 500 + 100).unwrap().updates, 4000 + 84 * 500 + 100 + 1206);
}

#[test]
fn a_decision_that_is_kept_no_longer_gives_way_to_the_oldest() {
    let view = View { cursor: Cursor::At(3), ..View::default() };
    let lab = shown(TimelinePane::default(), sample::history(), view, SIZE);
    assert_eq!(number(&lab), 61 * 500);
}

#[test]
fn tens_of_thousands_of_decisions_do_not_slow_it_down() {
    let mut history = sample::history();
    let decisions = sample::decisions(0..=119, 500);
    assert_eq!(decisions.len(), 60_000);
    history.decisions = decisions.into();
    history.generation += 1;
    let start = Instant::now();
    let found = (0..100).map(|_| episodes(&history.decisions).len()).sum::<usize>();
    let once = start.elapsed().as_secs_f64() / 100.0;
    assert_eq!(found, 12_000);
    // Some tens of microseconds; the bound is wide, for busy machines.
    assert!(once < 0.5e-3, "{once} s");
}
