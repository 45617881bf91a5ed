//! Claims about "Task and agent".

use bootstride_core::config::Config;
use bootstride_core::model::{PolicyKind, PolicyLearning};
use bootstride_core::planner::{Guide, PlannerConfig};
use bootstride_core::task::CUSTOM_BODY;
use bootstride_lab::panes::setup::{Draft, Moved, SetupPane, matching, settle};
use bootstride_lab::view::Tab;
use bootstride_session::message::{Activity, Stage, Update};
use bootstride_session::{Command, History};
use eframe::egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{Stand, click, on_tab, slide};
use crate::sample;

/// High enough that everything is in view.
const SIZE: [f32; 2] = [300.0, 1200.0];

fn idle() -> Harness<'static, Stand<SetupPane>> {
    on_tab(SetupPane::new(Draft::default()), History::default(), Tab::Train, SIZE)
}

fn running(activity: Activity) -> Harness<'static, Stand<SetupPane>> {
    let mut history = sample::history();
    history.status.activity = activity;
    on_tab(SetupPane::default(), history, Tab::Train, SIZE)
}

#[test]
fn a_draft_becomes_the_configuration_that_it_says() {
    let mut draft = Draft::default();
    draft.choose_size("small");
    draft.choose_algorithm("variant2");
    draft.task = "walker-run".into();
    (draft.seed, draft.steps, draft.evaluate_every) = (7, 123_456, 5000);
    (draft.planner.samples, draft.planner.temperature, draft.reanalyze_interval) = (200, 0.7, 20);
    (draft.environments, draft.updates_per_decision, draft.sequence) = (4, 0.5, 5);
    draft.more = "training.batch=64 model.mlp_dim=96".into();
    let config = draft.config().unwrap();
    assert_eq!((config.task.name.as_str(), config.run.seed, config.run.steps), ("walker-run", 7, 123_456));
    assert_eq!((config.planner.samples, config.planner.temperature.to_bits()), (200, 0.7_f32.to_bits()));
    assert_eq!((config.algorithm.guide, config.algorithm.reanalyze_interval), (Guide::Both, 20));
    assert_eq!((config.training.batch, config.model.mlp_dim, config.model.latent_dim), (64, 96, 128));
    assert_eq!((config.training.environments, config.training.updates_per_decision, config.sequence()), (4, 0.5, 5));
    let shown = Draft::default().showing(&config);
    assert_eq!((shown.environments, shown.updates_per_decision, shown.sequence), (4, 0.5, 5), "a running one is shown");
    assert_eq!(config.planner.elites, 48, "the second guide brings its 16 elites along");
    let kept: Draft = serde_json::from_str(&serde_json::to_string(&draft).unwrap()).unwrap();
    assert_eq!(kept.repaired().config().unwrap(), config, "kept between starts");
}

#[test]
fn every_preset_is_reached_unchanged() {
    for size in ["tiny", "small", "paper"] {
        for algorithm in ["bmpc", "tdmpc2", "variant1", "variant2", "variant3"] {
            let mut draft = Draft::default();
            draft.choose_size(size);
            draft.choose_algorithm(algorithm);
            let layers = bootstride_core::config::Layers::new().size_preset(size).unwrap();
            let layers = layers.algorithm(algorithm).unwrap().set("task.name=pendulum-swingup").unwrap();
            assert_eq!(draft.config().unwrap(), layers.resolve().unwrap(), "{size}, {algorithm}");
        }
    }
}

#[test]
fn a_draft_of_another_version_falls_back_to_known_presets() {
    let draft = Draft { size: "gigantic".into(), task: "hopper-hop".into(), ..Draft::default() };
    let repaired = draft.repaired();
    assert_eq!((repaired.size.as_str(), repaired.task.as_str()), ("tiny", "hopper-hop"));
}

#[test]
fn start_sends_the_draft() {
    let mut lab = idle();
    let sent = click(&mut lab, "Start");
    let expected = lab.state().pane.draft().config().unwrap();
    let [Command::Train { config, preset, folder }, Command::Run] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((config.as_ref(), preset.as_str()), (&expected, "tiny"));
    assert_eq!(folder.as_deref(), Some("runs/pendulum-swingup/bmpc-seed1"));
}

