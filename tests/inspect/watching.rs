//! Observing the trainer.

use std::sync::atomic::{AtomicU32, Ordering};

use bootstride_core::planner::PlanMode;
use bootstride_core::task::{Environment, EnvironmentSnapshot};
use bootstride_core::train::{Event, Phase, StepObserver, StepTimes};
use pollster::block_on;

use crate::{config, parts, trained, trainer, watch};

#[test]
fn a_watched_run_is_the_unwatched_one_to_the_bit() {
    let short = ["run.steps=400", "run.evaluate_every=160", "task.action_repeat=4", "run.checkpoint_every=120"];
    for (algorithm, engine) in [("bmpc", "fused"), ("variant2", "fused"), ("bmpc", "plain")] {
        let config = config(algorithm, &[&short[..], &[&format!("run.engine={engine}")]].concat());
        let (mut watched, mut alone) = (trainer(&config), trainer(&config));
        let mut watch = StepObserver { clock: Some(ticks), ..watch() };
        let mut recorded = 0;
        while alone.progress().phase != Phase::Finished {
            let events = block_on(watched.step_watched(&mut watch)).unwrap();
            assert_eq!(events, block_on(alone.step()).unwrap());
            recorded += usize::from(watch.decision.is_some());
        }
        assert_eq!(recorded, 100, "{algorithm}, {engine}");
        assert!(parts(&watched) == parts(&alone), "{algorithm}, {engine}");
    }
}

#[test]
fn a_record_says_what_was_decided_from_where_and_what_came_of_it() {
    let config = config("bmpc", &["task.action_repeat=50"]);
    let mut trainer = trainer(&config);
    let mut watch = watch();
    let mut spare = Environment::configured(&config.task).unwrap();
    let mut records = Vec::new();
    while records.len() < 50 {
        let before = trainer.environment().snapshot();
        let events = block_on(trainer.step_watched(&mut watch)).unwrap();
        let Some(decision) = watch.decision.take() else { continue };
        let told = events.iter().find_map(|event| match event {
            Event::Step { reward, episode_return, .. } => Some((*reward, *episode_return)),
            _ => None,
        });
        assert_eq!(told, Some((decision.reward, decision.episode_return)));
        assert_eq!(decision.last, events.iter().any(|event| matches!(event, Event::EpisodeEnd { .. })));
        // Replayed from the snapshot, the action leads to where the run went on.
        let snapshot = EnvironmentSnapshot::from_bytes(&decision.snapshot).unwrap();
        assert!(decision.t == 0 || snapshot == before);
        spare.restore(&snapshot).unwrap();
        assert_eq!(spare.step(&decision.action).unwrap().reward, decision.reward);
        assert_eq!(spare.snapshot(), trainer.environment().snapshot());
        records.push(decision);
    }
    for (number, decision) in records.iter().enumerate() {
        let (t, episode) = (number % 20, number / 20);
        assert_eq!((decision.number as usize, decision.t as usize, decision.episode as usize), (number, t, episode));
        assert_eq!((decision.env_step, decision.last), (50 * number, t == 19));
        assert_eq!(decision.planned.is_some(), number >= 30, "30 are of the seed phase");
        assert_eq!(decision.previous_mean.is_some(), number >= 31 && t > 0);
        assert_eq!(decision.updates, if number < 30 { 0 } else { number as u64 });
    }
    let planned = records[40].planned.as_ref().unwrap();
    assert_eq!((planned.mode, planned.noise.decision), (PlanMode::Collect, 40));
    assert!(records[40].bytes() > 100 && records[40].bytes() < 2000);
}

/// A clock that advances by a second whenever it is asked.
fn ticks() -> f64 {
    static TICKS: AtomicU32 = AtomicU32::new(0);
    f64::from(TICKS.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn times_are_told_where_there_is_a_clock_and_nothing_outlives_a_step() {
    let mut trainer = trained(&config("bmpc", &[]), 1);
    let mut watch = watch();
    block_on(trainer.step_watched(&mut watch)).unwrap();
    assert!(watch.decision.is_some() && watch.plan.is_some() && watch.plan_trace.is_some() && watch.model.is_some());
    assert_eq!(watch.times, StepTimes::default(), "no clock");
    let mut watch = StepObserver { clock: Some(ticks), ..watch };
    (watch.record, watch.trace) = (false, false);
    block_on(trainer.step_watched(&mut watch)).unwrap();
    assert!(watch.decision.is_none() && watch.plan.is_none() && watch.plan_trace.is_none() && watch.model.is_none());
    let StepTimes { plan, simulate, update, reanalyze } = watch.times;
    assert!([plan, simulate, update, reanalyze].iter().all(|time| *time >= 1.0), "{:?}", watch.times);
}

#[test]
fn the_buffer_knows_how_old_its_experts_are() {
    let config = config("bmpc", &["training.pretrain=false", "algorithm.reanalyze_interval=4"]);
    let mut trainer = trained(&config, 0);
    assert_eq!(trainer.replay().expert_ages(0, &[]).histogram, [(u64::MAX, 0.0)], "random actions have no experts");
    for _ in 0..40 {
        block_on(trainer.step()).unwrap();
    }
    assert_eq!(trainer.updates(), 40);
    let replay = trainer.replay();
    let origins: Vec<_> = (0..70).map(|number| replay.expert(number).unwrap().origin).collect();
    for (number, origin) in origins.iter().enumerate().skip(30) {
        let origin = origin.unwrap();
        // A decision is planned by networks with as many updates as decisions of training came before it.
        assert!(origin.reanalyzed || origin.updates == number as u64 - 30, "{number}: {origin:?}");
        assert!(!origin.reanalyzed || origin.updates.is_multiple_of(4));
    }
    let renewed = origins.iter().flatten().filter(|origin| origin.reanalyzed).count();
    assert!(renewed > 10, "{renewed}");
    let ages = replay.expert_ages(40, &[10, 20]);
    assert_eq!(ages.reanalyzed, renewed as f32 / 70.0);
    let young = origins.iter().flatten().filter(|origin| 40 - origin.updates <= 10).count();
    assert_eq!(ages.histogram[0], (10, young as f32 / 70.0));
    let known = origins.iter().flatten().count() as f32 / 70.0;
    assert!((ages.histogram.iter().map(|(_, fraction)| fraction).sum::<f32>() - known).abs() < 1e-6);
}
