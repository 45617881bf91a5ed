//! The trainer: its schedule, and that stopping changes nothing.

use bootstride_core::agent::{AgentError, PlanningActor};

use bootstride_core::planner::PlannerSettings;
use bootstride_core::train::{Evaluator, Event, Parts, Phase, Players, TrainError, Trainer};
use burn::tensor::Device;
use pollster::block_on;

use crate::config;

/// Steps until done or `calls` calls; gives the events.
fn drive(trainer: &mut Trainer, calls: usize) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..calls {
        events.extend(block_on(trainer.step()).unwrap());
        if matches!(events.last(), Some(Event::Finished { .. })) {
            break;
        }
    }
    events
}

/// With a seed phase, pretraining, an episode's end, evaluations (of short episodes) and checkpoints.
const RUN: [&str; 4] = ["run.steps=360", "task.action_repeat=4", "run.evaluate_every=160", "run.checkpoint_every=120"];

fn parts(trainer: &Trainer) -> Parts {
    block_on(trainer.save()).unwrap()
}

#[test]
fn a_run_goes_through_its_phases_and_announces_them() {
    let mut trainer = Trainer::new(config("bmpc", &RUN), &Device::flex()).unwrap();
    assert_eq!(trainer.progress().phase, Phase::Seed);
    let events = drive(&mut trainer, 10_000);
    let count = |is: &dyn Fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
    assert_eq!(count(&|event| matches!(event, Event::Step { .. })), 90, "a decision is four control steps");
    assert_eq!(count(&|event| matches!(event, Event::Pretraining { done: 30, total: 30 })), 1);
    assert_eq!(count(&|event| matches!(event, Event::Evaluation(_))), 3, "after 160 and 320 steps, and at the end");
    let due = |at: usize| Event::CheckpointDue { env_step: at };
    let checkpoints: Vec<_> =
        events.iter().filter(|event| matches!(event, Event::CheckpointDue { .. })).cloned().collect();
    assert_eq!(checkpoints, [due(120), due(240), due(360)]);
    assert_eq!(events.last(), Some(&Event::Finished { env_step: 360 }));
    assert_eq!(trainer.progress().phase, Phase::Finished);
    assert_eq!(block_on(trainer.step()).unwrap(), [], "nothing comes after the end");
    let Some(Event::Evaluation(evaluation)) = events.iter().rfind(|event| matches!(event, Event::Evaluation(_))) else {
        panic!("no evaluation")
    };
    assert_eq!((evaluation.planner.len(), evaluation.network.len()), (2, 2));
}

/// Decisions of the seed phase, and the returns of its episodes.
fn seed_phase(settings: &[&str], stop_at: Option<usize>) -> (usize, Vec<f32>) {
    let settings = [&["training.pretrain=false", "run.steps=100000"], settings].concat();
    let config = config("bmpc", &settings);
    let mut trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    let (mut decisions, mut returns) = (0, Vec::new());
    while trainer.progress().phase == Phase::Seed {
        for event in drive(&mut trainer, 1) {
            if let Event::EpisodeEnd { episode_return, .. } = event {
                returns.push(episode_return);
            }
        }
        decisions += 1;
        if stop_at == Some(decisions) {
            trainer = Trainer::resume(config.clone(), &Device::flex(), &parts(&trainer)).unwrap();
        }
    }
    (decisions, returns)
}

