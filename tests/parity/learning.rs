//! Three consecutive updates: losses, first gradients, and final parameters.

use std::collections::BTreeMap;

use bootstride_core::agent::{Agent, PolicyNoise, RunningScale, UpdateMetrics, UpdateNoise};
use bootstride_core::nn::Parameter;
use bootstride_core::planner::EngineChoice;
use bootstride_core::replay::{Batch, EXPERT_MEAN, EXPERT_STD, Extra};
use burn::tensor::{Device, Tensor};

use crate::devices::{Tolerance, on_cpu, on_wgpu};
use crate::reference::{AGENTS, Reference, close, our_layout, our_name, relative_distance};

/// Tensor operations with Burn's autodiff, and fused ones.
const ENGINES: [EngineChoice; 2] = [EngineChoice::Plain, EngineChoice::Fused];

/// Official names of figures and ours.
const FIGURES: [(&str, &str); 11] = [
    ("consistency_loss", "consistency_loss"),
    ("reward_loss", "reward_loss"),
    ("value_loss", "value_loss"),
    ("total_loss", "total_loss"),
    ("grad_norm", "grad_norm"),
    ("pi_loss", "loss"),
    ("pi_grad_norm", "grad_norm"),
    ("pi_entropy", "entropy"),
    ("pi_scaled_entropy", "scaled_entropy"),
    ("pi_log_std", "log_std"),
    ("pi_scale", "scale"),
];

fn batch(reference: &Reference, name: &str) -> Batch {
    let get = |part: &str| reference.get(&format!("{name}.{part}"));
    let (length, size) = (get("action").shape[0], get("action").shape[1]);
    let actions = reference.sizes.act;
    let (mut means, mut stds) = (Vec::new(), Vec::new());
    for expert in get("expert_dist").data.chunks(2 * actions) {
        means.extend_from_slice(&expert[..actions]);
        stds.extend_from_slice(&expert[actions..]);
    }
    Batch {
        size,
        length,
        observations: get("obs").data.clone(),
        actions: get("action").data.clone(),
        rewards: get("reward").data.clone(),
        terminated: vec![0.0; length * size],
        extras: vec![Extra { name: EXPERT_MEAN, values: means }, Extra { name: EXPERT_STD, values: stds }],
        starts: vec![0; size],
    }
}

fn noise(reference: &Reference, name: &str) -> UpdateNoise {
    let draws = reference.draws(name);
    let member_pair = |i: usize| draws[i].1.indices()[..2].to_vec();
    let members = if draws.len() > 3 { member_pair(3) } else { Vec::new() };
    UpdateNoise {
        target_action: draws[0].1.data.clone(),
        target_members: member_pair(1),
        dropout: None,
        policies: vec![PolicyNoise { action: draws[2].1.data.clone(), members, dropout: None }],
    }
}

fn check_figures(reference: &Reference, name: &str, agent: &str, metrics: &UpdateMetrics, tolerance: f32) {
    let prefix = if agent == "tdmpc2" { "max_q_pi_" } else { "pi_" };
    for (official, ours) in FIGURES {
        let expected = reference.get(&format!("{name}.info.{official}"));
        let ours = if official.starts_with("pi_") { format!("{prefix}{ours}") } else { ours.to_owned() };
        let found = metrics.get(&ours).unwrap_or_else(|| panic!("no figure {ours}"));
        let error = (found - expected.data[0]).abs() / expected.data[0].abs().max(1e-6);
        assert!(error <= tolerance, "{name} {official}: {found} instead of {}, off by {error:e}", expected.data[0]);
    }
}

fn check_gradients(reference: &Reference, agent: &str, found: &BTreeMap<String, Vec<f32>>, tolerance: f32) {
    let prefix = format!("{agent}.update.0.grad.");
    let mut compared = 0;
    for official in reference.names(&prefix) {
        let Some(name) = our_name(agent, &official) else { continue };
        let expected = our_layout(name.clone(), reference.get(&format!("{prefix}{official}")));
        let found = found.get(&name).unwrap_or_else(|| panic!("{agent}: {name} has no gradient"));
        compared += 1;
        if expected.data.iter().all(|x| *x == 0.0) {
            // The layers below a head that starts at zero.
            assert!(
                found.iter().all(|x| x.abs() < 1e-7),
                "{agent} {name}: a gradient that the reference does not have"
            );
            continue;
        }
        let error = relative_distance(found, &expected.data);
        assert!(error <= tolerance, "{agent} gradient of {name}: off by {error:e}");
    }
    assert!(compared > 40, "only {compared} gradients compared");
}

