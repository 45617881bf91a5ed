//! A planner and a task that a user of the library registered: they train, evaluate, resume and play as built-in ones.

use bootstride_core::body::BodyFile;
use bootstride_core::config::{Config, Layers};
use bootstride_core::inspect::Player;
use bootstride_core::planner::{self, PlannerConfig};
use bootstride_core::registry::RegisterError;
use bootstride_core::task::{self, Environment, TaskConfig, TaskError, TaskInfo, task_info, tasks};
use bootstride_core::train::{Event, Parts, Phase, StepObserver, Trainer};
use burn::tensor::Device;
use pollster::block_on;

use bootstride_tests::custom::{Shooting, Spin, register};

/// Of the registered planner on the registered task: a seed phase, pretraining, episodes that end early or by time,
/// evaluations, and reanalyze in the background.
fn config(settings: &[&str]) -> Config {
    register();
    let ours = [
        "task.name=spin",
        "planner.kind=shooting",
        "planner.custom.sequences=12",
        "run.steps=600",
        "run.evaluate_every=400",
        "algorithm.reanalyze=delayed",
        "algorithm.reanalyze_interval=5",
    ];
    crate::config("bmpc", &[&ours[..], settings].concat())
}

/// Trains to the end; at step number `stop` it is saved, and goes on from what was saved and from the text of its
/// configuration.
fn run(config: &Config, stop: Option<usize>) -> (Vec<Event>, Parts) {
    let mut trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    let (mut events, mut steps) = (Vec::new(), 0);
    while !trainer.is_finished() {
        events.extend(block_on(trainer.step()).unwrap());
        steps += 1;
        if stop == Some(steps) {
            let text = trainer.config().to_toml().unwrap();
            assert!(
                text.contains("kind = \"shooting\"") && text.contains("[planner.custom]\nsequences = 12"),
                "{text}"
            );
            let saved = block_on(trainer.save()).unwrap();
            trainer =
                Trainer::resume(Config::from_toml("config.toml", &text).unwrap(), &Device::flex(), &saved).unwrap();
        }
    }
    (events, block_on(trainer.save()).unwrap())
}

#[test]
fn a_registered_planner_and_task_train_evaluate_and_resume_bit_for_bit() {
    let whole = run(&config(&[]), None);
    let of = |is: fn(&Event) -> bool| whole.0.iter().filter(|event| is(event)).count();
    assert!(of(|event| matches!(event, Event::EpisodeEnd { .. })) >= 6);
    assert!(of(|event| matches!(event, Event::EpisodeEnd { terminated: true, .. })) > 0, "the task ends episodes");
    assert_eq!(of(|event| matches!(event, Event::Evaluation(_))), 2);
    for stop in [20, 100, 200] {
        assert!(run(&config(&[]), Some(stop)) == whole, "stopped after {stop} steps");
    }
    assert!(run(&config(&["planner.custom.sequences=1"]), None).1 != whole.1, "its settings matter");
    assert!(run(&config(&["planner.kind=mppi"]), None).1 != whole.1, "its kind matters");
}

#[test]
fn several_environments_plan_with_a_registered_planner() {
    let (events, _) = run(&config(&["training.environments=3", "run.evaluate_every=0"]), None);
    assert!(events.iter().filter(|event| matches!(event, Event::EpisodeEnd { .. })).count() >= 6);
}

#[test]
fn a_player_shows_a_plan_without_a_trace_as_one_sequence() {
    let config = config(&[]);
    let model = Trainer::new(config.clone(), &Device::flex()).unwrap().model();
    let mut player = Player::new(&config, model, 3, true).unwrap();
    let mut watch = StepObserver { trace: true, record: true, ..StepObserver::default() };
    block_on(player.step(&mut watch)).unwrap();
    let (plan, trace) = (watch.plan.unwrap(), watch.plan_trace.unwrap());
    assert_eq!((trace.shape.samples, trace.iterations.len(), trace.chosen), (1, 1, vec![0]));
    assert_eq!((&trace.iterations[0].sequences, trace.iterations[0].values[0]), (&plan.mean, plan.expert_value));
}

