//! The WGSL engine makes the plans of the plain one. On the first wgpu adapter (llvmpipe will do), under WebGPU's limits.

use bootstride_core::config::{Precision, ValueLearning};
use bootstride_core::math::Purpose;
use bootstride_core::model::WorldModel;
use bootstride_core::nn::Parameters;
use bootstride_core::planner::{
    Launches, NoiseKey, NoiseSource, PlainMppi, Plan, PlanMode, PlanNoise, PlanRequest, Planner, PlannerSettings,
    Processor, WgslMppi,
};
use burn::tensor::{Device, Int, Tensor};
use pollster::block_on;
use proptest::prelude::*;

use crate::config;
use crate::engines::{agree, model_on, plan, worst as distance};
use crate::webgpu;

const SKIPPED: &str = "skipped: no wgpu adapter on this machine (Mesa's llvmpipe would do)";

/// Changes the weights of all products.
fn change_weights(model: &mut WorldModel, change: impl Fn(Tensor<3>) -> Tensor<3>) {
    model.visit_mut("", &mut |name, tensor| {
        if name.ends_with("weight") && !name.ends_with("norm.weight") {
            *tensor = change(tensor.clone());
        }
    });
    model.touch();
}

/// Rounds these to 16-bit fractions of their column's largest, as packing does at half precision.
fn round(model: &mut WorldModel) {
    change_weights(model, |weight| {
        let top = weight.clone().abs().max_dim(1).clamp_min(1e-30);
        (weight / top.clone() * 32767.0).round() * (top / 32767.0)
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_wgsl_engine_agrees_with_the_plain_one_on_random_shapes(
        algorithm in prop::sample::select(vec!["bmpc", "tdmpc2", "variant1", "variant2", "variant3"]),
        (observation, action) in (1_usize..40, 1_usize..62),
        (latent, mlp, encoder) in (1_usize..9, 3_usize..70, 3_usize..40),
        (policy, more, iterations, horizon) in (1_usize..20, 1_usize..90, 1_usize..4, 1_usize..5),
        (states, seed) in (1_usize..4, any::<u64>()),
        mode in prop::sample::select(vec![PlanMode::Collect, PlanMode::Evaluate, PlanMode::Reanalyze]),
        (precision, processor) in (
            prop::sample::select(vec![Precision::Full, Precision::Half]),
            prop::sample::select(vec![Processor::Gpu, Processor::Cpu]),
        ),
    ) {
        let Some(device) = webgpu::device() else {
            eprintln!("{SKIPPED}");
            return Ok(());
        };
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
        let mut on_cpu = model_on(&Device::flex(), &config, observation, action, seed);
        let on_gpu = model_on(&device, &config, observation, action, seed);
        if precision == Precision::Half {
            round(&mut on_cpu);
        }
        let settings = PlannerSettings::new(&config, 500);
        let plain = plan(&mut PlainMppi, &on_cpu, &settings, states, mode, 1);
        let wgsl = plan(&mut WgslMppi::new(precision).suited_to(processor), &on_gpu, &settings, states, mode, 1);
        agree(&plain, &wgsl, 1e-4)?;
        let per_layer = plan(&mut WgslMppi::per_layer(precision), &on_gpu, &settings, states, mode, 1);
        agree(&plain, &per_layer, 1e-4)?;
        agree(&wgsl, &per_layer, 1e-4)?;
    }
}

#[test]
fn every_tile_of_a_software_adapter_agrees() {
    // Rows of a workgroup: 16, 8 and 6.
    for (algorithm, width) in [("bmpc", 130), ("tdmpc2", 260), ("variant2", 480)] {
        let Some(device) = webgpu::device() else { return eprintln!("{SKIPPED}") };
        let settings = [
            format!("model.mlp_dim={width}"),
            "planner.samples=39".into(),
            "planner.horizon=2".into(),
            "planner.iterations=2".into(),
        ];
        let config = config(algorithm, &settings.iter().map(String::as_str).collect::<Vec<_>>());
        let planner_settings = PlannerSettings::new(&config, 500);
        let [oracle, model] = [Device::flex(), device].map(|device| model_on(&device, &config, 5, 3, 1));
        let plain = plan(&mut PlainMppi, &oracle, &planner_settings, 2, PlanMode::Collect, 1);
        let mut planner = WgslMppi::default().suited_to(Processor::Cpu);
        let wgsl = plan(&mut planner, &model, &planner_settings, 2, PlanMode::Collect, 1);
        agree(&plain, &wgsl, 1e-4).unwrap();
    }
}

#[test]
fn experts_for_sixty_states_in_one_plan_agree() {
    let Some(device) = webgpu::device() else { return eprintln!("{SKIPPED}") };
    let config = config("bmpc", &["planner.samples=40", "planner.iterations=2"]);
    let settings = PlannerSettings::new(&config, 500);
    let [oracle, model] = [Device::flex(), device].map(|device| model_on(&device, &config, 3, 2, 1));
    let plain = plan(&mut PlainMppi, &oracle, &settings, 60, PlanMode::Reanalyze, 1);
    for processor in [Processor::Gpu, Processor::Cpu] {
        let mut planner = WgslMppi::default().suited_to(processor);
        let wgsl = plan(&mut planner, &model, &settings, 60, PlanMode::Reanalyze, 1);
        agree(&plain, &wgsl, 1e-4).unwrap();
    }
}

/// The bounds that `Precision::Half` documents, of the plain engine on such weights and of the kernels.
#[test]
fn half_precision_moves_a_first_iteration_by_no_more_than_it_says() {
    for width in [64, 128, 256, 512] {
        for seed in 0..4 {
            let settings = [
                format!("model.latent_dim={width}"),
                format!("model.mlp_dim={width}"),
                "planner.samples=64".into(),
                "planner.iterations=1".into(),
            ];
            let config = config("bmpc", &settings.iter().map(String::as_str).collect::<Vec<_>>());
            let settings = PlannerSettings::new(&config, 500);
            let mut model = model_on(&Device::flex(), &config, 12, 4, seed);
            let full = plan(&mut PlainMppi, &model, &settings, 1, PlanMode::Evaluate, 1);
            let half_moves = |engine: &str, half: Plan| {
                let [full, half] = [&full, &half].map(|plan| &plan.trace.as_ref().unwrap().iterations[0]);
                let case = format!("{engine}, widths of {width}, seed {seed}");
                let values = distance(&full.values, &half.values);
                assert!(values > 0.0 && values < 1e-3, "values, {case}: {values}");
                // Of other elites another distribution follows.
                if full.elites == half.elites {
                    let distribution = distance(&full.mean, &half.mean).max(distance(&full.std, &half.std));
                    assert!(distribution < 1e-3, "distribution, {case}: {distribution}");
                }
            };
            round(&mut model);
            half_moves("plain", plan(&mut PlainMppi, &model, &settings, 1, PlanMode::Evaluate, 1));
            if seed == 0 && (width == 64 || width == 512) {
                let Some(device) = webgpu::device() else {
                    eprintln!("{SKIPPED}");
                    continue;
                };
                let model = model_on(&device, &config, 12, 4, seed);
                let engines =
                    [("fused", WgslMppi::new(Precision::Half)), ("layers", WgslMppi::per_layer(Precision::Half))];
                for (name, mut engine) in engines {
                    half_moves(name, plan(&mut engine, &model, &settings, 1, PlanMode::Evaluate, 1));
                }
            }
        }
    }
}

#[test]
fn columns_of_weights_that_are_almost_zero_do_no_harm_at_half_precision() {
    let Some(device) = webgpu::device() else { return eprintln!("{SKIPPED}") };
    let config = config("bmpc", &[]);
    let settings = PlannerSettings::new(&config, 500);
    for size in [0.0, 1e-37] {
        let [mut plain, model] = [Device::flex(), device.clone()].map(|device| {
            let mut model = model_on(&device, &config, 3, 2, 1);
            change_weights(&mut model, |weight| {
                let columns = Tensor::<1, Int>::arange(0..i64::try_from(weight.dims()[2]).unwrap(), &device);
                weight * columns.remainder_scalar(2).float().clamp_min(size).reshape([1, 1, -1])
            });
            model
        });
        round(&mut plain);
        let plain = plan(&mut PlainMppi, &plain, &settings, 2, PlanMode::Evaluate, 1);
        let values = &plain.trace.as_ref().unwrap().iterations[0].values;
        assert!(values.iter().all(|value| value.abs() > 1e-3), "what is no number would count as 0");
        for mut planner in
            [WgslMppi::new(Precision::Half).suited_to(Processor::Gpu), WgslMppi::per_layer(Precision::Half)]
        {
            agree(&plain, &plan(&mut planner, &model, &settings, 2, PlanMode::Evaluate, 1), 1e-4).unwrap();
        }
    }
}

/// A model and settings with widths of 24, for `iterations` iterations, on the adapter if there is one.
fn small(algorithm: &str, iterations: usize) -> Option<(WorldModel, PlannerSettings)> {
    let device = webgpu::device();
    if device.is_none() {
        eprintln!("{SKIPPED}");
    }
    let config = config(algorithm, &[&format!("planner.iterations={iterations}")]);
    Some((model_on(&device?, &config, 3, 2, 1), PlannerSettings::new(&config, 500)))
}

#[test]
fn a_plan_takes_few_dispatches_and_packs_weights_only_when_they_changed() {
    for (algorithm, iterations) in [("bmpc", 1), ("bmpc", 6), ("variant2", 6)] {
        let Some((mut model, settings)) = small(algorithm, iterations) else { return };
        let mut planner = WgslMppi::default();
        let mut launches = |model: &WorldModel| {
            let _ = plan(&mut planner, model, &settings, 1, PlanMode::Collect, 1);
            planner.launches()
        };
        let first = launches(&model);
        assert_eq!(first.plan, 2 + 2 * iterations, "{algorithm}");
        assert!(first.pack > 0);
        assert_eq!(launches(&model), Launches { pack: 0, ..first }, "the same weights");
        model.touch();
        assert_eq!(launches(&model), first, "new weights");
    }
}

#[test]
fn the_wgsl_engine_notices_new_weights() {
    let Some((first, settings)) = small("bmpc", 2) else { return };
    let mut second = first.clone();
    second.visit_mut("", &mut |_, tensor| *tensor = tensor.clone() * 1.1);
    second.touch();
    let mut planner = WgslMppi::default();
    let before = plan(&mut planner, &first, &settings, 2, PlanMode::Evaluate, 1);
    let other = plan(&mut planner, &second, &settings, 2, PlanMode::Evaluate, 1);
    assert_ne!(before, other);
    assert_eq!(
        before,
        plan(&mut planner, &first, &settings, 2, PlanMode::Evaluate, 1),
        "the same weights, the same plan"
    );
}

#[test]
fn networks_of_the_full_width_agree_and_wider_ones_plan_layer_by_layer() {
    for (latent, mlp) in [(1024, 64), (64, 1024), (16, 1030)] {
        let Some(device) = webgpu::device() else { return eprintln!("{SKIPPED}") };
        let settings = [
            format!("model.latent_dim={latent}"),
            format!("model.mlp_dim={mlp}"),
            "planner.samples=10".into(),
            "planner.horizon=1".into(),
            "planner.iterations=1".into(),
        ];
        let config = config("tdmpc2", &settings.iter().map(String::as_str).collect::<Vec<_>>());
        let planner_settings = PlannerSettings::new(&config, 500);
        let plain = plan(
            &mut PlainMppi,
            &model_on(&Device::flex(), &config, 5, 3, 1),
            &planner_settings,
            1,
            PlanMode::Collect,
            1,
        );
        let mut planner = WgslMppi::default().suited_to(Processor::Gpu);
        let wgsl = plan(&mut planner, &model_on(&device, &config, 5, 3, 1), &planner_settings, 1, PlanMode::Collect, 1);
        assert_eq!(planner.launches().plan == 2 + 2, mlp <= 1024, "widths of {latent} and {mlp}");
        agree(&plain, &wgsl, 1e-4).unwrap();
    }
}

#[test]
fn layer_by_layer_every_algorithm_plans_as_in_the_fused_kernels() {
    let purposes = [PlanMode::Collect, PlanMode::Evaluate, PlanMode::Reanalyze];
    for (algorithm, mode) in
        ["bmpc", "tdmpc2", "variant1", "variant2", "variant3"].into_iter().zip(purposes.iter().cycle())
    {
        let Some((model, settings)) = small(algorithm, 2) else { return };
        let fused = plan(&mut WgslMppi::default(), &model, &settings, 3, *mode, 1);
        let mut planner = WgslMppi::per_layer(Precision::Full);
        agree(&fused, &plan(&mut planner, &model, &settings, 3, *mode, 1), 1e-4).unwrap();
        let first = planner.launches();
        assert!(first.plan > 2 + 2 * 2 && first.pack > 0, "{algorithm}: {first:?}");
        let _ = plan(&mut planner, &model, &settings, 3, *mode, 2);
        assert_eq!(planner.launches(), Launches { pack: 0, ..first }, "{algorithm}: the same weights");
    }
}

#[test]
fn layer_by_layer_given_numbers_are_those_of_the_key() {
    for algorithm in ["bmpc", "tdmpc2", "variant3"] {
        let Some((model, settings)) = small(algorithm, 2) else { return };
        let key = NoiseKey { seed: 9, purpose: Purpose::Other, decision: 4 };
        let shape = settings.shape(2, &model);
        let with_terminal = model.value_learning == ValueLearning::QOffPolicy;
        let drawn = PlanNoise::draw(key, &shape, PlanMode::Collect, with_terminal);
        let drawn = PlanNoise { terminal: if with_terminal { drawn.terminal } else { vec![Vec::new(); 2] }, ..drawn };
        let [from_key, given] = [NoiseSource::Key(key), NoiseSource::Given(&drawn)].map(|noise| {
            let request = PlanRequest {
                observations: &[0.1, -0.4, 0.7, 0.9, 0.0, -0.2],
                previous_means: &[None, None],
                mode: PlanMode::Collect,
                noise,
                trace: true,
            };
            block_on(WgslMppi::per_layer(Precision::Full).plan(&model, &settings, &request)).unwrap()
        });
        agree(&from_key, &given, 1e-4).unwrap();
    }
}

#[test]
fn layer_by_layer_more_rows_than_fit_at_once_agree_all_the_same() {
    let Some(device) = webgpu::device() else { return eprintln!("{SKIPPED}") };
    // 3 states of 1,500 sequences are more than the 4,096 rows that are taken at once.
    let settings = ["model.latent_dim=8", "model.mlp_dim=8", "planner.samples=1500", "planner.horizon=2"];
    let config = config("variant2", &settings);
    let planner_settings = PlannerSettings::new(&config, 500);
    let model = |device: &Device| model_on(device, &config, 3, 2, 1);
    let plain = plan(&mut PlainMppi, &model(&Device::flex()), &planner_settings, 3, PlanMode::Collect, 1);
    let mut planner = WgslMppi::per_layer(Precision::Full);
    let per_layer = plan(&mut planner, &model(&device), &planner_settings, 3, PlanMode::Collect, 1);
    agree(&plain, &per_layer, 1e-4).unwrap();
}
