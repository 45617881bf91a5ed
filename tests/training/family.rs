//! Every point of the family learns what its settings state and nothing else.

use bootstride_core::config::Layers;
use bootstride_core::model::PolicyKind;
use bootstride_core::train::{Event, Trainer};
use burn::tensor::Device;
use pollster::block_on;

use crate::config;

/// Trains for some decisions; gives the names of all weights that changed, and the names of reported figures.
fn train(algorithm: &str, settings: &[&str]) -> (Vec<String>, Vec<String>) {
    let all = [&["run.steps=320"], settings].concat();
    let mut trainer = Trainer::new(config(algorithm, &all), &Device::flex()).unwrap();
    let weights = |trainer: &Trainer| {
        let parts = block_on(trainer.save()).unwrap();
        bootstride_core::math::tensors::read_tensors(parts.get("weights.safetensors").unwrap()).unwrap()
    };
    let before = weights(&trainer);
    let mut figures = Vec::new();
    'training: loop {
        for event in block_on(trainer.step()).unwrap() {
            match event {
                Event::Update { metrics, .. } => {
                    assert!(metrics.iter().all(|(_, value)| value.is_finite()), "{metrics:?}");
                    figures.extend(metrics.into_iter().map(|(name, _)| name));
                }
                Event::Finished { .. } => break 'training,
                _ => {}
            }
        }
    }
    let after = weights(&trainer);
    let changed =
        before.iter().zip(&after).filter(|(before, after)| before.data != after.data).map(|(_, a)| a.name.clone());
    (changed.collect(), figures)
}

fn names(list: &[String], prefix: &str) -> usize {
    list.iter().filter(|name| name.starts_with(prefix)).count()
}

#[test]
fn bmpc_learns_a_state_value_and_an_imitation_policy() {
    let (changed, figures) = train("bmpc", &[]);
    for network in ["encoder.", "dynamics.", "reward.", "value.", "target_value.", "policy_imitation."] {
        assert!(names(&changed, network) > 0, "{network} did not learn");
    }
    assert_eq!(names(&changed, "policy_max_q."), 0);
    for figure in ["consistency_loss", "pi_kl", "pi_scale", "plan_delta_q", "reanalyze_delta_q"] {
        assert!(figures.iter().any(|name| name == figure), "{figure} is not reported: {figures:?}");
    }
}

#[test]
fn tdmpc2_learns_an_action_value_and_a_max_q_policy_without_reanalyze() {
    let (changed, figures) = train("tdmpc2", &[]);
    assert!(names(&changed, "policy_max_q.") > 0 && names(&changed, "value.") > 0);
    assert_eq!(names(&changed, "policy_imitation."), 0);
    assert!(figures.iter().any(|name| name == "max_q_pi_q"));
    assert!(!figures.iter().any(|name| name == "reanalyze_delta_q"));
}

#[test]
fn variants_1_and_2_learn_both_policies() {
    for algorithm in ["variant1", "variant2"] {
        let (changed, _) = train(algorithm, &[]);
        assert!(names(&changed, "policy_max_q.") > 0 && names(&changed, "policy_imitation.") > 0, "{algorithm}");
    }
}

#[test]
fn variant_3_imitates_under_an_action_value() {
    let (changed, figures) = train("variant3", &[]);
    assert!(names(&changed, "policy_imitation.") > 0 && names(&changed, "value.") > 0);
    assert!(figures.iter().any(|name| name == "pi_kl"));
}

#[test]
fn a_termination_head_learns_only_where_it_is_asked_for() {
    for (algorithm, policy) in [("bmpc", "policy_imitation."), ("tdmpc2", "policy_max_q.")] {
        let (changed, figures) = train(algorithm, &["algorithm.termination=learned"]);
        assert_eq!(names(&changed, "termination."), 10, "{algorithm}");
        assert!(names(&changed, policy) > 0);
        let of_it = ["termination_loss", "termination_accuracy", "termination_rate"];
        assert!(of_it.iter().all(|figure| figures.iter().any(|name| name == figure)), "{figures:?}");
        let (changed, figures) = train(algorithm, &[]);
        assert_eq!((names(&changed, "termination"), names(&figures, "termination")), (0, 0));
    }
}

#[test]
fn on_policy_targets_can_look_further_than_one_step() {
    let (changed, _) = train("bmpc", &["algorithm.value_horizon=3"]);
    assert!(names(&changed, "value.") > 0);
}

#[test]
fn the_presets_are_the_points_that_the_papers_describe() {
    let resolve = |name: &str| Layers::new().algorithm(name).unwrap().resolve().unwrap().algorithm;
    for (name, learns_max_q, learns_imitation, target, members) in [
        ("bmpc", false, true, PolicyKind::Imitation, 2),
        ("tdmpc2", true, false, PolicyKind::MaxQ, 5),
        ("variant1", true, true, PolicyKind::MaxQ, 5),
        ("variant2", true, true, PolicyKind::MaxQ, 5),
        ("variant3", false, true, PolicyKind::Imitation, 5),
    ] {
        let algorithm = resolve(name);
        assert_eq!(algorithm.policy_learning.learns(PolicyKind::MaxQ), learns_max_q, "{name}");
        assert_eq!(algorithm.policy_learning.learns(PolicyKind::Imitation), learns_imitation, "{name}");
        assert_eq!((algorithm.target_policy, algorithm.value_members), (target, members), "{name}");
    }
}
