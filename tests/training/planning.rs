//! Properties of planning that hold for any back end.

use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, WorldModel};
use bootstride_core::planner::{
    CpuMppi, NoiseKey, NoiseSource, PlainMppi, Plan, PlanMode, PlanNoise, PlanRequest, Planner, PlannerSettings,
};
use burn::tensor::Device;
use pollster::block_on;

use crate::config;

const KEY: NoiseKey = NoiseKey { seed: 3, purpose: Purpose::Other, decision: 7 };

fn setup(algorithm: &str) -> (WorldModel, PlannerSettings) {
    let config = config(algorithm, &[]);
    let mut model =
        WorldModel::new(&ModelSettings::new(&config), 3, 2, &mut Stream::new(1, Purpose::Weights, 0), &Device::flex());
    // Heads start at zero; give them something to say.
    let other =
        WorldModel::new(&ModelSettings::new(&config), 3, 2, &mut Stream::new(2, Purpose::Weights, 0), &Device::flex());
    for (head, source) in [(&mut model.reward, &other.dynamics), (&mut model.value, &other.dynamics)] {
        let last = head.layers.len() - 1;
        let shape = head.layers[last].weight.dims();
        let noise = source.layers[1].weight.clone().mean().reshape([1, 1, 1]);
        head.layers[last].weight = burn::tensor::Tensor::arange_like(shape) * 0.01 + noise;
    }
    (model, PlannerSettings::new(&config, 500))
}

trait ArangeLike {
    fn arange_like(shape: [usize; 3]) -> burn::tensor::Tensor<3>;
}

impl ArangeLike for burn::tensor::Tensor<3> {
    /// A bounded, irregular pattern.
    fn arange_like(shape: [usize; 3]) -> burn::tensor::Tensor<3> {
        let count = shape.iter().product::<usize>();
        let data: Vec<f32> = (0..count).map(|i| (i as f32 * 12.9898).sin()).collect();
        burn::tensor::Tensor::from_data(burn::tensor::TensorData::new(data, shape), &Device::flex())
    }
}

fn plan(model: &WorldModel, settings: &PlannerSettings, states: usize, mode: PlanMode, trace: bool) -> Plan {
    let observations: Vec<f32> = (0..states * 3).map(|i| (i as f32 * 0.7).cos()).collect();
    let request = PlanRequest {
        observations: &observations,
        previous_means: &vec![None; states],
        mode,
        noise: NoiseSource::Key(KEY),
        trace,
    };
    block_on(PlainMppi.plan(model, settings, &request)).unwrap()
}

#[test]
fn a_state_is_planned_alike_alone_and_in_a_batch() {
    for algorithm in ["bmpc", "tdmpc2", "variant2"] {
        let (model, settings) = setup(algorithm);
        let alone = plan(&model, &settings, 1, PlanMode::Collect, false).states.remove(0);
        let among = plan(&model, &settings, 3, PlanMode::Collect, false).states.remove(0);
        let close = |a: &[f32], b: &[f32]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(close(&alone.mean, &among.mean) && close(&alone.action, &among.action), "{algorithm}");
    }
}

#[test]
fn plans_stay_inside_their_bounds() {
    let (model, settings) = setup("bmpc");
    let plan = plan(&model, &settings, 4, PlanMode::Collect, true);
    let (min, max) = (settings.config.min_std, settings.config.max_std);
    for state in &plan.states {
        assert!(state.action.iter().all(|a| a.abs() <= 1.0));
        assert!(state.expert_std.iter().all(|s| (min..=max).contains(s)));
    }
    let trace = plan.trace.unwrap();
    for iteration in &trace.iterations {
        assert!(iteration.sequences.iter().all(|a| a.abs() <= 1.0));
        for (state, elites) in iteration.elites.chunks(settings.config.elites).enumerate() {
            let values = &iteration.values[state * trace.shape.samples..][..trace.shape.samples];
            let worst = elites.iter().map(|&e| values[e]).fold(f32::INFINITY, f32::min);
            let better = values.iter().filter(|value| **value > worst).count();
            assert!(better < elites.len(), "elites are the best");
            assert!(elites.windows(2).all(|pair| values[pair[0]] >= values[pair[1]]), "best first");
        }
        for weights in iteration.weights.chunks(settings.config.elites) {
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn planning_finds_better_sequences_than_the_policy_proposes() {
    let (model, settings) = setup("bmpc");
    let plan = plan(&model, &settings, 8, PlanMode::Evaluate, false);
    let mean = plan.states.iter().map(|state| state.delta_q).sum::<f32>() / 8.0;
    assert!(mean > 0.0, "delta-Q is {mean}");
}

#[test]
fn only_collecting_adds_noise_to_the_action() {
    let (model, settings) = setup("bmpc");
    let evaluated = plan(&model, &settings, 1, PlanMode::Evaluate, false).states.remove(0);
    assert_eq!(evaluated.action, evaluated.expert_mean);
    let collected = plan(&model, &settings, 1, PlanMode::Collect, false).states.remove(0);
    assert_eq!(collected.expert_mean, evaluated.expert_mean);
    assert_ne!(collected.action, collected.expert_mean);
}

#[test]
fn the_plan_before_shifts_the_first_mean() {
    let (model, settings) = setup("bmpc");
    let width = settings.config.horizon * 2;
    let request = |previous: Option<Vec<f32>>| {
        let request = PlanRequest {
            observations: &[0.1, 0.2, 0.3],
            previous_means: &[previous],
            mode: PlanMode::Evaluate,
            noise: NoiseSource::Key(KEY),
            trace: false,
        };
        block_on(PlainMppi.plan(&model, &settings, &request)).map(|mut plan| plan.states.remove(0))
    };
    assert_eq!(request(None).unwrap(), request(Some(vec![0.0; width])).unwrap());
    assert_ne!(request(None).unwrap().mean, request(Some(vec![0.9; width])).unwrap().mean);
    let error = request(Some(vec![0.0; width + 1])).unwrap_err().to_string();
    assert!(error.contains("a previous mean has 7 numbers, expected 6"), "{error}");
}

/// What a planner says to a request for one state.
fn error_of<P: Planner + Default>(model: &WorldModel, settings: &PlannerSettings, noise: NoiseSource<'_>) -> String {
    let request = PlanRequest {
        observations: &[0.1, 0.2, 0.3],
        previous_means: &[None],
        mode: PlanMode::Evaluate,
        noise,
        trace: false,
    };
    block_on(P::default().plan(model, settings, &request)).unwrap_err().to_string()
}

fn refuses_what_does_not_fit<P: Planner + Default>() {
    let (model, settings) = setup("tdmpc2");
    let mut changed = settings.clone();
    changed.config.elites = settings.config.samples + 1;
    let error = error_of::<P>(&model, &changed, NoiseSource::Key(KEY));
    assert!(error.contains("32 samples cannot hold 33 elites"), "{error}");
    let mut changed = settings.clone();
    changed.config.policy_samples = settings.config.samples;
    let error = error_of::<P>(&model, &changed, NoiseSource::Key(KEY));
    assert!(error.contains("32 policy sequences"), "{error}");
    let of_two_states = PlanNoise::draw(KEY, &settings.shape(2, &model), PlanMode::Evaluate, true);
    let error = error_of::<P>(&model, &settings, NoiseSource::Given(&of_two_states));
    assert!(error.contains("noise of the policies has 48 numbers, expected 24"), "{error}");
}

#[test]
fn settings_and_noise_that_do_not_fit_are_errors_of_every_engine() {
    refuses_what_does_not_fit::<PlainMppi>();
    refuses_what_does_not_fit::<CpuMppi>();
}
