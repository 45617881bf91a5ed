//! All back ends make the same plans for the same random numbers.

use std::cell::{Cell, RefCell};

use bootstride_core::config::Config;
use bootstride_core::math::{Purpose, Stream};
use bootstride_core::model::{ModelSettings, WorldModel};
use bootstride_core::nn::Parameters;
use bootstride_core::planner::{CpuMppi, PlainMppi, Plan, PlanMode, PlannerSettings};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::checked::{Question, Ties};
use crate::config;

/// A model whose heads say something, for observations and actions of these sizes.
pub fn model_on(device: &Device, config: &Config, observation: usize, action: usize, seed: u64) -> WorldModel {
    let mut random = Stream::new(seed, Purpose::Other, 0);
    let mut model = WorldModel::new(&ModelSettings::new(config), observation, action, &mut random, device);
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

fn model(config: &Config, observation: usize, action: usize, seed: u64) -> WorldModel {
    model_on(&Device::flex(), config, observation, action, seed)
}

/// A plan's sizes and the seed of its model.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub algorithm: &'static str,
    /// Whether the model has a termination head.
    pub ends: bool,
    pub observation: usize,
    pub action: usize,
    /// In groups of 8.
    pub latent: usize,
    pub mlp: usize,
    pub encoder: usize,
    pub policy: usize,
    /// Samples in addition to twice those of a policy.
    pub more: usize,
    pub iterations: usize,
    pub horizon: usize,
    pub states: usize,
    pub seed: u64,
    pub mode: PlanMode,
}

impl Case {
    pub fn config(&self) -> Config {
        let samples = 2 * self.policy + self.more;
        let settings = [
            format!("model.latent_dim={}", 8 * self.latent),
            format!("model.mlp_dim={}", self.mlp),
            format!("model.encoder_dim={}", self.encoder),
            format!("planner.policy_samples={}", self.policy),
            format!("planner.samples={samples}"),
            format!("planner.elites={}", 1 + samples / 5),
            format!("planner.iterations={}", self.iterations),
            format!("planner.horizon={}", self.horizon),
            format!("algorithm.termination={}", if self.ends { "learned" } else { "bootstrap" }),
        ];
        config(self.algorithm, &settings.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn model(&self, device: &Device) -> WorldModel {
        model_on(device, &self.config(), self.observation, self.action, self.seed)
    }

    pub fn question<'a>(&self, settings: &'a PlannerSettings) -> Question<'a> {
        Question { settings, states: self.states, mode: self.mode, decision: 1 }
    }
}

/// Random sizes, with at least so many sequences of each policy.
pub fn any_case(policy: usize) -> impl Strategy<Value = Case> {
    let networks = (1_usize..40, 1_usize..62, 1_usize..9, 3_usize..70, 3_usize..40);
    let plan = (policy..20, 1_usize..90, 1_usize..4, 1_usize..5, 1_usize..4);
    let algorithm = prop::sample::select(vec!["bmpc", "tdmpc2", "variant1", "variant2", "variant3"]);
    let modes = prop::sample::select(vec![PlanMode::Collect, PlanMode::Evaluate, PlanMode::Reanalyze]);
    let variant = (algorithm, any::<bool>());
    (variant, networks, plan, any::<u64>(), modes).prop_map(|((algorithm, ends), networks, plan, seed, mode)| {
        let (observation, action, latent, mlp, encoder) = networks;
        let (policy, more, iterations, horizon, states) = plan;
        #[rustfmt::skip]
        let case = Case {
            algorithm, ends, observation, action, latent, mlp, encoder, policy, more, iterations, horizon, states, seed, mode,
        };
        case
    })
}