#[test]
fn an_axis_that_was_switched_makes_the_algorithm_ones_own() {
    let mut lab = idle();
    click(&mut lab, "value: Q off-policy");
    let config = lab.state().pane.draft().config().unwrap();
    assert_eq!(config.algorithm.name, "own");
    assert_eq!(lab.get_by_role_and_label(Role::ComboBox, "Algorithm").value().as_deref(), Some("own"));
    click(&mut lab, "value: V on-policy");
    assert_eq!(lab.state().pane.draft().config().unwrap().algorithm.name, "bmpc");
}

#[test]
fn combinations_that_make_no_sense_are_explained_and_cannot_be_started() {
    let mut lab = idle();
    click(&mut lab, "policy: max-Q");
    assert_eq!(lab.state().pane.draft().axes.policy_learning, PolicyLearning::MaxQ);
    assert!(click(&mut lab, "Start").is_empty());
    let why = lab.state().pane.draft().config().unwrap_err();
    assert!(why.iter().any(|sentence| sentence.starts_with("Value cannot be v-on-policy")), "{why:?}");
    assert!(why.iter().any(|sentence| sentence.starts_with("Reanalyze every k updates cannot be 10")), "{why:?}");
    lab.get_by_label_contains("a policy that maximises Q needs a Q");
    // Every axis can be put right by its own control.
    click(&mut lab, "value: Q off-policy");
    click(&mut lab, "target: max-Q");
    click(&mut lab, "guide: max-Q");
    slide(&mut lab, "every k updates", 0.0);
    assert_eq!(lab.state().pane.draft().config().unwrap().algorithm.target_policy, PolicyKind::MaxQ);
    assert!(!click(&mut lab, "Start").is_empty());
}

#[test]
fn tasks_are_found_by_words_and_chosen() {
    assert_eq!(matching("walk run").iter().map(|info| info.name).collect::<Vec<_>>(), ["walker-run"]);
    assert!(matching("unicycle").is_empty());
    let mut lab = idle();
    lab.get_by_role_and_label(Role::ComboBox, "Task").click();
    lab.run_ok();
    let fields: Vec<_> = lab.get_all_by_role(Role::TextInput).collect();
    let search = fields.iter().find(|field| field.accesskit_node().label().as_deref() != Some("Folder for runs"));
    search.unwrap().type_text("hop");
    lab.run_ok();
    assert!(lab.query_by_label("walker-walk").is_none(), "the list is narrowed");
    click(&mut lab, "hopper-stand");
    assert_eq!(lab.state().pane.draft().task, "hopper-stand");
}

#[test]
fn presets_and_device_are_chosen_from_lists() {
    let mut lab = idle();
    for (list, choice) in [("Algorithm", "TD-MPC2"), ("Size", "small"), ("device", "cpu")] {
        lab.get_by_role_and_label(Role::ComboBox, list).click();
        lab.run_ok();
        click(&mut lab, choice);
    }
    let config = lab.state().pane.draft().config().unwrap();
    assert_eq!((config.algorithm.name.as_str(), config.model.latent_dim), ("tdmpc2", 128));
    assert_eq!(config.run.device, "cpu");
}

#[test]
fn numbers_are_typed_as_people_write_them() {
    let mut lab = idle();
    for (name, typed) in [("seed", "5"), ("steps", "50k"), ("evaluate every", "2 500")] {
        lab.get_by_role_and_label(Role::SpinButton, name).focus();
        lab.run_ok();
        let field = lab.get_by_role_and_label(Role::SpinButton, name);
        field.set_text_value_accesskit(typed);
        lab.run_ok();
        lab.key_press(eframe::egui::Key::Enter);
        lab.run_ok();
    }
    let draft = lab.state().pane.draft();
    assert_eq!((draft.seed, draft.steps, draft.evaluate_every), (5, 50_000, 2500));
}

