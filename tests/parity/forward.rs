//! Forward passes and the mathematics below them.

use bootstride_core::model::{ModelConfig, PolicyKind, ValueLearning};
use bootstride_core::nn::{DiscreteRegression, gaussian_kl, symexp, symlog};
use bootstride_core::train::TrainingConfig;
use burn::tensor::{Device, Tensor};

use crate::devices::{Tolerance, on_cpu, on_wgpu};
use crate::reference::{AGENTS, Reference, close};

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

fn forward(agent: &str, device: &Device, tolerance: Tolerance) {
    let reference = Reference::load();
    let model = reference.model(agent, "init", device);
    let get = |name: &str| reference.get(&format!("{agent}.fwd.{name}"));
    let check =
        |name: &str, found: Vec<f32>| close(&format!("{agent} {name}"), &found, &get(name).data, tolerance.forward);
    let z = model.encode(get("obs").tensor(device));
    check("z", values(z.clone()));
    let action: Tensor<2> = get("action").tensor(device);
    check("next", values(model.next(z.clone(), action.clone())));
    check("reward_logits", values(model.reward_logits(z.clone(), action.clone())));
    check("reward", values(model.reward(z.clone(), action.clone())));
    if model.value_learning == ValueLearning::VOnPolicy {
        check("v_logits", values(model.value_logits(&model.value, z.clone(), None, None)));
        let members: Vec<usize> = (0..model.value.members()).collect();
        check("v_avg", values(model.values(&model.value, &members, z.clone(), None).mean_dim(0)));
    } else {
        check("q_logits", values(model.value_logits(&model.value, z.clone(), Some(action), None)));
    }
    let kind = if agent == "tdmpc2" { PolicyKind::MaxQ } else { PolicyKind::Imitation };
    let noise = reference.draws(&format!("{agent}.fwd.pi"))[0].1.tensor(device);
    let sample = model.policy(kind).sample(z.clone(), noise);
    check("pi.mean", values(sample.mean));
    check("pi.log_std", values(sample.log_std));
    check("pi.action", values(sample.action));
    check("pi.entropy", values(sample.entropy));
    check("pi.scaled_entropy", values(sample.scaled_entropy));
}

#[test]
fn parity_of_forward_passes_on_cpu() {
    on_cpu(|device, tolerance| {
        for agent in AGENTS {
            forward(agent, device, tolerance);
        }
    });
}

#[test]
fn parity_of_forward_passes_on_wgpu() {
    on_wgpu(|device, tolerance| {
        for agent in AGENTS {
            forward(agent, device, tolerance);
        }
    });
}

#[test]
fn parity_of_discounts() {
    let discounts = Reference::load().discounts;
    assert!(!discounts.is_empty());
    for (decisions, discount) in discounts {
        let found = TrainingConfig::default().discount(decisions.parse().unwrap());
        assert!((f64::from(found) - discount).abs() < 1e-6, "{decisions}: {found} instead of {discount}");
    }
}

fn mathematics(device: &Device, tolerance: Tolerance) {
    let reference = Reference::load();
    let get = |name: &str| reference.get(&format!("math.{name}"));
    let check = |name: &str, found: Vec<f32>| close(name, &found, &get(name).data, tolerance.forward);
    let ModelConfig { bin_min, bin_max, bins, .. } = ModelConfig::default();
    let regression = DiscreteRegression::new(bin_min, bin_max, bins, device);
    let x: Tensor<2> = get("x").tensor(device);
    let logits: Tensor<2> = get("logits").tensor(device);
    check("symlog", values(symlog(x.clone())));
    check("symexp", values(symexp(symlog(x.clone()))));
    check("two_hot", values(regression.two_hot(x.clone())));
    check("two_hot_inv", values(regression.decode(logits.clone())));
    let error = values(regression.cross_entropy(logits, regression.two_hot(x)));
    close("soft_ce", &error, &get("soft_ce").data, tolerance.loss);
    let (p, q): (Tensor<2>, Tensor<2>) = (get("kl_p").tensor(device), get("kl_q").tensor(device));
    let actions = p.dims()[1] / 2;
    let half = |x: &Tensor<2>, i: usize| x.clone().narrow(1, i * actions, actions);
    check("kl", values(gaussian_kl(half(&p, 0), half(&p, 1).log(), half(&q, 0), half(&q, 1))));
}

#[test]
fn parity_of_the_mathematics_on_cpu() {
    on_cpu(mathematics);
}

#[test]
fn parity_of_the_mathematics_on_wgpu() {
    on_wgpu(mathematics);
}
