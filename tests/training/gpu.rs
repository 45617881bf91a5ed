//! The WGSL back end makes the plans of the plain one, on the first wgpu adapter (llvmpipe will do), under WebGPU's
//! limits.

use std::cell::Cell;
use std::collections::BTreeSet;

use bootstride_core::model::WorldModel;
use bootstride_core::nn::Parameters;
use bootstride_core::planner::{
    GpuMppi, Launches, NoiseSource, PlainMppi, Plan, PlanMode, PlannerSettings, Precision, Processor,
};
use bootstride_tests::webgpu;
use burn::tensor::{Device, Int, Tensor};
use proptest::prelude::*;

use crate::checked::{Question, Ties, distance};
use crate::config;
use crate::engines::{Case, any_case, check_cases, check_ends, model_on};

fn question(settings: &PlannerSettings, states: usize, mode: PlanMode) -> Question<'_> {
    Question { settings, states, mode, decision: 1 }
}

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

/// All ways to plan of the engine, against the plain one.
fn check(case: &Case, precision: Precision, processor: Processor, device: &Device) -> Result<Ties, String> {
    let (mut oracle, model) = (case.model(&Device::flex()), case.model(device));
    if precision == Precision::Half {
        round(&mut oracle);
    }
    let settings = PlannerSettings::new(&case.config(), 500);
    let question = case.question(&settings);
    let mut ties = Ties::default();
    for mut planner in [GpuMppi::new(precision).suited_to(processor), GpuMppi::per_layer(precision)] {
        ties.add(question.check(&oracle, &question.ask(&mut planner, &model), 1e-4)?);
    }
    Ok(ties)
}

#[test]
fn the_wgsl_engine_agrees_with_the_plain_one_on_random_shapes() {
    let Some(device) = webgpu::device() else { return };
    let precision = prop::sample::select(vec![Precision::Full, Precision::Half]);
    let processor = prop::sample::select(vec![Processor::Gpu, Processor::Cpu]);
    check_cases(6, (any_case(1), precision, processor), |(case, precision, processor)| {
        check(case, *precision, *processor, &device)
    });
}

#[test]
fn the_wgsl_engine_agrees_with_the_plain_one_on_where_sequences_end() {
    let Some(device) = webgpu::device() else { return };
    let number = Cell::new(0);
    check_ends(6, 1, |case| {
        let turn = number.replace(number.get() + 1);
        let precision = [Precision::Full, Precision::Half][turn % 2];
        check(case, precision, [Processor::Gpu, Processor::Cpu][turn / 2 % 2], &device)
    });
}

/// Compared as whole plans, the values of the last iteration were off by 2.8e-4 here: the iterations before left
/// distributions that differed in the last digits, and this model amplifies them.
#[test]
fn the_wgsl_engine_agrees_with_the_plain_one_where_a_model_amplifies_the_last_digits() {
    let Some(device) = webgpu::device() else { return };
    let sizes = Case {
        algorithm: "variant3",
        ends: false,
        observation: 7,
        action: 48,
        latent: 5,
        mlp: 3,
        encoder: 24,
        policy: 11,
        more: 79,
        iterations: 3,
        horizon: 4,
        states: 3,
        seed: 4_668_619_885_448_455_046,
        mode: PlanMode::Collect,
    };
    let mut ties = Ties::default();
    for mode in [PlanMode::Collect, PlanMode::Evaluate, PlanMode::Reanalyze] {
        for precision in [Precision::Full, Precision::Half] {
            for processor in [Processor::Gpu, Processor::Cpu] {
                ties.add(check(&Case { mode, ..sizes }, precision, processor, &device).unwrap());
            }
        }
    }
    ties.assert_rare();
}

#[test]
fn every_tile_of_a_software_adapter_agrees() {
    // Rows of a workgroup: 16, 8 and 6.
    for (algorithm, width) in [("bmpc", 130), ("tdmpc2", 260), ("variant2", 480)] {
        let Some(device) = webgpu::device() else { return };
        let settings = [
            format!("model.mlp_dim={width}"),
            "planner.samples=39".into(),
            "planner.horizon=2".into(),
            "planner.iterations=2".into(),
        ];
        let config = config(algorithm, &settings.iter().map(String::as_str).collect::<Vec<_>>());
        let planner_settings = PlannerSettings::new(&config, 500);
        let [oracle, model] = [Device::flex(), device].map(|device| model_on(&device, &config, 5, 3, 1));
        let question = question(&planner_settings, 2, PlanMode::Collect);
        let mut planner = GpuMppi::default().suited_to(Processor::Cpu);
        question.assert(&oracle, &question.ask(&mut planner, &model), 1e-4);
    }
}

