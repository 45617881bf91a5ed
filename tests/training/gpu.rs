//! The WGSL engine makes the plans of the plain one. On the first wgpu adapter (llvmpipe will do), under WebGPU's limits.

use bootstride_core::config::Precision;
use bootstride_core::planner::{PlainMppi, PlanMode, PlannerSettings, WgslMppi};
use burn::tensor::Device;
use proptest::prelude::*;

use crate::config;
use crate::engines::{agree, model_on, plan};
use crate::webgpu;

const SKIPPED: &str = "skipped: no wgpu adapter on this machine (Mesa's llvmpipe would do)";

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_wgsl_engine_agrees_with_the_plain_one_on_random_shapes(
        algorithm in prop::sample::select(vec!["bmpc", "tdmpc2", "variant1", "variant2", "variant3"]),
        (observation, action) in (1_usize..40, 1_usize..62),
        (latent, mlp, encoder) in (1_usize..9, 3_usize..70, 3_usize..40),
        (policy, more, iterations, horizon) in (1_usize..20, 1_usize..90, 1_usize..4, 1_usize..5),
        (states, seed) in (1_usize..4, any::<u64>()),
        mode in prop::sample::select(vec![PlanMode::Collect, PlanMode::Evaluate, PlanMode::Reanalyze]),
        precision in prop::sample::select(vec![Precision::Full, Precision::Half]),
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
        let on_cpu = model_on(&Device::flex(), &config, observation, action, seed);
        let on_gpu = model_on(&device, &config, observation, action, seed);
        let settings = PlannerSettings::new(&config, 500);
        let plain = plan(&mut PlainMppi, &on_cpu, &settings, states, mode, 1);
        let wgsl = plan(&mut WgslMppi::new(precision), &on_gpu, &settings, states, mode, 1);
        let tolerance = if precision == Precision::Half { 1e-3 } else { 1e-4 };
        agree(&plain, &wgsl, tolerance)?;
    }
}
