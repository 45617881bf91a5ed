//! Several environments that collect in parallel: what comes when, and that stopping changes nothing.

use bootstride_core::train::{Event, Parts, Phase, Trainer};
use burn::tensor::Device;
use pollster::block_on;

use crate::config;

/// With a seed phase, pretraining, ends of episodes, evaluations and checkpoints.
const RUN: [&str; 4] =
    ["run.steps=1200", "task.action_repeat=20", "run.evaluate_every=400", "run.checkpoint_every=400"];

fn trainer(algorithm: &str, settings: &[&str]) -> Trainer {
    Trainer::new(config(algorithm, &[&RUN[..], settings].concat()), &Device::flex()).unwrap()
}

/// Steps until the run is finished and returns the events of each step.
fn drive(trainer: &mut Trainer) -> Vec<Vec<Event>> {
    let mut steps = Vec::new();
    while !trainer.is_finished() {
        steps.push(block_on(trainer.step()).unwrap());
    }
    steps
}

fn decisions(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Step { .. })).count()
}

fn parts(trainer: &Trainer) -> Parts {
    block_on(trainer.save()).unwrap()
}

#[test]
fn every_step_takes_one_decision_in_each_environment_and_makes_the_updates_for_them() {
    for (environments, updates_per_decision, in_two_steps) in [(1, 1.0, 2), (4, 1.0, 8), (4, 0.5, 4), (3, 0.5, 3)] {
        let settings = [
            format!("training.environments={environments}"),
            format!("training.updates_per_decision={updates_per_decision}"),
        ];
        let mut trainer = trainer("bmpc", &[&settings[0], &settings[1], "run.evaluate_every=0"]);
        let (mut steps, mut first) = (0, None);
        while !trainer.is_finished() {
            let phase = trainer.progress().phase;
            let before = trainer.updates();
            let events = block_on(trainer.step()).unwrap();
            match phase {
                Phase::Seed => assert_eq!((decisions(&events), trainer.updates()), (environments, 0)),
                Phase::Training => {
                    assert_eq!(decisions(&events), environments);
                    first.get_or_insert(before);
                    steps += 1;
                    let made = trainer.updates() - first.unwrap();
                    assert_eq!(made, steps * in_two_steps / 2, "updates for {steps} steps of {environments}");
                }
                _ => {}
            }
        }
        assert!(steps > 3, "{steps}");
    }
}

#[test]
fn environments_start_differently_and_their_episodes_are_kept_apart() {
    // Long enough for an episode of 50 decisions in each; a task with rewards from the start.
    let long = ["task.name=cartpole-swingup", "run.steps=3600", "run.evaluate_every=0"];
    let settings = [&long[..], &["training.environments=3", "training.pretrain=false"]].concat();
    let mut trainer = trainer("bmpc", &settings);
    block_on(trainer.step()).unwrap();
    let replay = trainer.replay();
    assert_eq!((replay.episodes(), replay.len(), replay.open().count()), (3, 3, 3));
    let steps = drive(&mut trainer);
    let ends = steps.iter().flatten().filter_map(|event| match event {
        Event::EpisodeEnd { decisions, episode, .. } => Some((*decisions, *episode)),
        _ => None,
    });
    let ends: Vec<_> = ends.collect();
    assert!(ends.len() >= 3 && ends.iter().all(|(decisions, _)| *decisions == 50), "{ends:?}");
    assert!(ends.iter().zip(1..).all(|((_, episode), number)| *episode == number), "{ends:?}");
    let returns: Vec<u32> = steps
        .iter()
        .flatten()
        .filter_map(|event| match event {
            Event::EpisodeEnd { episode_return, .. } => Some(episode_return.to_bits()),
            _ => None,
        })
        .collect();
    assert_ne!(returns[0], returns[1]);
}

#[test]
fn a_run_with_several_environments_stopped_anywhere_and_resumed_is_the_uninterrupted_run_to_the_bit() {
    for algorithm in ["bmpc", "variant1"] {
        let settings = ["training.environments=3", "training.updates_per_decision=0.7", "algorithm.reanalyze=delayed"];
        let mut whole = trainer(algorithm, &settings);
        let events = drive(&mut whole);
        for stop in [2, 9, events.len() / 2, events.len() - 3] {
            let mut first = trainer(algorithm, &settings);
            let mut resumed: Vec<_> = (0..stop).map(|_| block_on(first.step()).unwrap()).collect();
            let saved = parts(&first);
            drop(first);
            let mut second = Trainer::resume(whole.config().clone(), &Device::flex(), &saved).unwrap();
            assert_eq!(parts(&second), saved, "{algorithm}: what is saved at once after step {stop}");
            resumed.extend(drive(&mut second));
            // An evaluation that was stopped begins again, so there may be more steps, but not other events.
            assert_eq!(resumed.concat(), events.concat(), "{algorithm}: stopped after step {stop}");
            assert!(parts(&second) == parts(&whole), "{algorithm}: stopped after step {stop}");
        }
    }
}

#[test]
fn a_run_with_several_environments_is_the_same_with_any_number_of_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut trainer = trainer("bmpc", &["training.environments=4"]);
            (drive(&mut trainer), parts(&trainer))
        })
    };
    assert!(with(1) == with(3));
}

#[test]
fn the_number_of_environments_is_fixed_by_the_checkpoint() {
    let config = config("bmpc", &RUN);
    let error = config.changed(&["training.environments=2".into()]).unwrap_err().to_string();
    assert!(error.contains("`training.environments` stays 1"), "{error}");
    assert!(config.changed(&["training.updates_per_decision=0.5".into()]).is_ok());
}
