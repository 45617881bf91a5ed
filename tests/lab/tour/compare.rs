//! The Compare tab: numbers, loading, and two agents in lockstep.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use bootstride_core::train::Evaluation;
use bootstride_lab::panes::compare::{
    Ahead, BandKind, Choice, CompareChoices, ComparePane, LinkFactory, Page, Player, Shown, SideView, ViewFactory,
    groups,
};
use bootstride_lab::panes::{Context, Pane};
use bootstride_lab::runs::{RunCurves, RunIndex};
use bootstride_lab::ui::Palette;
use bootstride_lab::view::{Tab, Theme};
use bootstride_lab::{Host, View};
use bootstride_session::message::{Activity, Agent, Level, Notice, Stage, Status};
use bootstride_session::{Command, History, SessionLink, Update};
use eframe::egui;
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions};

use super::engine::{Draws, Scripted, config, decision};
use super::runs::write_run;
use crate::ui::support::bare;

/// Decisions of an episode here.
const EPISODE: u32 = 60;

fn run(seed: u64, curve: &[(usize, &[f32], &[f32])]) -> RunCurves {
    let evaluation = |(env_step, planner, network): &(usize, &[f32], &[f32])| Evaluation {
        env_step: *env_step,
        planner: planner.to_vec(),
        network: network.to_vec(),
    };
    RunCurves {
        folder: format!("runs/{seed}"),
        name: format!("seed{seed}"),
        task: "walker-walk".into(),
        algorithm: "bmpc".into(),
        size: "small".into(),
        seed,
        evaluations: curve.iter().map(evaluation).collect(),
        ..RunCurves::default()
    }
}

#[test]
fn bands_over_seeds_are_as_by_hand() {
    // Means 10, 20, 30 at step 100: mean 20, standard deviation 10, t(2) = 4.303.
    let runs = [
        run(1, &[(100, &[5.0, 15.0], &[1.0]), (200, &[100.0], &[50.0])]),
        run(2, &[(100, &[20.0], &[2.0]), (200, &[200.0], &[60.0])]),
        run(3, &[(100, &[30.0], &[3.0]), (200, &[300.0], &[70.0]), (300, &[999.0], &[99.0])]),
    ];
    let groups = groups(&runs);
    assert_eq!((groups.len(), groups[0].seeds().as_str()), (1, "1, 2, 3"));
    let curve = groups[0].curve(Player::Planner, BandKind::MinMax);
    let points: Vec<_> = curve.iter().map(|p| (p.env_step, p.mean, p.low, p.high)).collect();
    assert_eq!(points, [(100, 20.0, 10.0, 30.0), (200, 200.0, 100.0, 300.0)], "step 300 has one run alone");
    let confidence = groups[0].curve(Player::Planner, BandKind::Confidence)[0];
    let half = 4.303 * 10.0 / 3.0_f32.sqrt();
    assert!((confidence.low - (20.0 - half)).abs() < 1e-3 && (confidence.high - (20.0 + half)).abs() < 1e-3);
    let summary = groups[0].summary(200.0);
    assert_eq!((summary.planner, summary.policy, summary.gap()), (Some(200.0), Some(60.0), Some(140.0)));
    assert_eq!(summary.steps_to_best, Some(200));
    assert_eq!(groups[0].summary(1000.0).steps_to_best, None, "another got far further");
}

#[test]
fn runs_evaluated_at_different_steps_meet_on_straight_lines() {
    let runs =
        [run(1, &[(100, &[0.0], &[]), (300, &[20.0], &[])]), run(2, &[(200, &[30.0], &[]), (300, &[40.0], &[])])];
    let curve = groups(&runs)[0].curve(Player::Planner, BandKind::MinMax);
    let points: Vec<_> = curve.iter().map(|p| (p.env_step, p.mean, p.low, p.high)).collect();
    assert_eq!(points, [(200, 20.0, 10.0, 30.0), (300, 30.0, 20.0, 40.0)]);
    assert_eq!(groups(&runs)[0].curve(Player::Policy, BandKind::MinMax), []);
}

