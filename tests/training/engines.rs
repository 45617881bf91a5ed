//! All engines make the same plans for the same random numbers.

use bootstride_core::config::Config;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::WorldModel;
use bootstride_core::nn::Parameters;
use bootstride_core::planner::{
    FusedMppi, NoiseKey, NoiseSource, PlainMppi, Plan, PlanMode, PlanRequest, Planner, PlannerSettings,
};
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use proptest::prelude::*;

use crate::config;

/// A model whose heads say something, for observations and actions of these sizes.
fn model(config: &Config, observation: usize, action: usize, seed: u64) -> WorldModel {
    model_on(&Device::flex(), config, observation, action, seed)
}

/// The same model on any device.
pub fn model_on(device: &Device, config: &Config, observation: usize, action: usize, seed: u64) -> WorldModel {
    let mut random = Stream::new(seed, Purpose::Other, 0);
    let mut model = WorldModel::new(config, observation, action, &mut random, device);
    model.visit_mut("", &mut |_, tensor| {
        let shape = tensor.dims();
        let scale = 1.0 / (shape[1] as f32).sqrt();
        let data: Vec<f32> = (0..shape.iter().product()).map(|_| random.normal() as f32 * scale).collect();
        let noise = Tensor::from_data(TensorData::new(data, shape), device);
        *tensor = if shape[1] == 1 { tensor.clone() + noise * 0.1 } else { noise };
    });
    model.touch();
    model
}

pub fn plan(
    planner: &mut impl Planner,
    model: &WorldModel,
    settings: &PlannerSettings,
    states: usize,
    mode: PlanMode,
    decision: u32,
) -> Plan {
    let observations: Vec<f32> = (0..states * model.observation_dim).map(|i| (i as f32 * 0.7).cos()).collect();
    let width = settings.config.horizon * model.action_dim;
    // Some states continue a plan, some begin.
    let previous: Vec<_> = (0..states).map(|state| (state % 2 == 1).then(|| vec![0.3; width])).collect();
    let request = PlanRequest {
        observations: &observations,
        previous_means: &previous,
        mode,
        noise: NoiseSource::Key(NoiseKey { seed: 5, purpose: Purpose::Other, decision }),
        trace: true,
    };
    block_on(planner.plan(model, settings, &request)).unwrap()
}

/// The largest distance between numbers of the same place, relative to those of `a` that are larger than 1.
pub fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / a.abs().max(1.0)).fold(0.0, f32::max)
}

/// Both plans are the same to this relative tolerance, up to where nearly equal scores put other samples among the elites.
pub fn agree(plain: &Plan, fused: &Plan, tolerance: f32) -> Result<(), TestCaseError> {
    let (plain_trace, fused_trace) = (plain.trace.as_ref().unwrap(), fused.trace.as_ref().unwrap());
    prop_assert!(worst(&plain_trace.policy_sequences, &fused_trace.policy_sequences) < tolerance);
    for (number, (a, b)) in plain_trace.iterations.iter().zip(&fused_trace.iterations).enumerate() {
        prop_assert!(worst(&a.sequences, &b.sequences) < tolerance, "sequences of iteration {number}");
        prop_assert!(
            worst(&a.values, &b.values) < tolerance,
            "values of iteration {number}: {}",
            worst(&a.values, &b.values)
        );
        let mut elites = (a.elites.clone(), b.elites.clone());
        let per_state = elites.0.len() / plain.states.len();
        elites.0.chunks_mut(per_state).for_each(<[usize]>::sort_unstable);
        elites.1.chunks_mut(per_state).for_each(<[usize]>::sort_unstable);
        if elites.0 != elites.1 {
            // A tie at the edge of the elites, broken by the last digit: from here on the plans are different ones.
            return Ok(());
        }
        prop_assert!(
            worst(&a.mean, &b.mean) < tolerance && worst(&a.std, &b.std) < tolerance,
            "distribution of iteration {number}"
        );
    }
    for ((a, b), state) in plain.states.iter().zip(&fused.states).zip(0..) {
        if plain_trace.chosen[state] == fused_trace.chosen[state] {
            prop_assert!(worst(&a.action, &b.action) < tolerance && worst(&a.expert_std, &b.expert_std) < tolerance);
            prop_assert!((a.delta_q - b.delta_q).abs() < 2.0 * tolerance * a.expert_value.abs().max(1.0));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fused_engine_agrees_with_the_plain_one_on_random_shapes(
        algorithm in prop::sample::select(vec!["bmpc", "tdmpc2", "variant1", "variant2", "variant3"]),
        (observation, action) in (1_usize..12, 1_usize..62),
        (latent, mlp, encoder) in (1_usize..9, 3_usize..70, 3_usize..40),
        (policy, more, iterations, horizon) in (0_usize..20, 1_usize..90, 1_usize..4, 1_usize..5),
        (states, seed) in (1_usize..4, any::<u64>()),
        mode in prop::sample::select(vec![PlanMode::Collect, PlanMode::Evaluate, PlanMode::Reanalyze]),
    ) {
        let samples = 2 * policy + more;
        let elites = 1 + samples / 5;
        let settings = [
            format!("model.latent_dim={}", 8 * latent),
            format!("model.mlp_dim={mlp}"),
            format!("model.encoder_dim={encoder}"),
            format!("planner.policy_samples={policy}"),
            format!("planner.samples={samples}"),
            format!("planner.elites={elites}"),
            format!("planner.iterations={iterations}"),
            format!("planner.horizon={horizon}"),
        ];
        let config = config(algorithm, &settings.iter().map(String::as_str).collect::<Vec<_>>());
        let model = model(&config, observation, action, seed);
        let settings = PlannerSettings::new(&config, 500);
        let plain = plan(&mut PlainMppi, &model, &settings, states, mode, 1);
        let fused = plan(&mut FusedMppi::default(), &model, &settings, states, mode, 1);
        agree(&plain, &fused, 1e-4)?;
    }
}

#[test]
fn the_fused_engine_notices_new_weights() {
    let config = config("bmpc", &[]);
    let settings = PlannerSettings::new(&config, 500);
    let (first, second) = (model(&config, 3, 1, 1), model(&config, 3, 1, 2));
    let mut planner = FusedMppi::default();
    let before = plan(&mut planner, &first, &settings, 2, PlanMode::Evaluate, 1);
    let other = plan(&mut planner, &second, &settings, 2, PlanMode::Evaluate, 1);
    assert_ne!(before, other);
    assert_eq!(other, plan(&mut FusedMppi::default(), &second, &settings, 2, PlanMode::Evaluate, 1));
    assert_eq!(
        before,
        plan(&mut planner, &first, &settings, 2, PlanMode::Evaluate, 1),
        "the same weights, the same plan"
    );
}

#[test]
fn the_fused_engine_makes_the_same_plan_bit_for_bit_with_any_number_of_threads() {
    for (algorithm, states) in [("bmpc", 1), ("bmpc", 3), ("tdmpc2", 1)] {
        let config = config(algorithm, &["planner.samples=300", "planner.policy_samples=21"]);
        let (model, settings) = (model(&config, 3, 2, 4), PlannerSettings::new(&config, 500));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| plan(&mut FusedMppi::default(), &model, &settings, states, PlanMode::Collect, 3))
        };
        let one = with(1);
        for threads in [2, 5] {
            assert_eq!(with(threads), one, "{algorithm}, {states} states, {threads} threads");
        }
    }
}
