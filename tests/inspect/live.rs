//! Changing the planner of a running trainer.

use bootstride_core::planner::PlannerConfig;
use bootstride_core::train::{Event, Phase, Trainer};
use burn::tensor::Device;
use pollster::block_on;

use crate::{config, parts, trained, watch};

fn steps(trainer: &mut Trainer, count: usize) -> Vec<Event> {
    (0..count).flat_map(|_| block_on(trainer.step()).unwrap()).collect()
}

#[test]
fn planner_settings_that_do_not_hold_are_refused_and_change_nothing() {
    let config = config("bmpc", &[]);
    let mut trainer = trained(&config, 2);
    let cases: [(fn(&mut PlannerConfig), &str); 5] = [
        (|p| p.elites = 33, "planner.elites"),
        (|p| p.policy_samples = 32, "planner.samples"),
        (|p| p.horizon = 0, "planner.horizon"),
        (|p| p.min_std = 3.0, "planner.min_std"),
        (|p| p.temperature = f32::NAN, "planner.temperature"),
    ];
    for (wrong, key) in cases {
        let mut planner = config.planner.clone();
        wrong(&mut planner);
        let error = trainer.set_planner(planner).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
    assert_eq!((trainer.config(), &trainer.settings().config), (&config, &config.planner));
    let mut untouched = trained(&config, 2);
    assert_eq!(steps(&mut trainer, 10), steps(&mut untouched, 10));
    assert!(parts(&trainer) == parts(&untouched));
}

#[test]
fn new_settings_act_from_the_next_decision_on() {
    let config = config("bmpc", &[]);
    let mut trainer = trained(&config, 2);
    let mut planner = config.planner.clone();
    (planner.samples, planner.elites, planner.policy_samples, planner.iterations) = (48, 12, 6, 5);
    trainer.set_planner(planner.clone()).unwrap();
    let mut watch = watch();
    block_on(trainer.step_watched(&mut watch)).unwrap();
    let trace = watch.plan_trace.as_ref().unwrap();
    assert_eq!((trace.shape.samples, trace.shape.policy_samples, trace.iterations.len()), (48, 6, 5));
    assert_eq!(trace.iterations[0].elites.len(), 12);
    assert!(watch.decision.unwrap().previous_mean.is_some(), "the same horizon goes on from the plan before");
    assert_eq!(trainer.config().planner, planner);
}

#[test]
fn another_horizon_holds_for_plans_and_batches_and_across_a_checkpoint() {
    for algorithm in ["bmpc", "variant2"] {
        let rounds = ["algorithm.reanalyze=delayed", "algorithm.reanalyze_interval=4", "algorithm.reanalyze_delay=7"];
        let config = config(algorithm, &rounds);
        let mut trainer = trained(&config, 6);
        for horizon in [5, 2] {
            let mut planner = config.planner.clone();
            planner.horizon = horizon;
            trainer.set_planner(planner).unwrap();
            let mut watch = watch();
            block_on(trainer.step_watched(&mut watch)).unwrap();
            assert_eq!(watch.decision.unwrap().previous_mean, None);
            assert_eq!(watch.plan.unwrap().mean.len(), horizon);
            steps(&mut trainer, 9);
            let saved = parts(&trainer);
            let mut resumed = Trainer::resume(trainer.config().clone(), &Device::flex(), &saved).unwrap();
            assert_eq!(steps(&mut resumed, 9), steps(&mut trainer, 9), "{algorithm}, horizon {horizon}");
            assert!(parts(&resumed) == parts(&trainer));
        }
    }
}

#[test]
fn a_running_evaluation_goes_on_under_another_horizon() {
    let config = config("bmpc", &["task.action_repeat=50", "run.evaluate_every=3000"]);
    let mut trainer = trained(&config, 0);
    while trainer.progress().phase != Phase::Evaluating {
        steps(&mut trainer, 1);
    }
    steps(&mut trainer, 5);
    assert_eq!(trainer.progress().evaluated, Some((5, 20)));
    let mut planner = config.planner.clone();
    planner.horizon = 6;
    trainer.set_planner(planner).unwrap();
    let events = steps(&mut trainer, 15);
    assert!(matches!(&events[..], [Event::Evaluation(evaluation)] if evaluation.planner.len() == 2), "{events:?}");
    assert!(matches!(steps(&mut trainer, 1)[0], Event::Step { .. }));
}