fn check_changes(reference: &Reference, agent: &str, after: &Agent, tolerance: f32) {
    let stored = pollster::block_on(after.store()).expect("the agent can be read");
    let (before, expected) = (reference.weights(agent, "init"), reference.weights(agent, "after"));
    assert!(expected.len() > 40, "only {} parameters compared", expected.len());
    for expected in expected {
        let pick = |list: &[bootstride_core::math::NamedTensor]| {
            list.iter().find(|tensor| tensor.name == expected.name).expect("the same parameters").data.clone()
        };
        let (start, found) = (pick(&before), pick(&stored.weights));
        let change = |end: &[f32]| -> Vec<f32> { end.iter().zip(&start).map(|(end, start)| end - start).collect() };
        let error = relative_distance(&change(&found), &change(&expected.data));
        assert!(error <= tolerance, "{agent} change of {}: off by {error:e}", expected.name);
    }
}

fn updates(agent: &str, engine: EngineChoice, device: &Device, tolerance: Tolerance) {
    let reference = Reference::load();
    let mut config = reference.config(agent);
    config.run.engine = engine;
    let model = reference.model(agent, "init", device);
    let mut learner = Agent::with_model(&config, model, reference.sizes.ep, device);
    for update in 0..3 {
        let name = format!("{agent}.update.{update}");
        let mut gradients: Vec<Parameter> = Vec::new();
        let metrics = pollster::block_on(learner.update_observed(
            &batch(&reference, &name),
            &noise(&reference, &name),
            true,
            &mut |gradient| gradients.push(gradient.clone()),
        ))
        .expect("an update");
        check_figures(&reference, &name, agent, &metrics, tolerance.loss);
        if update == 0 {
            let gradients = gradients
                .into_iter()
                .map(|gradient| (gradient.name, gradient.tensor.into_data().try_into_vec::<f32>().unwrap()))
                .collect();
            check_gradients(&reference, agent, &gradients, tolerance.gradient);
        }
    }
    check_changes(&reference, agent, &learner, tolerance.change);
}

#[test]
fn parity_of_bmpc_updates_on_cpu() {
    for engine in ENGINES {
        on_cpu(|device, tolerance| updates("bmpc", engine, device, tolerance));
    }
}

#[test]
fn parity_of_tdmpc2_updates_on_cpu() {
    for engine in ENGINES {
        on_cpu(|device, tolerance| updates("tdmpc2", engine, device, tolerance));
    }
}

#[test]
fn parity_of_variant3_updates_on_cpu() {
    for engine in ENGINES {
        on_cpu(|device, tolerance| updates("variant3", engine, device, tolerance));
    }
}

#[test]
fn parity_of_updates_on_wgpu() {
    on_wgpu(|device, tolerance| {
        for agent in AGENTS {
            for engine in ENGINES {
                updates(agent, engine, device, tolerance);
            }
        }
    });
}

fn running_scale(device: &Device, tolerance: Tolerance) {
    let reference = Reference::load();
    let mut scale = RunningScale::new(0.01, device);
    let expected = &reference.get("scale.values").data;
    assert!(!expected.is_empty());
    for (i, expected) in expected.iter().enumerate() {
        let x: Tensor<2> = reference.get(&format!("scale.in.{i}")).tensor(device);
        scale.update(x.flatten(0, 1));
        let found = scale.value.clone().into_data().try_into_vec::<f32>().unwrap();
        close(&format!("scale {i}"), &found, &[*expected], tolerance.forward);
    }
}

#[test]
fn parity_of_the_running_scale_on_cpu() {
    on_cpu(running_scale);
}

#[test]
fn parity_of_the_running_scale_on_wgpu() {
    on_wgpu(running_scale);
}
