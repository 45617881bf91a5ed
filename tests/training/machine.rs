//! The training machine: what comes when, and that stopping changes nothing.

use bootstride_core::agent::AgentError;

use bootstride_core::train::{Event, Parts, Phase, TrainError, Trainer};
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
    assert!(error.contains("dynamics.0.weight has shape [1, 17, 24] where [1, 17, 32] is expected"), "{error}");
    let mut damaged = parts(&trainer);
    damaged.insert("state.json", b"{".to_vec());
    let same = config("bmpc", &["run.steps=100"]);
    assert!(Trainer::resume(same, &Device::flex(), &damaged).unwrap_err().to_string().contains("state.json"));
}