#[test]
fn experts_for_sixty_states_in_one_plan_agree() {
    let Some(device) = webgpu::device() else { return };
    let config = config("bmpc", &["planner.samples=40", "planner.iterations=2"]);
    let settings = PlannerSettings::new(&config, 500);
    let [oracle, model] = [Device::flex(), device].map(|device| model_on(&device, &config, 3, 2, 1));
    let question = question(&settings, 60, PlanMode::Reanalyze);
    for processor in [Processor::Gpu, Processor::Cpu] {
        let mut planner = GpuMppi::default().suited_to(processor);
        question.assert(&oracle, &question.ask(&mut planner, &model), 1e-4);
    }
}

/// The bounds that `Precision::Half` documents, of the plain engine on such weights and of the kernels. Other elites
/// make another distribution, so distributions are compared where the elites are the same: in most plans.
#[test]
fn half_precision_moves_a_first_iteration_by_no_more_than_it_says() {
    let (mut plans, mut same_elites) = (0, 0);
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
            let question = question(&settings, 1, PlanMode::Evaluate);
            let mut model = model_on(&Device::flex(), &config, 12, 4, seed);
            let full = question.ask(&mut PlainMppi, &model);
            let mut half_moves = |engine: &str, half: Plan| {
                let [full, half] = [&full, &half].map(|plan| &plan.trace.as_ref().unwrap().iterations[0]);
                let case = format!("{engine}, widths of {width}, seed {seed}");
                let values = distance(&full.values, &half.values);
                assert!(values > 0.0 && values < 1e-3, "values, {case}: {values}");
                plans += 1;
                let [ours, theirs] = [full, half].map(|iteration| BTreeSet::from_iter(&iteration.elites));
                if ours == theirs {
                    same_elites += 1;
                    let distribution = distance(&full.mean, &half.mean).max(distance(&full.std, &half.std));
                    assert!(distribution < 1e-3, "distribution, {case}: {distribution}");
                }
            };
            round(&mut model);
            half_moves("plain", question.ask(&mut PlainMppi, &model));
            if seed == 0 && (width == 64 || width == 512) {
                let Some(device) = webgpu::device() else { continue };
                let model = model_on(&device, &config, 12, 4, seed);
                let engines =
                    [("fused", GpuMppi::new(Precision::Half)), ("layers", GpuMppi::per_layer(Precision::Half))];
                for (name, mut engine) in engines {
                    half_moves(name, question.ask(&mut engine, &model));
                }
            }
        }
    }
    println!("{same_elites} of {plans} plans have the same elites");
    assert!(4 * same_elites >= 3 * plans, "{same_elites} of {plans} plans have the same elites");
}

#[test]
fn columns_of_weights_that_are_almost_zero_do_no_harm_at_half_precision() {
    let Some(device) = webgpu::device() else { return };
    let config = config("bmpc", &[]);
    let settings = PlannerSettings::new(&config, 500);
    for size in [0.0, 1e-37] {
        let [mut oracle, model] = [Device::flex(), device.clone()].map(|device| {
            let mut model = model_on(&device, &config, 3, 2, 1);
            change_weights(&mut model, |weight| {
                let columns = Tensor::<1, Int>::arange(0..i64::try_from(weight.dims()[2]).unwrap(), &device);
                weight * columns.remainder_scalar(2).float().clamp_min(size).reshape([1, 1, -1])
            });
            model
        });
        round(&mut oracle);
        let question = question(&settings, 2, PlanMode::Evaluate);
        let values = question.ask(&mut PlainMppi, &oracle).trace.unwrap().iterations.remove(0).values;
        assert!(values.iter().all(|value| value.abs() > 1e-3), "what is no number would count as 0");
        for mut planner in
            [GpuMppi::new(Precision::Half).suited_to(Processor::Gpu), GpuMppi::per_layer(Precision::Half)]
        {
            question.assert(&oracle, &question.ask(&mut planner, &model), 1e-4);
        }
    }
}

/// A model with widths of 24, on the adapter if there is one and on the CPU, and settings for `iterations` iterations.
#[track_caller]
fn small(algorithm: &str, iterations: usize) -> Option<(WorldModel, WorldModel, PlannerSettings)> {
    let device = webgpu::device()?;
    let config = config(algorithm, &[&format!("planner.iterations={iterations}")]);
    let [model, oracle] = [device, Device::flex()].map(|device| model_on(&device, &config, 3, 2, 1));
    Some((model, oracle, PlannerSettings::new(&config, 500)))
}

