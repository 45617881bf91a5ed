//! A warm plan of the fused back end allocates the plan that it returns and nothing else.
//!
//! Counted are allocations on the thread that plans, the only one of its pool: with more threads, rayon now and then
//! takes room for its queues, which is not the engine's.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests run natively")]
#![allow(unsafe_code, reason = "an allocator is unsafe by its signature")]
#![recursion_limit = "256"]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bootstride_core::config::Layers;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, WorldModel};
use bootstride_core::planner::{CpuMppi, NoiseKey, NoiseSource, PlanMode, PlanRequest, Planner, PlannerSettings};
use burn::tensor::Device;
use pollster::block_on;

thread_local! {
    /// Allocations and their bytes, on this thread.
    static COUNT: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Counting;

// SAFETY: the system's allocator does all the work; counting is two additions to a thread's own cell.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (count, bytes) = COUNT.get();
        COUNT.set((count + 1, bytes + layout.size()));
        // SAFETY: as this function was called.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as this function was called.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations and bytes of a warm plan for `states` states.
fn warm_plan(algorithm: &str, states: usize, settings: &[&str]) -> (usize, usize) {
    let small = ["model.encoder_dim=16", "model.mlp_dim=24", "model.latent_dim=16", "planner.policy_samples=4"];
    let layers = Layers::new().size_preset("tiny").unwrap().algorithm(algorithm).unwrap();
    let config = small.iter().chain(settings).fold(layers, |layers, setting| layers.set(setting).unwrap());
    let config = config.resolve().unwrap();
    let mut random = Stream::new(1, Purpose::Other, 0);
    let model = WorldModel::new(&ModelSettings::new(&config), 3, 5, &mut random, &Device::flex());
    let settings = PlannerSettings::new(&config, 500);
    let observations = vec![0.5; states * 3];
    let previous = vec![Some(vec![0.1; settings.config.horizon * 5]); states];
    let mut planner = CpuMppi::default();
    let mut plan = |decision| {
        let request = PlanRequest {
            observations: &observations,
            previous_means: &previous,
            mode: PlanMode::Collect,
            noise: NoiseSource::Key(NoiseKey { seed: 5, purpose: Purpose::Other, decision }),
            trace: false,
        };
        let before = COUNT.get();
        let plan = block_on(planner.plan(&model, &settings, &request)).unwrap();
        let after = COUNT.get();
        assert_eq!(plan.states.len(), states);
        (after.0 - before.0, after.1 - before.1)
    };
    let cold = plan(0);
    assert!(cold.0 > 100, "the first plan makes room, and is counted: {cold:?}");
    plan(1);
    plan(2)
}

#[test]
fn a_warm_plan_allocates_its_result_and_nothing_else() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        for algorithm in ["bmpc", "tdmpc2", "variant1"] {
            for states in [1, 4] {
                let few = ["planner.samples=32", "planner.elites=8", "planner.iterations=2", "run.seed=1"];
                let many = ["planner.samples=700", "planner.elites=64", "planner.iterations=9", "run.seed=1"];
                let ending = [few[0], few[1], few[2], "algorithm.termination=learned"];
                // Per state an action, mean and deviation of the expert, and the plan's mean; and the list of states.
                for settings in [few, many, ending] {
                    let (count, bytes) = warm_plan(algorithm, states, &settings);
                    assert!(count <= 4 * states + 1, "{algorithm}, {states} states, {settings:?}: {count} allocations");
                    assert!(bytes <= 512 * states, "{algorithm}, {states} states, {settings:?}: {bytes} bytes");
                }
            }
        }
    });
}
