use crate::{config, engines::model_on, webgpu};
use bootstride_core::config::Precision;
use bootstride_core::math::Purpose;
use bootstride_core::planner::*;
use std::time::Instant;

#[test]
#[ignore]
fn speed() {
    let device = webgpu::device().unwrap();
    for (z, h, n) in [(128, 128, 512), (512, 512, 512)] {
        let c = config(
            "bmpc",
            &[
                &format!("model.latent_dim={z}"),
                &format!("model.mlp_dim={h}"),
                "model.encoder_dim=256",
                &format!("planner.samples={n}"),
                "planner.elites=64",
                "planner.policy_samples=24",
                "planner.iterations=6",
            ],
        );
        let m = model_on(&device, &c, 24, 6, 1);
        let s = PlannerSettings::new(&c, 500);
        let obs = vec![0.3; 24];
        let prev = [None];
        let req = |d| PlanRequest {
            observations: &obs,
            previous_means: &prev,
            mode: PlanMode::Collect,
            noise: NoiseSource::Key(NoiseKey { seed: 5, purpose: Purpose::Other, decision: d }),
            trace: false,
        };
        let time = |name: &str, f: &mut dyn FnMut(u32)| {
            f(0);
            let mut best = f64::MAX;
            for i in 1..4 {
                let t = Instant::now();
                f(i);
                best = best.min(t.elapsed().as_secs_f64());
            }
            eprintln!("{z} {h} {name}: {:.1} ms", best * 1e3);
        };
        let mut w = WgslMppi::default();
        time("wgsl", &mut |d| {
            pollster::block_on(w.plan(&m, &s, &req(d))).unwrap();
        });
        let mut w = WgslMppi::new(Precision::Half);
        time("wgsl half", &mut |d| {
            pollster::block_on(w.plan(&m, &s, &req(d))).unwrap();
        });
        time("plain", &mut |d| {
            pollster::block_on(PlainMppi.plan(&m, &s, &req(d))).unwrap();
        });
    }
}