#[test]
fn the_kind_of_planner_changes_while_a_run_goes_on() {
    let mut trainer = Trainer::new(config(&["planner.kind=mppi"]), &Device::flex()).unwrap();
    let samples = |trainer: &mut Trainer| {
        let mut watch = StepObserver { trace: true, ..StepObserver::default() };
        while watch.plan_trace.is_none() {
            block_on(trainer.step_watched(&mut watch)).unwrap();
        }
        watch.plan_trace.unwrap().shape.samples
    };
    while trainer.progress().phase != Phase::Training {
        block_on(trainer.step()).unwrap();
    }
    assert_eq!(samples(&mut trainer), 32);
    let planner = trainer.config().planner.clone();
    trainer.set_planner(PlannerConfig { kind: "shooting".into(), ..planner.clone() }).unwrap();
    assert_eq!(samples(&mut trainer), 1);
    let error = trainer.set_planner(PlannerConfig { kind: "shoting".into(), ..planner.clone() }).unwrap_err();
    assert!(error.to_string().contains("`planner.kind` = \"shoting\" (as set): allowed: mppi, "), "{error}");
    trainer.set_planner(planner).unwrap();
    assert_eq!(samples(&mut trainer), 32);
}

#[test]
fn a_configuration_names_registered_planners_and_their_settings_alone() {
    register();
    let with = |settings: &[&str]| {
        let layers = settings.iter().try_fold(Layers::new(), |layers, setting| layers.set(setting));
        layers.and_then(|layers| layers.resolve()).map_err(|error| error.to_string())
    };
    let unknown = with(&["planner.kind=shoting"]).unwrap_err();
    assert!(unknown.contains("allowed: mppi, ") && unknown.contains("the nearest is shooting"), "{unknown}");
    let refused = with(&["planner.kind=shooting", "planner.custom.sequences=none"]).unwrap_err();
    let expected = "`planner.custom` = { sequences = \"none\" } (from the setting planner.custom.sequences=none): \
                    allowed: sequences, a whole number from 1";
    assert_eq!(refused, expected);
    assert!(with(&["planner.custom=3"]).unwrap_err().contains("allowed: a table"));

    let text = "[planner]\nkind = \"shooting\"\n[planner.custom]\nsequences = 7\n";
    let config = Layers::new().toml("mine.toml", text).unwrap().resolve().unwrap();
    assert_eq!(config.planner.custom.get("sequences").and_then(bootstride_core::toml::Value::as_integer), Some(7));
    assert_eq!(Config::from_toml("config.toml", &config.to_toml().unwrap()).unwrap(), config);
    let changed = config.changed(&["planner.custom.sequences=9".into()]).unwrap();
    let difference = ("planner.custom.sequences".to_owned(), "7".to_owned(), "9".to_owned());
    assert_eq!(config.differences(&changed), [difference]);
    let difference = ("planner.custom.sequences".to_owned(), "not set".to_owned(), "7".to_owned());
    let plain = with(&["planner.kind=shooting"]).unwrap();
    assert_eq!(plain.differences(&config), [difference]);
}

#[test]
fn a_name_is_registered_once_and_never_that_of_something_built_in() {
    register();
    let planner = |kind| planner::register(kind, Shooting::new).unwrap_err();
    assert_eq!(planner("mppi"), RegisterError::BuiltIn { what: "planner", name: "mppi" });
    assert_eq!(planner("shooting"), RegisterError::Taken { what: "planner", name: "shooting" });
    assert_eq!(planner(" "), RegisterError::Name { what: "planner", name: " " });
    assert!(planner::kinds().contains(&"shooting") && planner::kinds()[0] == "mppi");

    let task = |spin: Spin| task::register(spin, BodyFile::built_in("pendulum").unwrap()).unwrap_err();
    for name in ["walker-walk", "body"] {
        assert_eq!(task(Spin::called(name)), RegisterError::BuiltIn { what: "task", name }.into());
    }
    assert_eq!(task(Spin::called("spin")), RegisterError::Taken { what: "task", name: "spin" }.into());
    let wide = Spin(TaskInfo { action_size: 2, ..Spin::called("wide").0 });
    assert!(matches!(task(wide), TaskError::Misfit { what: "action_size", .. }));
    assert!(task_info("wide").is_err(), "what does not fit is not listed");
}

#[test]
fn a_registered_task_is_listed_and_found_by_near_names() {
    register();
    assert_eq!(task_info("spin").unwrap().episode_control_steps, 100);
    assert!(tasks().is_sorted_by_key(|info| info.name) && tasks().iter().any(|info| info.name == "spin"));
    let unknown = Environment::configured(&TaskConfig { name: "spinn".into(), ..TaskConfig::default() }).unwrap_err();
    assert_eq!(unknown.to_string(), "no task is called `spinn`; the nearest is `spin`");
}
