//! Predicted ends of episodes: plans that stop there, and training on a body that may not fall.

use std::sync::Arc;

use bootstride_core::agent::PlanningActor;
use bootstride_core::config::{Config, Layers};
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, WorldModel};
use bootstride_core::nn::{Parameters, read};
use bootstride_core::planner::{CpuMppi, GpuMppi, PlainMppi, Plan, PlanMode, PlannerSettings, Precision};
use bootstride_core::task::Environment;
use bootstride_core::train::{Evaluator, Event, Parts, Players, Trainer};
use bootstride_tests::webgpu;
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;

use crate::checked::{Question, distance};
use crate::config;
use crate::engines::model_on;

const LEARNED: &str = "algorithm.termination=learned";

/// A model whose head gives every latent state the same logit.
fn certain(device: &Device, config: &Config, logit: f32) -> WorldModel {
    let mut model = model_on(device, config, 3, 2, 1);
    let last = model.termination.as_mut().unwrap().layers.last_mut().unwrap();
    last.weight = last.weight.zeros_like();
    last.bias = last.bias.full_like(logit);
    model.touch();
    model
}

/// Adds `change` to the weights of networks whose name begins so.
fn shift(model: &mut WorldModel, prefix: &str, change: f64) {
    model.visit_mut("", &mut |name, tensor| {
        if name.starts_with(prefix) {
            *tensor = tensor.clone() + change;
        }
    });
    model.touch();
}

fn values(plan: &Plan) -> Vec<f32> {
    plan.trace.as_ref().unwrap().iterations.iter().flat_map(|iteration| iteration.values.clone()).collect()
}