#[test]
fn other_algorithms_sizes_and_tasks_are_groups_of_their_own() {
    let base = run(1, &[]);
    let others = [
        base.clone(),
        RunCurves { seed: 2, ..base.clone() },
        RunCurves { algorithm: "tdmpc2".into(), ..base.clone() },
        RunCurves { size: "tiny".into(), ..base.clone() },
        RunCurves { task: "walker-run".into(), ..base },
    ];
    let sizes: Vec<usize> = groups(&others).iter().map(|group| group.runs.len()).collect();
    assert_eq!(sizes, [2, 1, 1, 1]);
}

/// An engine that plays: a planner earns more than its policy, from the start state that the seed names.
#[derive(Default)]
struct Playing {
    sent: Vec<Command>,
    outbox: VecDeque<Update>,
    status: Status,
    draws: Option<Draws>,
    planner: bool,
    t: u32,
    so_far: f32,
}

#[derive(Clone, Default)]
struct Link(Rc<RefCell<Playing>>);

impl SessionLink for Link {
    fn send(&mut self, command: Command) {
        let mut state = self.0.borrow_mut();
        state.sent.push(command.clone());
        let mut update = Update::default();
        match command {
            Command::Watch { agent: Agent::Folder(folder), .. } if folder.contains("broken") => {
                state.status.activity = Activity::Idle;
                let text = format!("{folder} has no intact checkpoint");
                update.notices.push(Notice { level: Level::Bad, text });
            }
            Command::Watch { seed, planner, .. } => {
                (state.draws, state.planner, state.t, state.so_far) = (Some(Draws::new(seed)), planner, 0, 0.0);
                state.status.stage = Stage::Playing;
                state.status.activity = Activity::Running;
                state.status.config = Some(Box::new(config()));
                update.opened = true;
            }
            Command::Pause => state.status.activity = Activity::Paused,
            Command::Step => {
                let mut made = decision(state.t + 100, 10, &config());
                let luck = state.draws.as_mut().unwrap().uniform();
                made.reward = luck + if state.planner { 0.6 } else { 0.3 };
                state.so_far += made.reward;
                state.t += 1;
                (made.episode_return, made.last) = (state.so_far, state.t == EPISODE);
                if !state.planner {
                    made.planned = None;
                }
                update.decisions.push(made);
            }
            _ => {}
        }
        update.status = state.status.clone();
        state.outbox.push_back(update);
    }

    fn receive(&mut self) -> Option<Update> {
        self.0.borrow_mut().outbox.pop_front()
    }
}

/// A world that says where it is.
struct Words;

impl SideView for Words {
    fn ui(&mut self, ui: &mut egui::Ui, history: &History, palette: &Palette) {
        let text = history.newest().map_or("start".into(), |decision| format!("world at {}", decision.number));
        ui.centered_and_justified(|ui| ui.colored_label(palette.weak, text));
    }
}

struct Lab {
    pane: ComparePane,
    view: View,
    history: History,
    engine: Scripted,
    links: Rc<RefCell<Vec<Link>>>,
}

fn harness(choices: CompareChoices, size: [f32; 2], theme: Theme) -> Harness<'static, Lab> {
    let links = Rc::new(RefCell::new(Vec::new()));
    let made = links.clone();
    let link: LinkFactory = Box::new(move || {
        let link = Link::default();
        made.borrow_mut().push(link.clone());
        Box::new(link)
    });
    let view: ViewFactory = Box::new(|| Box::new(Words));
    let mut pane = ComparePane::new(choices, link, view);
    pane.run_index = RunIndex::of(Vec::new());
    let view = View { tab: Tab::Compare, theme, ..View::default() };
    let lab = Lab { pane, view, history: History::default(), engine: Scripted::default(), links };
    bare(lab, (size, 1.0, theme), |ui, lab: &mut Lab| {
        let palette = Palette::of(lab.view.theme);
        let mut cx = Context {
            history: &lab.history,
            view: &mut lab.view,
            link: &mut lab.engine,
            palette: &palette,
            place: &mut Host::default(),
        };
        lab.pane.ui(ui, &mut cx);
    })
}