#[test]
fn a_plan_takes_few_dispatches_and_packs_weights_only_when_they_changed() {
    for (algorithm, iterations) in [("bmpc", 1), ("bmpc", 6), ("variant2", 6)] {
        let Some((mut model, _, settings)) = small(algorithm, iterations) else { return };
        let mut planner = GpuMppi::default();
        let mut launches = |model: &WorldModel| {
            let _ = question(&settings, 1, PlanMode::Collect).ask(&mut planner, model);
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
    let Some((first, _, settings)) = small("bmpc", 2) else { return };
    let mut second = first.clone();
    second.visit_mut("", &mut |_, tensor| *tensor = tensor.clone() * 1.1);
    second.touch();
    let mut planner = GpuMppi::default();
    let question = question(&settings, 2, PlanMode::Evaluate);
    let before = question.ask(&mut planner, &first);
    let other = question.ask(&mut planner, &second);
    assert_ne!(before, other);
    assert_eq!(before, question.ask(&mut planner, &first), "the same weights, the same plan");
}

#[test]
fn networks_of_the_full_width_agree_and_wider_ones_plan_layer_by_layer() {
    for (latent, mlp) in [(1024, 64), (64, 1024), (16, 1030)] {
        let Some(device) = webgpu::device() else { return };
        let settings = [
            format!("model.latent_dim={latent}"),
            format!("model.mlp_dim={mlp}"),
            "planner.samples=10".into(),
            "planner.horizon=1".into(),
            "planner.iterations=1".into(),
        ];
        let config = config("tdmpc2", &settings.iter().map(String::as_str).collect::<Vec<_>>());
        let planner_settings = PlannerSettings::new(&config, 500);
        let [oracle, model] = [Device::flex(), device].map(|device| model_on(&device, &config, 5, 3, 1));
        let question = question(&planner_settings, 1, PlanMode::Collect);
        let mut planner = GpuMppi::default().suited_to(Processor::Gpu);
        let wgsl = question.ask(&mut planner, &model);
        assert_eq!(planner.launches().plan == 2 + 2, mlp <= 1024, "widths of {latent} and {mlp}");
        question.assert(&oracle, &wgsl, 1e-4);
    }
}

#[test]
fn layer_by_layer_every_algorithm_plans_as_in_the_fused_kernels() {
    let purposes = [PlanMode::Collect, PlanMode::Evaluate, PlanMode::Reanalyze];
    for (algorithm, mode) in
        ["bmpc", "tdmpc2", "variant1", "variant2", "variant3"].into_iter().zip(purposes.iter().cycle())
    {
        let Some((model, oracle, settings)) = small(algorithm, 2) else { return };
        let question = question(&settings, 3, *mode);
        question.assert(&oracle, &question.ask(&mut GpuMppi::default(), &model), 1e-4);
        let mut planner = GpuMppi::per_layer(Precision::Full);
        question.assert(&oracle, &question.ask(&mut planner, &model), 1e-4);
        let first = planner.launches();
        assert!(first.plan > 2 + 2 * 2 && first.pack > 0, "{algorithm}: {first:?}");
        let _ = Question { decision: 2, ..question }.ask(&mut planner, &model);
        assert_eq!(planner.launches(), Launches { pack: 0, ..first }, "{algorithm}: the same weights");
    }
}

#[test]
fn layer_by_layer_given_numbers_are_those_of_the_key() {
    for algorithm in ["bmpc", "tdmpc2", "variant3"] {
        let Some((model, oracle, settings)) = small(algorithm, 2) else { return };
        let question = question(&settings, 2, PlanMode::Collect);
        let drawn = question.noise(&oracle);
        let given = question.ask_with(&mut GpuMppi::per_layer(Precision::Full), &model, NoiseSource::Given(&drawn));
        question.assert(&oracle, &given, 1e-4);
    }
}

#[test]
fn layer_by_layer_more_rows_than_fit_at_once_agree_all_the_same() {
    let Some(device) = webgpu::device() else { return };
    // 3 states of 1,500 sequences are more than the 4,096 rows that are taken at once.
    let settings = ["model.latent_dim=8", "model.mlp_dim=8", "planner.samples=1500", "planner.horizon=2"];
    let config = config("variant2", &settings);
    let planner_settings = PlannerSettings::new(&config, 500);
    let model = |device: &Device| model_on(device, &config, 3, 2, 1);
    let question = question(&planner_settings, 3, PlanMode::Collect);
    let per_layer = question.ask(&mut GpuMppi::per_layer(Precision::Full), &model(&device));
    question.assert(&model(&Device::flex()), &per_layer, 1e-4);
}