#[test]
fn the_seed_phase_goes_on_while_no_reward_has_come_up_to_its_limit() {
    let limit = |episodes: usize| format!("training.seed_episodes_limit={episodes}");
    let phase = |task: &str, episodes: usize, stop_at: Option<usize>| {
        let limit = limit(episodes);
        seed_phase(&[&format!("task.name={task}"), "run.seed=3", "training.seed_episodes=1", &limit], stop_at)
    };
    // In this run the pendulum's first episodes earn nothing; a cart-pole earns from the start.
    let (decisions, returns) = phase("pendulum-swingup", 100, None);
    assert!(decisions > 1000 && decisions < 50_000 && decisions.is_multiple_of(500), "{decisions}");
    let (last, before) = returns.split_last().unwrap();
    assert!(*last > 0.0 && before.iter().all(|earned| *earned == 0.0), "{returns:?}");
    assert_eq!(phase("pendulum-swingup", 100, Some(777)).1, returns, "resumed in the middle of it");
    assert_eq!(phase("pendulum-swingup", 2, None).0, 1000);
    assert_eq!(phase("pendulum-swingup", 0, None).0, 500);
    assert_eq!(phase("cartpole-balance", 100, None).0, 500);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let run = |seed: &str| {
        let mut trainer = Trainer::new(config("bmpc", &[&RUN[..], &[seed]].concat()), &Device::flex()).unwrap();
        let events = drive(&mut trainer, 10_000);
        (events, parts(&trainer))
    };
    let first = run("run.seed=5");
    assert_eq!(first, run("run.seed=5"));
    assert_ne!(first.1, run("run.seed=6").1);
}

#[test]
fn a_run_is_the_same_bit_for_bit_with_any_number_of_threads() {
    // Layers wide enough, and batches large enough, to be split over threads.
    let sizes = [
        "model.mlp_dim=200",
        "model.latent_dim=168",
        "training.batch=100",
        "planner.samples=200",
        "run.evaluate_every=0",
    ];
    for algorithm in ["bmpc", "tdmpc2"] {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let config = config(algorithm, &[&RUN[..], &sizes].concat());
                let mut trainer = Trainer::new(config, &Device::flex()).unwrap();
                while trainer.progress().phase != Phase::Training {
                    drive(&mut trainer, 1);
                }
                (drive(&mut trainer, 12), parts(&trainer))
            })
        };
        let one = with(1);
        for threads in [2, 3] {
            assert!(with(threads) == one, "{algorithm} with {threads} threads is another run");
        }
    }
}

#[test]
fn an_episode_of_an_evaluation_is_the_same_with_any_threads_and_any_number_beside_it() {
    let config = config("bmpc", &["task.name=cartpole-balance", "task.action_repeat=50"]);
    let trainer = Trainer::new(config.clone(), &Device::flex()).unwrap();
    let (model, settings) = (trainer.model(), PlannerSettings::new(&config, 20));
    let play = |episodes: usize, players: Players, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut actor = PlanningActor::configured(&config, settings.clone(), &Device::flex());
            let mut evaluator = Evaluator::new(&config, players, episodes, 7).unwrap();
            while !block_on(evaluator.step(&mut actor, &model)).unwrap() {}
            assert_eq!(evaluator.progress(), (20, 20));
            evaluator.result(0)
        })
    };
    let both = Players { planner: true, network: true };
    let five = play(5, both, 1);
    assert!(
        five.planner.len() == 5 && five.network.len() == 5 && five.planner[0].to_bits() != five.planner[1].to_bits()
    );
    assert_eq!(five, play(5, both, 3));
    let two = play(2, both, 2);
    assert_eq!((&two.planner[..], &two.network[..]), (&five.planner[..2], &five.network[..2]));
    let alone = play(5, Players { planner: false, network: true }, 2);
    assert_eq!((alone.planner.len(), alone.network), (0, five.network));
}

#[test]
fn a_run_stopped_anywhere_and_resumed_is_the_uninterrupted_run_to_the_bit() {
    for algorithm in ["bmpc", "variant2"] {
        let config = config(algorithm, &RUN);
        let mut whole = Trainer::new(config.clone(), &Device::flex()).unwrap();
        let events = drive(&mut whole, 10_000);
        // In the seed phase, in pretraining, while training, in the middle of an evaluation.
        for stop in [17, 45, 75, 200] {
            let mut first = Trainer::new(config.clone(), &Device::flex()).unwrap();
            let mut resumed_events = drive(&mut first, stop);
            let mut second = Trainer::resume(config.clone(), &Device::flex(), &parts(&first)).unwrap();
            resumed_events.extend(drive(&mut second, 10_000));
            assert_eq!(resumed_events, events, "{algorithm} stopped after {stop} calls");
            assert_eq!(parts(&second), parts(&whole), "{algorithm} stopped after {stop} calls");
        }
    }
}

