//! Guided MPPI and reanalyze, given the recorded random numbers.

use bootstride_core::model::ValueLearning;
use bootstride_core::planner::{
    CpuMppi, EliteChoice, GpuMppi, NoiseSource, PlainMppi, Plan, PlanMode, PlanNoise, PlanRequest, Planner,
    PlannerConfig, PlannerSettings,
};
use burn::tensor::Device;

use crate::devices::{Tolerance, on_cpu, on_wgpu};
use crate::reference::{AGENTS, Reference, close};

/// `[states, horizon, samples, action]` as drawn by the official code to `[states, samples, horizon, action]`.
fn sample_major(data: &[f32], [states, horizon, samples, action]: [usize; 4]) -> Vec<f32> {
    let mut out = Vec::with_capacity(data.len());
    for state in 0..states {
        for sample in 0..samples {
            for step in 0..horizon {
                let at = ((state * horizon + step) * samples + sample) * action;
                out.extend_from_slice(&data[at..at + action]);
            }
        }
    }
    out
}

/// The recorded draws of one plan, as the planner takes them.
fn recorded(reference: &Reference, name: &str, states: usize, config: &PlannerConfig, q_value: bool) -> PlanNoise {
    let draws = reference.draws(name);
    let mut draws = draws.iter();
    let mut next = |kind: &str| {
        let (found, array) = draws.next().expect("another draw");
        assert_eq!(found, kind, "{name}: the order of draws");
        *array
    };
    let policy = (0..config.horizon).flat_map(|_| next("randn_like").data.clone()).collect();
    let (mut samples, mut terminal, mut members) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..config.iterations_for(reference.sizes.act) {
        let noise = next("randn");
        // TD-MPC2 plans for one state only, without an axis for it.
        let [h, n, a] = noise.shape[noise.shape.len() - 3..] else { panic!("{:?}", noise.shape) };
        samples.push(sample_major(&noise.data, [states, h, n, a]));
        terminal.push(if q_value { next("randn_like").data.clone() } else { Vec::new() });
        members.push(next("randperm").indices()[..2].to_vec());
    }
    let choice = EliteChoice::Index(next("elite_choice").indices());
    let actions = reference.sizes.act;
    // Evaluation draws no noise for the action.
    let action = draws.next().map_or(vec![0.0; actions], |(_, array)| array.data.clone());
    PlanNoise { policy, samples, terminal, members, choice, action: action.repeat(states) }
}

fn plan(planner: &mut impl Planner, agent: &str, case: &str, device: &Device) -> (Reference, Plan) {
    let reference = Reference::load();
    let config = reference.config(agent);
    let model = reference.model(agent, "init", device);
    let settings = PlannerSettings::new(&config, reference.sizes.ep);
    let (name, observations, mode) = match case {
        "reanalyze" => (format!("{agent}.reanalyze"), format!("{agent}.reanalyze.obs"), PlanMode::Reanalyze),
        "eval" => (format!("{agent}.plan.eval"), format!("{agent}.plan.obs"), PlanMode::Evaluate),
        _ => (format!("{agent}.plan.{case}"), format!("{agent}.plan.obs"), PlanMode::Collect),
    };
    let observations = &reference.get(&observations).data;
    let states = observations.len() / reference.sizes.obs;
    let previous =
        (case == "warm" || case == "eval").then(|| reference.get(&format!("{agent}.plan.prev_mean")).data.clone());
    let q_value = model.value_learning == ValueLearning::QOffPolicy;
    let noise = recorded(&reference, &name, states, &config.planner, q_value);
    let request = PlanRequest {
        observations,
        previous_means: &vec![previous; states],
        mode,
        noise: NoiseSource::Given(&noise),
        trace: true,
    };
    let plan = pollster::block_on(planner.plan(&model, &settings, &request)).expect("a plan");
    (reference, plan)
}

fn check_plan(planner: &mut impl Planner, agent: &str, case: &str, device: &Device, tolerance: Tolerance) {
    let (reference, plan) = plan(planner, agent, case, device);
    let mut compared = 0;
    let mut check = |name: &str, found: Vec<f32>| {
        let key = if case == "reanalyze" {
            format!("{agent}.reanalyze.{name}")
        } else {
            format!("{agent}.plan.{case}.{name}")
        };
        if let Some(expected) = reference.find(&key) {
            compared += 1;
            close(&key, &found, &expected.data, tolerance.plan);
        }
    };
    let all =
        |pick: &dyn Fn(&bootstride_core::planner::StatePlan) -> Vec<f32>| plan.states.iter().flat_map(pick).collect();
    check("action", all(&|plan| plan.action.clone()));
    check("mean", all(&|plan| plan.mean.clone()));
    check("action_dist", all(&|plan| [plan.expert_mean.clone(), plan.expert_std.clone()].concat()));
    check("action_value", all(&|plan| vec![plan.expert_value]));
    // The reference has all four, without the expert for TD-MPC2 and with nothing else for reanalyze.
    let expected = if agent == "tdmpc2" || case == "reanalyze" { 2 } else { 4 };
    assert_eq!(compared, expected, "{agent} {case}");
    let trace = plan.trace.as_ref().expect("the trace asked for");
    let last = trace.iterations.last().expect("every iteration is in the trace");
    assert_eq!(trace.iterations.len(), trace.shape.iterations);
    for (state, found) in plan.states.iter().enumerate() {
        let shape = trace.shape;
        let elites = &last.elites[state * reference.sizes.elites..];
        let value = last.values[state * shape.samples + elites[trace.chosen[state]]];
        assert!((value - found.expert_value).abs() < 1e-4, "the trace holds the chosen elite's value");
        let proposed = &last.values[state * shape.samples..][..shape.policy_samples];
        let average = proposed.iter().sum::<f32>() / proposed.len() as f32;
        assert!((found.delta_q - (value - average)).abs() < 1e-4, "delta-Q is measured against the policy's sequences");
    }
}

/// All recorded plans, by a fresh planner of kind `P`.
fn all_plans<P: Planner + Default>(device: &Device, tolerance: Tolerance) {
    for agent in AGENTS {
        for case in ["t0", "warm", "eval"] {
            check_plan(&mut P::default(), agent, case, device, tolerance);
        }
    }
}

fn reanalyze<P: Planner + Default>(device: &Device, tolerance: Tolerance) {
    check_plan(&mut P::default(), "bmpc", "reanalyze", device, tolerance);
}

#[test]
fn parity_of_plans_on_cpu() {
    on_cpu(all_plans::<PlainMppi>);
}

#[test]
fn parity_of_plans_on_wgpu() {
    on_wgpu(all_plans::<PlainMppi>);
}

#[test]
fn parity_of_fused_plans() {
    on_cpu(all_plans::<CpuMppi>);
}

#[test]
fn parity_of_reanalyze_on_cpu() {
    on_cpu(reanalyze::<PlainMppi>);
}

#[test]
fn parity_of_reanalyze_on_wgpu() {
    on_wgpu(reanalyze::<PlainMppi>);
}

#[test]
fn parity_of_fused_reanalyze() {
    on_cpu(reanalyze::<CpuMppi>);
}

#[test]
fn parity_of_wgsl_plans() {
    on_wgpu(all_plans::<GpuMppi>);
}

#[test]
fn parity_of_wgsl_reanalyze() {
    on_wgpu(reanalyze::<GpuMppi>);
}
