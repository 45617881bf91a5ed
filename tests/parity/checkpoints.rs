//! An imported official checkpoint equals the official agent.

use bootstride_core::config::Config;
use bootstride_core::import::import_official;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, WorldModel};
use burn::tensor::{Device, Tensor};

use crate::devices::{Tolerance, on_cpu};
use crate::reference::{Reference, close, folder};

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

/// Encode, next, reward, values and policy of `model` on the reference's batch.
fn outputs(model: &WorldModel, reference: &Reference, agent: &str, device: &Device) -> Vec<(&'static str, Vec<f32>)> {
    let get = |name: &str| reference.get(&format!("{agent}.fwd.{name}")).tensor::<2>(device);
    let z = model.encode(get("obs"));
    let action = get("action");
    vec![
        ("z", values(z.clone())),
        ("next", values(model.next(z.clone(), action.clone()))),
        ("reward", values(model.reward(z.clone(), action.clone()))),
        ("value", values(model.value_logits(&model.value, z.clone(), Some(action.clone()), None))),
        ("target", values(model.value_logits(&model.target_value, z.clone(), Some(action), None))),
        ("policy", values(model.policies[0].mean(z))),
    ]
}

fn imported(file: &str, agent: &str, device: &Device, tolerance: Tolerance) {
    let reference = Reference::load();
    let official = import_official(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!((official.observation_size, official.action_size), (reference.sizes.obs, reference.sizes.act));
    let config = Config { model: official.model, algorithm: official.algorithm, ..Config::default() };
    let mut random = Stream::new(0, Purpose::Other, 0);
    let mut model = WorldModel::new(
        &ModelSettings::new(&config),
        official.observation_size,
        official.action_size,
        &mut random,
        device,
    );
    model.load(&official.tensors, device).expect("the imported weights fit the imported configuration");
    let expected = outputs(&reference.model(agent, "after", device), &reference, agent, device);
    for ((name, found), (_, expected)) in outputs(&model, &reference, agent, device).iter().zip(&expected) {
        assert!(expected.iter().any(|x| *x != 0.0), "{name} says something");
        close(&format!("{file} {name}"), found, expected, tolerance.forward);
    }
}

#[test]
fn parity_of_imported_checkpoints() {
    on_cpu(|device, tolerance| {
        imported("bmpc_official.pt", "bmpc", device, tolerance);
        imported("tdmpc2_official.pt", "tdmpc2", device, tolerance);
        imported("tdmpc2_official_old_layout.pt", "tdmpc2", device, tolerance);
    });
}