/// Waits until all runs are read.
fn settle(harness: &mut Harness<'_, Lab>) {
    for _ in 0..100 {
        harness.run_steps(2);
        if harness.state().pane.entries().iter().all(|entry| entry.read.is_some()) {
            harness.run_steps(2);
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("runs were not read");
}

/// Three seeds of one agent that learns, and one of another; the folders' names are the same on every machine.
fn library() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let mut folders = Vec::new();
    for seed in 1..=3_u16 {
        let path = folder.path().join(format!("bmpc-seed{seed}"));
        let at = |step: u16, best: f32| best * (1.0 - (-f32::from(step) / (6.0 + 2.0 * f32::from(seed))).exp());
        let curve: Vec<_> = (1..=20_u16)
            .map(|step| {
                let (planner, network) = (at(step, 850.0), 0.97 * at(step, 850.0));
                (2000 * usize::from(step), [planner - 20.0, planner + 20.0], [network - 30.0, network + 30.0])
            })
            .collect();
        write_run(&path, u64::from(seed), &curve);
        folders.push(path.to_str().unwrap().to_owned());
    }
    (folder, folders)
}

#[test]
fn runs_are_added_and_removed_and_errors_are_told() {
    let (folder, folders) = library();
    let mut harness = harness(CompareChoices::default(), [1280.0, 760.0], Theme::Dark);
    harness.run_steps(2);
    harness.get_by_label("Add a run first: its returns over training appear here.");
    for path in [folders[0].as_str(), "no/such/run"] {
        harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Folder").focus();
        harness.run_steps(1);
        harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Folder").type_text(path);
        harness.run_steps(1);
        harness.get_by_label("Add").click();
        settle(&mut harness);
    }
    harness.get_by_label("pendulum-swingup, bmpc tiny, seed 1");
    harness.get_by_label("20 evaluations to step 40\u{2009}000");
    harness.get_by_label_contains("no/such/run is not a folder");
    assert_eq!(harness.state().pane.choices.folders, [folders[0].clone(), "no/such/run".into()]);
    harness.get_by_label("Remove no/such/run").click();
    harness.run_steps(3);
    assert_eq!(harness.state().pane.choices.folders, [folders[0].clone()]);
    drop(folder);
}

#[test]
fn one_agent_plays_against_its_own_policy_in_lockstep_from_the_same_state() {
    let (_folder, folders) = library();
    let choices =
        CompareChoices { folders: vec![folders[0].clone()], page: Page::Play, seed: 7, ..CompareChoices::default() };
    let mut harness = harness(choices, [1280.0, 760.0], Theme::Dark);
    settle(&mut harness);
    harness.get_by_label("Play").click();
    let mut compared = 0;
    for _ in 0..30 {
        harness.run_steps(1);
        let made: Vec<usize> = harness.state().pane.duel.sides.iter().map(|side| side.returns.len()).collect();
        if let [left, right] = made[..] {
            compared += 1;
            assert!(left.abs_diff(right) <= 1, "{left} and {right} decisions are not in lockstep");
        }
    }
    assert!(compared > 10, "both sides played in {compared} of 30 frames");
    let links = harness.state().links.clone();
    let watched: Vec<(u64, bool)> = links
        .borrow()
        .iter()
        .map(|link| {
            let link = link.0.borrow();
            let watch = link.sent.iter().find_map(|command| match command {
                Command::Watch { seed, planner, .. } => Some((*seed, *planner)),
                _ => None,
            });
            watch.unwrap()
        })
        .collect();
    assert_eq!(watched, [(7, true), (7, false)]);
    assert!(harness.state().pane.duel.t() > 5);
    harness.get_by_label("Pause").click();
    harness.run_steps(3);
    let t = harness.state().pane.duel.t();
    harness.run_steps(5);
    assert_eq!(harness.state().pane.duel.t(), t, "it stands still");
    harness.get_by_label("Step").click();
    harness.run_steps(3);
    assert_eq!(harness.state().pane.duel.t(), t + 1);
    harness.get_by_label("Play").click();
    harness.run_steps(200);
    let duel = &harness.state().pane.duel;
    assert!(duel.is_over() && !duel.playing);
    assert!(duel.sides.iter().all(|side| side.returns.len() == EPISODE as usize));
    let lead = duel.sides[0].returns.last().unwrap() - duel.sides[1].returns.last().unwrap();
    assert_eq!(duel.ahead(), Ahead::Left(lead));
    harness.get_by_label("Restart").click();
    harness.run_steps(3);
    assert!(harness.state().pane.duel.t() < 5 && links.borrow().len() == 2, "the same two engines start again");
}

#[test]
fn an_agent_that_cannot_be_opened_says_why() {
    let (folder, folders) = library();
    let broken = folder.path().join("broken");
    std::fs::rename(&folders[1], &broken).unwrap();
    let folders = vec![folders[0].clone(), broken.to_str().unwrap().to_owned()];
    let sides = [0, 1].map(|side: usize| Choice { folder: folders[side].clone(), player: Player::Planner });
    let choices = CompareChoices { folders, sides, page: Page::Play, ..CompareChoices::default() };
    let mut harness = harness(choices, [1280.0, 760.0], Theme::Dark);
    settle(&mut harness);
    harness.get_by_label("Play").click();
    harness.run_steps(5);
    harness.get_by_label_contains("has no intact checkpoint");
    assert_eq!(harness.state().pane.duel.t(), 0, "nobody plays alone");
}

#[test]
fn choices_are_made_through_their_labels() {
    let (_folder, folders) = library();
    let mut harness = harness(CompareChoices { folders, ..CompareChoices::default() }, [1280.0, 760.0], Theme::Dark);
    settle(&mut harness);
    for label in ["Policy", "95 % of mean"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    let choices = &harness.state().pane.choices;
    assert_eq!((choices.shown, choices.band), (Shown::Policy, BandKind::Confidence));
    harness.get_by_label_contains("95 % confidence intervals of the mean over runs");
    harness.get_by_label_contains("3 runs, seeds 1, 2, 3");
    harness.get_by_label("Play both").click();
    harness.run_steps(2);
    harness.get_by_label("Left policy").click();
    harness.get_by_label("Right policy").click();
    harness.run_steps(2);
    let sides = &harness.state().pane.choices.sides;
    assert_eq!([sides[0].player, sides[1].player], [Player::Policy; 2]);
    harness.get_by_label("Right").click();
    harness.run_steps(2);
    harness.get_by_label("pendulum-swingup, bmpc-seed3").click();
    harness.run_steps(2);
    assert!(harness.state().pane.choices.sides[1].folder.ends_with("bmpc-seed3"));
}

#[test]
fn pictures_of_the_compare_tab() {
    let mut results = egui_kittest::SnapshotResults::new();
    let options = SnapshotOptions::new().output_path("../../tests/lab/snapshots");
    let (folder, folders) = library();
    let other = folder.path().join("tdmpc2-seed1");
    let slow: Vec<_> = (1..=18_u16)
        .map(|step| {
            let planner = 31.0 * f32::from(step);
            (2000 * usize::from(step), [planner, planner], [0.55 * planner, 0.6 * planner])
        })
        .collect();
    write_run(&other, 1, &slow);
    let manifest = std::fs::read_to_string(other.join("manifest.json")).unwrap();
    std::fs::write(other.join("manifest.json"), manifest.replace("\"bmpc\"", "\"tdmpc2\"")).unwrap();
    let mut all = folders.clone();
    all.push(other.to_str().unwrap().into());
    let one = CompareChoices { folders: folders.clone(), ..CompareChoices::default() };
    let two = CompareChoices { folders: all, ..CompareChoices::default() };
    for (name, choices, theme) in [
        ("compare_seeds", one.clone(), Theme::Dark),
        ("compare_algorithms", two.clone(), Theme::Dark),
        ("compare_algorithms_light", two, Theme::Light),
    ] {
        let mut harness = harness(choices, [1280.0, 760.0], theme);
        settle(&mut harness);
        results.add(harness.try_snapshot_options(name, &options));
    }
    let play = CompareChoices { folders: vec![folders[0].clone()], page: Page::Play, ..one };
    let mut harness = harness(play, [1280.0, 760.0], Theme::Dark);
    settle(&mut harness);
    harness.get_by_label("Play").click();
    harness.run_steps(45);
    harness.get_by_label("Pause").click();
    harness.run_steps(3);
    results.add(harness.try_snapshot_options("compare_play", &options));
}