/// Plans of every engine on this computer: its name, and the device of the networks.
fn each_engine(check: impl Fn(&str, &Device, &dyn Fn(&Question<'_>, &WorldModel) -> Plan)) {
    let cpu = Device::flex();
    check("plain", &cpu, &|question, model| question.ask(&mut PlainMppi, model));
    check("cpu", &cpu, &|question, model| question.ask(&mut CpuMppi::default(), model));
    if let Some(device) = webgpu::device() {
        check("gpu", &device, &|question, model| question.ask(&mut GpuMppi::default(), model));
        let layers = || GpuMppi::per_layer(Precision::Full);
        check("gpu, per layer", &device, &|question, model| question.ask(&mut layers(), model));
    }
}

#[test]
fn a_plan_under_a_head_that_always_says_ended_sees_the_first_reward_alone() {
    for algorithm in ["bmpc", "tdmpc2"] {
        let config = config(algorithm, &[LEARNED, "planner.iterations=1"]);
        let settings = PlannerSettings::new(&config, 500);
        let question = Question { settings: &settings, states: 2, mode: PlanMode::Evaluate, decision: 1 };
        each_engine(|engine, device, plan| {
            let mut model = certain(device, &config, 5.0);
            let before = plan(&question, &model);
            let sequences = &before.trace.as_ref().unwrap().iterations[0].sequences;
            let width = settings.config.horizon * 2;
            let first: Vec<f32> = sequences.chunks(width).flat_map(|actions| actions[..2].to_vec()).collect();
            let expected = first_rewards(&certain(&Device::flex(), &config, 5.0), first);
            let off = distance(&expected, &values(&before));
            assert!(off < 1e-4, "{algorithm}, {engine}: values are off by {off} from the first reward");
            // The same rewards under other values.
            shift(&mut model, "value.", 0.25);
            assert_eq!(values(&plan(&question, &model)), values(&before), "{algorithm}, {engine}");
            let mut model = certain(device, &config, -5.0);
            let before = plan(&question, &model);
            shift(&mut model, "value.", 0.25);
            assert_ne!(values(&plan(&question, &model)), values(&before), "{algorithm}, {engine}: values count");
        });
    }
}

/// The rewards of these actions `[2 states * samples, action]` in the states of a question.
fn first_rewards(model: &WorldModel, actions: Vec<f32>) -> Vec<f32> {
    let tensor = |data: Vec<f32>, shape: [usize; 2]| Tensor::from_data(TensorData::new(data, shape), &Device::flex());
    let rows = actions.len() / 2;
    let observations = (0..6).map(|i| (i as f32 * 0.7).cos()).collect();
    let z = model.encode(tensor(observations, [2, 3]));
    let z = z.reshape([2, 1, model.latent_dim]).repeat_dim(1, rows / 2).reshape([rows, model.latent_dim]);
    block_on(read(vec![model.reward(z, tensor(actions, [rows, 2])).flatten(0, 1)])).unwrap().remove(0)
}

#[test]
fn a_plan_under_a_head_that_never_says_ended_is_the_plan_without_a_head_to_the_bit() {
    for algorithm in ["bmpc", "variant2"] {
        let config = config(algorithm, &[LEARNED]);
        let settings = PlannerSettings::new(&config, 500);
        let question = Question { settings: &settings, states: 2, mode: PlanMode::Collect, decision: 1 };
        each_engine(|engine, device, plan| {
            let model = certain(device, &config, -5.0);
            let mut bare = model.clone();
            bare.termination = None;
            bare.touch();
            assert!(plan(&question, &model) == plan(&question, &bare), "{algorithm}, {engine}");
        });
    }
}

#[test]
fn a_head_leaves_all_other_initial_weights_as_they_are() {
    for algorithm in ["bmpc", "tdmpc2", "variant1"] {
        let weights = |setting: &str| {
            let mut random = Stream::new(1, Purpose::Weights, 0);
            let model = WorldModel::new(
                &ModelSettings::new(&config(algorithm, &[setting])),
                3,
                2,
                &mut random,
                &Device::flex(),
            );
            let parameters = model.parameters("");
            let names: Vec<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
            let data = block_on(read(parameters.into_iter().map(|one| one.tensor.flatten(0, 2)).collect())).unwrap();
            names.into_iter().zip(data).collect::<Vec<_>>()
        };
        let (with, without) = (weights(LEARNED), weights("algorithm.termination=bootstrap"));
        let (same, head) = with.split_at(without.len());
        assert_eq!(same, without, "{algorithm}");
        assert_eq!(head.len(), 10);
        assert!(head.iter().all(|(name, _)| name.starts_with("termination.")));
    }
}

#[test]
fn a_planner_that_has_seen_a_model_without_a_head_plans_with_one_and_the_other_way_round() {
    let configs = [LEARNED, "algorithm.termination=bootstrap"].map(|setting| config("bmpc", &[setting]));
    let settings = PlannerSettings::new(&configs[0], 500);
    let question = Question { settings: &settings, states: 1, mode: PlanMode::Evaluate, decision: 1 };
    let models = configs.map(|config| model_on(&Device::flex(), &config, 3, 2, 1));
    let mut planner = CpuMppi::default();
    for model in [&models[0], &models[1], &models[0]] {
        let used = question.ask(&mut planner, model);
        assert_eq!(used, question.ask(&mut CpuMppi::default(), model));
    }
}

/// A short run on the example body that may not fall.
fn balancer(settings: &[&str]) -> Config {
    let all = [
        "task.name=body",
        "task.action_repeat=2",
        "training.seed_decisions=200",
        "training.seed_episodes=0",
        "training.seed_episodes_limit=0",
        "run.steps=1000",
        "run.evaluate_every=500",
        "run.evaluate_episodes=2",
        "run.checkpoint_every=0",
    ];
    let layers = Layers::new().size_preset("tiny").unwrap().algorithm("bmpc").unwrap();
    let settings = all.iter().chain(settings);
    let mut config = settings.fold(layers, |layers, setting| layers.set(setting).unwrap()).resolve().unwrap();
    config.task.body = Some(Arc::from(include_str!("../../assets/bodies/examples/balancer.json")));
    config
}

/// Steps until the run is finished; returns the events.
fn drive(trainer: &mut Trainer) -> Vec<Event> {
    let mut events = Vec::new();
    while !trainer.is_finished() {
        events.extend(block_on(trainer.step()).unwrap());
    }
    events
}

fn parts(trainer: &Trainer) -> Parts {
    block_on(trainer.save()).unwrap()
}

fn figure(events: &[Event], name: &str) -> Vec<f32> {
    let value = |event: &Event| match event {
        Event::Update { metrics, .. } => metrics.iter().find(|(known, _)| known == name).map(|(_, value)| *value),
        _ => None,
    };
    events.iter().filter_map(value).collect()
}

fn ends(events: &[Event]) -> Vec<(usize, bool)> {
    let end = |event: &Event| match event {
        Event::EpisodeEnd { decisions, terminated, .. } => Some((*decisions, *terminated)),
        _ => None,
    };
    events.iter().filter_map(end).collect()
}

/// The head's logits in states of new episodes with random actions: where the task ended, and where it went on.
fn logits(model: &WorldModel, config: &Config) -> [Vec<f32>; 2] {
    let mut environment = Environment::configured(&config.task).unwrap();
    let mut observations = [Vec::new(), Vec::new()];
    for episode in 0..20 {
        let mut stream = Stream::new(77, Purpose::Other, episode);
        environment.reset(&mut stream);
        loop {
            let step = environment.step(&[stream.uniform_in(-1.0, 1.0) as f32]).unwrap();
            observations[usize::from(!step.terminated)].extend(environment.observe());
            if step.terminated || step.truncated {
                break;
            }
        }
    }
    observations.map(|observations| {
        let shape = [observations.len() / model.observation_dim, model.observation_dim];
        let z = model.encode(Tensor::from_data(TensorData::new(observations, shape), &Device::flex()));
        block_on(read(vec![model.termination_logits(z).unwrap().flatten(0, 1)])).unwrap().remove(0)
    })
}

#[test]
fn a_short_run_on_the_body_that_may_not_fall_learns_where_episodes_end() {
    let config = balancer(&[LEARNED]);
    let mut trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    let events = drive(&mut trainer);
    let ends = ends(&events);
    let fallen = ends.iter().filter(|(decisions, terminated)| *terminated && *decisions < 250).count();
    assert!(fallen >= 10, "{ends:?}");
    let batch = trainer.replay().sample(256, 3, &mut Stream::new(1, Purpose::Other, 0)).unwrap();
    assert!(batch.terminated.iter().sum::<f32>() >= 5.0, "replay holds terminal transitions");

    let losses = figure(&events, "termination_loss");
    // Averages over some updates each.
    let [first, last] = [losses[0], losses[losses.len() - 1]];
    let accuracy = figure(&events, "termination_accuracy").pop().unwrap();
    let rate = figure(&events, "termination_rate").pop().unwrap();
    println!("{} episodes, {fallen} fallen; loss {losses:?}, accuracy {accuracy}, rate {rate}", ends.len());
    assert!(losses.len() > 2 && last < first / 2.0, "the termination loss went from {first} to {last}");
    assert!(rate > 0.005 && accuracy > 1.0 - rate, "no better than no ends at all: {accuracy}, {rate}");
    let ignorant = -rate * rate.ln() - (1.0 - rate) * (1.0 - rate).ln();
    assert!(last < 0.7 * ignorant, "{last}, where a constant probability gives {ignorant}");

    // The probability that a terminal state has the higher logit: 1/2 by chance.
    let [terminal, others] = logits(&trainer.model(), &config);
    let above = terminal.iter().map(|end| others.iter().filter(|other| *other < end).count()).sum::<usize>();
    let area = above as f32 / (terminal.len() * others.len()) as f32;
    println!("{} terminal states among {}: area under the curve {area}", terminal.len(), others.len());
    assert!(terminal.len() >= 15 && area > 0.95, "{area}");

    let evaluated = |event: &&Event| matches!(event, Event::Evaluation(evaluation) if evaluation.planner.len() == 2);
    assert_eq!(events.iter().filter(evaluated).count(), 2);
}

#[test]
fn an_evaluation_ends_when_every_body_has_fallen() {
    let config = balancer(&[LEARNED]);
    let trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    // The actions of an untrained policy are near zero, under which the pole falls.
    let players = Players { planner: false, network: true };
    let mut actor = PlanningActor::configured(&config, trainer.settings().clone(), &Device::flex());
    let mut evaluator = Evaluator::new(&config, players, 3, 7).unwrap();
    while !block_on(evaluator.step(&mut actor, &trainer.model())).unwrap() {}
    let (decisions, longest) = evaluator.progress();
    assert!(longest == 250 && (10..150).contains(&decisions), "{decisions} of {longest}");
}

#[test]
fn a_run_with_a_termination_head_stopped_anywhere_and_resumed_is_the_uninterrupted_run_to_the_bit() {
    let settings = [LEARNED, "run.steps=480", "run.evaluate_every=460", "training.pretrain=false"];
    for reanalyze in ["algorithm.reanalyze=inline", "algorithm.reanalyze=delayed"] {
        let config = balancer(&[&settings[..], &[reanalyze]].concat());
        let mut whole = Trainer::new(config.clone(), &Device::flex()).unwrap();
        let events = drive(&mut whole);
        for stop in [3, 215] {
            let mut first = Trainer::new(config.clone(), &Device::flex()).unwrap();
            let mut resumed: Vec<Event> = (0..stop).flat_map(|_| block_on(first.step()).unwrap()).collect();
            let mut second = Trainer::resume(config.clone(), &Device::flex(), &parts(&first)).unwrap();
            resumed.extend(drive(&mut second));
            assert_eq!(resumed, events, "{reanalyze}: stopped after step {stop}");
            assert!(parts(&second) == parts(&whole), "{reanalyze}: stopped after step {stop}");
        }
    }
}

#[test]
fn without_a_head_the_same_body_trains_too_and_the_mode_stays_for_the_whole_run() {
    let config = balancer(&["run.steps=480", "run.evaluate_every=0", "training.pretrain=false"]);
    let mut trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    let events = drive(&mut trainer);
    assert!(ends(&events).iter().any(|(_, terminated)| *terminated));
    assert!(figure(&events, "value_loss").iter().all(|loss| loss.is_finite()));
    assert!(figure(&events, "termination_loss").is_empty() && trainer.model().termination.is_none());
    let error = config.changed(&[LEARNED.into()]).unwrap_err().to_string();
    assert!(error.contains("`algorithm.termination` stays \"bootstrap\"") && error.contains("head"), "{error}");
    assert!(config.changed(&["training.termination_coefficient=2".into()]).is_ok());
}

#[test]
fn two_checkpoints_of_different_modes_do_not_open_in_each_other() {
    let run = ["run.steps=440", "run.evaluate_every=0", "training.pretrain=false"];
    let [with, without] =
        [LEARNED, "algorithm.termination=bootstrap"].map(|mode| balancer(&[&run[..], &[mode]].concat()));
    let saved = |config: &Config| {
        let mut trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
        drive(&mut trainer);
        parts(&trainer)
    };
    for (config, saved, message) in [
        (&without, saved(&with), "termination.0.weight is not part of the model"),
        (&with, saved(&without), "termination.0.weight is missing"),
    ] {
        let error = Trainer::resume(config.clone(), &Device::flex(), &saved).unwrap_err();
        let chain = format!("{error}: {:?}", std::error::Error::source(&error));
        assert!(chain.contains(message), "{chain}");
    }
}