/// Reanalyze every 4 updates in the background, its experts used 7 updates later: one or two rounds are always pending.
const DELAYED: [&str; 3] =
    ["algorithm.reanalyze=delayed", "algorithm.reanalyze_interval=4", "algorithm.reanalyze_delay=7"];
/// Episodes of 25 decisions, of which two are kept: experts come back to transitions that are gone.
const FORGETFUL: [&str; 3] = ["task.action_repeat=40", "training.buffer_capacity=50", "run.steps=4000"];

#[test]
fn a_run_with_delayed_reanalyze_is_the_same_every_time_and_across_a_stop() {
    for more in [&[][..], &FORGETFUL, &["algorithm.reanalyze_delay=23"]] {
        let config = config("bmpc", &[&RUN[..], &["run.evaluate_every=0"], &DELAYED, more].concat());
        let mut whole = Trainer::new(config.clone(), &Device::flex()).unwrap();
        let events = drive(&mut whole, 10_000);
        // With rounds under way, with others finished and not yet due, before the first and after the last.
        for stop in [50, 61, 64, 66, 68, 71, 97] {
            let mut first = Trainer::new(config.clone(), &Device::flex()).unwrap();
            let mut resumed_events = drive(&mut first, stop);
            let stored = parts(&first);
            assert_eq!(stored, parts(&first), "saving twice gives the same");
            let mut second = Trainer::resume(config.clone(), &Device::flex(), &stored).unwrap();
            assert_eq!(second.progress().reanalyzed, first.progress().reanalyzed, "nothing is lost");
            resumed_events.extend(drive(&mut second, 10_000));
            assert_eq!(resumed_events, events, "{more:?} stopped after {stop} calls");
            assert_eq!(parts(&second), parts(&whole), "{more:?} stopped after {stop} calls");
        }
    }
}

/// The decisions of training, counted from 0, in which stored experts of the seed phase changed.
fn renewals(settings: &[&str]) -> Vec<usize> {
    let settings = [&["run.steps=3000", "algorithm.reanalyze_interval=10"], settings].concat();
    let mut trainer = Trainer::new(config("bmpc", &settings), &Device::flex()).unwrap();
    while trainer.progress().phase != Phase::Training {
        block_on(trainer.step()).unwrap();
    }
    let values = |trainer: &Trainer| -> Vec<f32> {
        (0..30).map(|number| trainer.replay().expert(number).unwrap().value).collect()
    };
    let mut before = values(&trainer);
    let mut renewed = Vec::new();
    for decision in 0..45 {
        block_on(trainer.step()).unwrap();
        let now = values(&trainer);
        if now != before {
            renewed.push(decision);
        }
        before = now;
    }
    renewed
}

#[test]
fn delayed_experts_arrive_exactly_so_many_updates_after_their_round_began() {
    assert_eq!(renewals(&[]), [0, 10, 20, 30, 40], "in place");
    let delayed = |delay: &str| renewals(&["algorithm.reanalyze=delayed", delay]);
    assert_eq!(delayed("algorithm.reanalyze_delay=3"), [3, 13, 23, 33, 43]);
    assert_eq!(delayed("algorithm.reanalyze_delay=14"), [14, 24, 34, 44]);
}