/// Checks `count` random cases; ties among the elites must be rare in all of them together.
pub fn check_cases<T: std::fmt::Debug>(
    count: u32,
    cases: impl Strategy<Value = T>,
    check: impl Fn(&T) -> Result<Ties, String>,
) {
    let ties = RefCell::new(Ties::default());
    let checked = TestRunner::new(bootstride_tests::property::cases(count)).run(&cases, |case| {
        ties.borrow_mut().add(check(&case).map_err(TestCaseError::fail)?);
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
    println!("{:?}", ties.borrow());
    ties.borrow().assert_rare();
}

/// [`any_case`] with a termination head; sequences must end in part of all plans together.
pub fn check_ends(count: u32, policy: usize, check: impl Fn(&Case) -> Result<Ties, String>) {
    let sequences = Cell::new((0, 0));
    let cases = any_case(policy).prop_map(|case| Case { ends: true, ..case });
    check_cases(count, cases, |case| {
        let ties = check(case)?;
        let (ended, all) = sequences.get();
        sequences.set((ended + ties.ended, all + ties.sequences));
        Ok(ties)
    });
    let (ended, all) = sequences.get();
    assert!(all > 1000 && ended * 10 > all && ended * 10 < all * 9, "{ended} of {all} sequences ended");
}

/// The plain and the fused engine, against the plain one.
fn check(case: &Case) -> Result<Ties, String> {
    let (model, settings) = (case.model(&Device::flex()), PlannerSettings::new(&case.config(), 500));
    let question = case.question(&settings);
    let mut ties = question.check(&model, &question.ask(&mut PlainMppi, &model), 1e-5)?;
    ties.add(question.check(&model, &question.ask(&mut CpuMppi::default(), &model), 1e-4)?);
    Ok(ties)
}

#[test]
fn the_plain_and_the_fused_engine_agree_on_random_shapes() {
    check_cases(24, any_case(0), check);
}

#[test]
fn the_plain_and_the_fused_engine_agree_on_where_sequences_end() {
    check_ends(24, 0, check);
}

/// A plan of one iteration for two states, and the question that it answers.
fn one_iteration(then: impl Fn(&Question<'_>, &WorldModel, Plan)) {
    let config = config("bmpc", &["planner.iterations=1"]);
    let (model, settings) = (model(&config, 3, 2, 1), PlannerSettings::new(&config, 500));
    let question = Question { settings: &settings, states: 2, mode: PlanMode::Evaluate, decision: 1 };
    let plan = question.ask(&mut PlainMppi, &model);
    assert_eq!(question.check(&model, &plan, 1e-4), Ok(Ties { compared: 2, ..Ties::default() }));
    then(&question, &model, plan);
}

/// The samples of the first state, best first.
fn ranking(plan: &Plan) -> Vec<usize> {
    let trace = plan.trace.as_ref().unwrap();
    let values = &trace.iterations[0].values;
    let mut order: Vec<usize> = (0..trace.shape.samples).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}

#[test]
fn the_check_refuses_an_engine_that_takes_the_worst_samples() {
    one_iteration(|question, model, mut plan| {
        let count = question.settings.config.elites;
        let order = ranking(&plan);
        // An engine that is right about everything that follows from its elites.
        question.replace_elites(model, &mut plan, &order[order.len() - count..]);
        let error = question.check(model, &plan, 1e-4).unwrap_err();
        assert!(error.contains("the elites of state 0"), "{error}");
    });
}

#[test]
fn the_check_counts_a_tie_at_the_edge_of_the_elites_and_refuses_any_other_difference() {
    one_iteration(|question, model, plan| {
        let count = question.settings.config.elites;
        let order = ranking(&plan);
        let values = &plan.trace.as_ref().unwrap().iterations[0].values;
        let gap = values[order[count - 1]] - values[order[count]];
        let size = values[order[count - 1]].abs().max(1.0);
        let mut exchanged = plan.clone();
        let elites: Vec<usize> = order[..count - 1].iter().chain([&order[count]]).copied().collect();
        question.replace_elites(model, &mut exchanged, &elites);
        let check = |tolerance: f32| question.check(model, &exchanged, tolerance);
        assert_eq!(check(1.01 * gap / size), Ok(Ties { compared: 2, tied: 1, ..Ties::default() }));
        let error = check(0.9 * gap / size).unwrap_err();
        assert!(error.contains("the elites of state 0"), "{error}");
    });
    let many = |tied| std::panic::catch_unwind(|| Ties { compared: 100, tied, ..Ties::default() }.assert_rare());
    assert!(many(5).is_ok() && many(6).is_err());
}

#[test]
fn the_check_goes_on_after_a_tie_and_sees_every_part_of_a_plan() {
    let config = config("tdmpc2", &["planner.iterations=3"]);
    let (model, settings) = (model(&config, 3, 2, 1), PlannerSettings::new(&config, 500));
    let question = Question { settings: &settings, states: 2, mode: PlanMode::Collect, decision: 1 };
    let plan = question.ask(&mut PlainMppi, &model);
    let refused = |what: &str, damage: &dyn Fn(&mut Plan)| {
        let mut damaged = plan.clone();
        damage(&mut damaged);
        let error = question.check(&model, &damaged, 1e-4).unwrap_err();
        assert!(error.contains(what), "{error} instead of {what}");
    };
    let trace = |plan: &'_ mut Plan| plan.trace.take().unwrap();
    refused("no trace", &|plan| _ = trace(plan));
    let within = |plan: &mut Plan, change: &dyn Fn(&mut bootstride_core::planner::Trace)| {
        change(plan.trace.as_mut().unwrap());
    };
    refused("sequences of the policies", &|plan| within(plan, &|trace| trace.policy_sequences[0] += 0.001));
    refused("sequences of iteration 1", &|plan| within(plan, &|trace| trace.iterations[1].sequences[300] -= 0.001));
    refused("values of iteration 2", &|plan| within(plan, &|trace| trace.iterations[2].values[9] += 0.1));
    refused("values of iteration 2", &|plan| within(plan, &|trace| trace.iterations[2].values[9] = f32::NAN));
    refused("best first", &|plan| within(plan, &|trace| trace.iterations[1].elites.swap(0, 1)));
    refused("twice", &|plan| within(plan, &|trace| trace.iterations[1].elites[0] = trace.iterations[1].elites[1]));
    refused("weights of iteration 0", &|plan| within(plan, &|trace| trace.iterations[0].weights[0] *= 0.99));
    refused("mean of iteration 2", &|plan| within(plan, &|trace| trace.iterations[2].mean[1] += 0.001));
    refused("deviation of iteration 2", &|plan| within(plan, &|trace| trace.iterations[2].std[1] += 0.001));
    refused("of the weights", &|plan| within(plan, &|trace| trace.chosen[0] = 7));
    refused("action of state 1", &|plan| plan.states[1].action[0] = 0.5);
    refused("expert value of state 1", &|plan| plan.states[1].expert_value += 0.1);
    refused("delta-Q of state 0", &|plan| plan.states[0].delta_q += 0.1);
}

#[test]
fn the_fused_engine_notices_new_weights() {
    let config = config("bmpc", &[]);
    let settings = PlannerSettings::new(&config, 500);
    let (first, second) = (model(&config, 3, 1, 1), model(&config, 3, 1, 2));
    let question = Question { settings: &settings, states: 2, mode: PlanMode::Evaluate, decision: 1 };
    let mut planner = CpuMppi::default();
    let before = question.ask(&mut planner, &first);
    let other = question.ask(&mut planner, &second);
    assert_ne!(before, other);
    assert_eq!(other, question.ask(&mut CpuMppi::default(), &second));
    assert_eq!(before, question.ask(&mut planner, &first), "the same weights, the same plan");
}

#[test]
fn the_fused_engine_makes_the_same_plan_bit_for_bit_with_any_number_of_threads() {
    for (algorithm, states) in [("bmpc", 1), ("bmpc", 3), ("tdmpc2", 1)] {
        let config = config(algorithm, &["planner.samples=300", "planner.policy_samples=21"]);
        let (model, settings) = (model(&config, 3, 2, 4), PlannerSettings::new(&config, 500));
        let question = Question { settings: &settings, states, mode: PlanMode::Collect, decision: 3 };
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| question.ask(&mut CpuMppi::default(), &model))
        };
        let one = with(1);
        for threads in [2, 5] {
            assert_eq!(with(threads), one, "{algorithm}, {states} states, {threads} threads");
        }
    }
}