#[test]
fn more_settings_say_what_is_wrong_with_them_in_place() {
    let mut lab = idle();
    click(&mut lab, "More settings…");
    lab.get_by_role_and_label(Role::TextInput, "More settings, key=value").focus();
    lab.run_ok();
    lab.event(eframe::egui::Event::Text("training.batsh=64".into()));
    lab.run_ok();
    assert!(lab.get_all_by_label_contains("the nearest known key is `training.batch`").count() > 0);
    assert!(click(&mut lab, "Start").is_empty());
    lab.state_mut().pane.draft_mut().more = "training.batch=64".into();
    lab.run_ok();
    let help = "Sequences per update (B). Allowed: a whole number from 1 to 1000000.";
    assert!(lab.get_all_by_label_contains(help).count() > 0);
    let sent = click(&mut lab, "Start");
    let Command::Train { config, .. } = &sent[0] else { panic!("{sent:?}") };
    assert_eq!(config.training.batch, 64);
}

#[test]
fn a_body_of_ones_own_is_trained_or_explained() {
    let mut draft = Draft::default();
    draft.choose_body("worm.json", "{}");
    let why = draft.config().unwrap_err();
    assert!(why[0].starts_with("worm.json: "), "{why:?}");
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/bodies/walker.json")).unwrap();
    draft.choose_body("walker.json", &text);
    let why = draft.config().unwrap_err();
    assert!(why[0].contains("$.task"), "a body without a task is refused with the reason: {why:?}");
    let with_task =
        text.replacen('{', r#"{ "task": { "upright": { "link": "torso", "cosine": 0.9, "share": 1.0 } },"#, 1);
    draft.choose_body("walker.json", &with_task);
    let config = draft.config().unwrap();
    assert_eq!((config.task.name.as_str(), config.task.body.is_some()), (CUSTOM_BODY, true));
}

#[test]
fn the_buttons_of_a_run_send_their_commands() {
    let mut lab = running(Activity::Running);
    assert_eq!(click(&mut lab, "Pause"), [Command::Pause]);
    assert_eq!(click(&mut lab, "Step one decision"), [Command::Step]);
    assert_eq!(click(&mut lab, "Save"), [Command::Save]);
    assert_eq!(click(&mut lab, "Stop"), [Command::Stop]);
    let mut lab = running(Activity::Paused);
    assert_eq!(click(&mut lab, "Run"), [Command::Run]);
    let mut lab = running(Activity::Finished);
    assert!(matches!(click(&mut lab, "Watch the agent")[..], [Command::Watch { planner: true, .. }, Command::Run]));
    assert_eq!(click(&mut lab, "New run"), [Command::Stop]);
}

#[test]
fn the_pace_is_sent_in_decisions_a_second() {
    let mut lab = running(Activity::Running);
    let sent = click(&mut lab, "pace: real time");
    let [Command::SetPace(Some(pace))] = sent[..] else { panic!("{sent:?}") };
    // Walker: control steps of 25 ms, two to a decision.
    assert!((pace - 20.0).abs() < 1e-3, "{pace}");
    assert_eq!(click(&mut lab, "pace: full"), [Command::SetPace(None)]);
}

#[test]
fn settings_of_an_open_run_cannot_be_changed_but_for_the_planners() {
    let mut lab = running(Activity::Running);
    click(&mut lab, "policy: both");
    assert_eq!(lab.state().pane.draft(), &Draft::default());
    let sent = slide(&mut lab, "samples N", 100.0);
    let [Command::SetPlanner(planner)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((planner.samples, planner.elites), (100, 32));
}

#[test]
fn each_slider_acts_on_the_running_planner() {
    let sliders: [(&str, f64, fn(&PlannerConfig) -> f64); 8] = [
        ("samples N", 128.0, |planner| planner.samples as f64),
        ("elites K", 20.0, |planner| planner.elites as f64),
        ("policy guides P", 5.0, |planner| planner.policy_samples as f64),
        ("iterations", 3.0, |planner| planner.iterations as f64),
        ("horizon H", 5.0, |planner| planner.horizon as f64),
        ("temperature τ", 2.0, |planner| f64::from(planner.temperature)),
        ("min std σ", 0.1, |planner| f64::from(planner.min_std)),
        ("max std σ", 1.5, |planner| f64::from(planner.max_std)),
    ];
    for (label, value, of) in sliders {
        let mut lab = running(Activity::Running);
        let sent = slide(&mut lab, label, value);
        let [Command::SetPlanner(planner)] = &sent[..] else { panic!("{label}: {sent:?}") };
        assert!((of(planner) - value).abs() < 1e-6, "{label}: {planner:?}");
        let config = Config { planner: planner.as_ref().clone(), ..sample::config("walker-walk") };
        config.check().unwrap();
    }
}

#[test]
fn a_planner_that_was_asked_for_is_shown_and_sent_once() {
    let mut lab = running(Activity::Running);
    let sent = slide(&mut lab, "elites K", 10.0);
    assert_eq!(sent.len(), 1);
    lab.run_steps(3);
    assert!(lab.state().link.commands.is_empty(), "not sent again while the engine takes it up");
    // The engine has taken it up.
    let mut status = lab.state().history.status.clone();
    status.config.as_mut().unwrap().planner.elites = 10;
    lab.state_mut().history.take(Update { status, ..Update::default() });
    lab.run_steps(3);
    let sent = click(&mut lab, "Reset to preset");
    let [Command::SetPlanner(planner)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(planner.elites, 16, "as the draft's size has it");
}

#[test]
fn settings_give_way_to_the_one_that_was_moved() {
    let mut planner = PlannerConfig { samples: 10, elites: 64, policy_samples: 24, ..PlannerConfig::default() };
    settle(&mut planner, Moved::Samples, Guide::Both);
    assert_eq!((planner.samples, planner.elites, planner.policy_samples), (10, 10, 4));
    let mut planner = PlannerConfig { min_std: 3.0, max_std: 2.0, ..PlannerConfig::default() };
    settle(&mut planner, Moved::MinStd, Guide::Imitation);
    assert_eq!((planner.min_std.to_bits(), planner.max_std.to_bits()), (3.0_f32.to_bits(), 3.0_f32.to_bits()));
    let mut planner = PlannerConfig { min_std: 1.0, max_std: 0.5, ..PlannerConfig::default() };
    settle(&mut planner, Moved::MaxStd, Guide::Imitation);
    assert_eq!(planner.min_std.to_bits(), 0.5_f32.to_bits());
}

#[test]
fn the_age_of_experts_is_told() {
    let lab = running(Activity::Running);
    // 0.21 + 0.11 + 0.30 of all are younger than 5000.
    lab.get_by_label("62 %");
}

#[test]
fn an_agent_that_only_plays_is_not_saved() {
    let mut history = sample::history();
    history.status.stage = Stage::Playing;
    let mut lab = on_tab(SetupPane::default(), history, Tab::Train, SIZE);
    assert!(click(&mut lab, "Save").is_empty());
}

/// Until the dialog has looked for runs, which it does on another thread: what it found moves its buttons.
fn look_for_runs(lab: &mut Harness<'static, Stand<SetupPane>>) {
    lab.run_ok();
    while lab.query_by_label("Looking…").is_some() {
        std::thread::yield_now();
        lab.step();
    }
    lab.run_ok();
}

#[test]
fn runs_are_opened_by_their_folder() {
    let mut lab = idle();
    lab.state_mut().pane.open_folder("runs/walker-walk/bmpc-seed1");
    look_for_runs(&mut lab);
    let sent = click(&mut lab, "Resume training");
    assert_eq!(sent, [Command::Resume { folder: "runs/walker-walk/bmpc-seed1".into(), steps: None }, Command::Run]);
    click(&mut lab, "Open…");
    look_for_runs(&mut lab);
    click(&mut lab, "watch: policy");
    let sent = click(&mut lab, "Watch the agent");
    assert!(matches!(&sent[..], [Command::Watch { planner: false, .. }, Command::Run]), "{sent:?}");
}