#[test]
fn the_first_delayed_experts_are_those_of_a_round_in_place() {
    let experts = |settings: &[&str], decisions: usize| {
        let settings = [&["run.steps=3000", "algorithm.reanalyze_interval=1000"], settings].concat();
        let mut trainer = Trainer::new(config("bmpc", &settings), &Device::flex()).unwrap();
        let before = |trainer: &Trainer| trainer.progress().phase != Phase::Training;
        while before(&trainer) {
            block_on(trainer.step()).unwrap();
        }
        drive(&mut trainer, decisions);
        let expert = |number| {
            let expert = trainer.replay().expert(number).unwrap();
            (expert.mean.to_vec(), expert.std.to_vec(), expert.value)
        };
        (0..30).map(expert).collect::<Vec<_>>()
    };
    // Updates are counted from 0 with those of pretraining: without them the first of training is number 0.
    let at_once = ["training.pretrain=false"];
    let later = ["training.pretrain=false", "algorithm.reanalyze=delayed", "algorithm.reanalyze_delay=5"];
    assert_eq!(experts(&later, 6), experts(&at_once, 1), "the same networks, the same noise");
    assert_ne!(experts(&later, 5), experts(&later, 6));
}

#[test]
fn free_reanalyze_renews_experts_and_is_stored_with_what_it_is_at() {
    let free = config("bmpc", &[&RUN[..], &["algorithm.reanalyze=free", "algorithm.reanalyze_interval=1"]].concat());
    let mut trainer = Trainer::new(free.clone(), &Device::flex()).unwrap();
    let mut events = drive(&mut trainer, 90);
    // Whatever is being planned is waited for by the checkpoint, and used at once by the resumed run.
    let mut resumed = Trainer::resume(free, &Device::flex(), &parts(&trainer)).unwrap();
    let before = resumed.progress().reanalyzed;
    assert_eq!(before, trainer.progress().reanalyzed);
    events.extend(drive(&mut resumed, 10_000));
    assert_eq!(events.last(), Some(&Event::Finished { env_step: 360 }));
    assert!(resumed.progress().reanalyzed > before, "a checkpoint's round is never lost");
}

#[test]
fn a_finished_run_goes_on_when_given_more_steps() {
    let mut trainer = Trainer::new(config("bmpc", &["run.steps=100"]), &Device::flex()).unwrap();
    drive(&mut trainer, 10_000);
    let longer = config("bmpc", &["run.steps=140"]);
    let mut resumed = Trainer::resume(longer, &Device::flex(), &parts(&trainer)).unwrap();
    assert_eq!(drive(&mut resumed, 10_000).last(), Some(&Event::Finished { env_step: 140 }));
}

#[test]
fn a_lost_loss_stops_training_and_is_named() {
    let lost = config("bmpc", &["run.steps=400", "training.learning_rate=1e30"]);
    let mut trainer = Trainer::new(lost, &Device::flex()).unwrap();
    let error = loop {
        if let Err(error) = block_on(trainer.step()) {
            break error;
        }
        assert_ne!(trainer.progress().phase, Phase::Finished, "nothing was lost");
    };
    let TrainError::Agent(AgentError::NotFinite { name, value, update }) = &error else { panic!("{error}") };
    assert!(name.contains("loss") || name.contains("norm"), "{name}");
    assert!(!value.is_finite() && *update > 0);
    assert!(error.to_string().contains("learning_rate"), "{error}");
}

#[test]
fn a_checkpoint_of_other_sizes_is_refused_by_name() {
    let mut trainer = Trainer::new(config("bmpc", &["run.steps=100"]), &Device::flex()).unwrap();
    drive(&mut trainer, 50);
    let other = config("bmpc", &["run.steps=100", "model.mlp_dim=32"]);
    let error = Trainer::resume(other, &Device::flex(), &parts(&trainer)).unwrap_err().to_string();
    assert!(error.contains("dynamics.0.weight has shape [1, 17, 24], expected [1, 17, 32]"), "{error}");
    let mut damaged = parts(&trainer);
    damaged.insert("state.json", b"{".to_vec());
    let same = config("bmpc", &["run.steps=100"]);
    assert!(Trainer::resume(same, &Device::flex(), &damaged).unwrap_err().to_string().contains("state.json"));
}
