//! Floating-point operations of planning and learning, from formulas.
//!
//! Only matrix products are counted: 2 x rows x in x out each, a multiplication and an addition per weight. Biases,
//! LayerNorm, activations, the discrete regression, MPPI's own arithmetic, dropout and Adam are not counted: they are
//! the overhead that lowers an efficiency.
//!
//! The operations are those of the plain algorithm, regardless of what an engine computes: one that skips work without
//! changing the result has a higher efficiency, which can exceed 1.
//!
//! - **A plan** counts forward products: the encoder on each state; for the guides' sequences the policy at every step
//!   and the dynamics between the steps; per iteration, for all samples, dynamics and reward at every step and the
//!   drawn value members at the end (under a Q value also the policy that ends the sequence). A termination head counts
//!   at every step.
//! - **An update** counts a learned network three times, once forward and twice backward (for its weights and for its
//!   inputs, also in first layers, whose inputs need no gradient). Targets count forward only: the encoder on all real
//!   observations, and what value targets unroll. A max-Q policy's loss goes through two frozen value members, forward
//!   and backward for the inputs only: twice.

use bootstride_core::config::Config;
use bootstride_core::model::{PolicyKind, Termination, ValueLearning};
use bootstride_core::task::TaskInfo;

/// Counts the operations of one configuration on one task. All results are in floating-point operations.
#[derive(Clone, Debug)]
pub struct Cost {
    config: Config,
    network: Networks,
    action_dim: usize,
}

/// Number of weights of each network without biases and norms (of one member for ensembles): half of the operations per
/// row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Networks {
    encoder: usize,
    dynamics: usize,
    reward: usize,
    value: usize,
    policy: usize,
    /// 0 without a termination head.
    termination: usize,
}

/// Returns the number of weights of layers with these widths, input first.
fn weights(widths: &[usize]) -> usize {
    widths.windows(2).map(|pair| pair[0] * pair[1]).sum()
}

#[allow(clippy::cast_precision_loss, reason = "operations are displayed with a few digits")]
fn operations(products: usize) -> f64 {
    2.0 * products as f64
}

impl Networks {
    fn new(config: &Config, observation_dim: usize, action_dim: usize) -> Self {
        let model = &config.model;
        let (z, h, bins) = (model.latent_dim, model.mlp_dim, model.bins);
        let mut encoder = vec![observation_dim];
        encoder.extend(std::iter::repeat_n(model.encoder_dim, model.encoder_layers.saturating_sub(1)));
        encoder.push(z);
        let value_input = if reads_action(config) { z + action_dim } else { z };
        Self {
            encoder: weights(&encoder),
            dynamics: weights(&[z + action_dim, h, h, z]),
            reward: weights(&[z + action_dim, h, h, bins]),
            value: weights(&[value_input, h, h, bins]),
            policy: weights(&[z, h, h, 2 * action_dim]),
            termination: match config.algorithm.termination {
                Termination::Bootstrap => 0,
                Termination::Learned => weights(&[z, h, h, 1]),
            },
        }
    }
}

fn reads_action(config: &Config) -> bool {
    config.algorithm.value_learning == ValueLearning::QOffPolicy
}

impl Cost {
    /// Returns the cost of `config` on `task`.
    #[must_use]
    pub fn new(config: &Config, task: &TaskInfo) -> Self {
        Self::with_sizes(config, task.observation_size, task.action_size)
    }

    fn with_sizes(config: &Config, observation_dim: usize, action_dim: usize) -> Self {
        let network = Networks::new(config, observation_dim, action_dim);
        Self { config: config.clone(), network, action_dim }
    }

    /// Returns the number of value ensemble members that score sequences and form targets.
    fn drawn_members(&self) -> usize {
        self.config.algorithm.value_members.min(2)
    }

    /// Returns the operations of planning for this many states at once.
    #[must_use]
    pub fn plan(&self, states: usize) -> f64 {
        let Networks { encoder, dynamics, reward, value, policy, termination } = self.network;
        let planner = &self.config.planner;
        let proposed = planner.policy_samples * self.config.algorithm.guide.policies().len();
        let guide = planner.horizon * policy + planner.horizon.saturating_sub(1) * dynamics;
        let end = self.drawn_members() * value + if reads_action(&self.config) { policy } else { 0 };
        let sequence = planner.horizon * (dynamics + reward + termination) + end;
        let sequences = planner.iterations_for(self.action_dim) * planner.samples;
        operations(states * (encoder + proposed * guide + sequences * sequence))
    }

    /// Returns the operations of one round of reanalyze.
    #[must_use]
    pub fn reanalyze(&self) -> f64 {
        self.plan(self.config.algorithm.reanalyze_batch * self.config.sequence())
    }

    /// Returns the operations of one update of all networks, including the policies.
    #[must_use]
    pub fn update(&self) -> f64 {
        let Networks { encoder, dynamics, reward, value, policy, termination } = self.network;
        let algorithm = &self.config.algorithm;
        let batch = self.config.training.batch;
        let rows = batch * self.config.sequence();
        let unrolled = match algorithm.value_learning {
            ValueLearning::QOffPolicy => policy,
            ValueLearning::VOnPolicy => algorithm.value_horizon * (policy + reward + dynamics + termination),
        };
        let targets = (rows + batch) * encoder + rows * (unrolled + self.drawn_members() * value);
        let world = batch * encoder + rows * (dynamics + reward + termination + algorithm.value_members * value);
        let policies = [PolicyKind::Imitation, PolicyKind::MaxQ]
            .into_iter()
            .filter(|&kind| algorithm.policy_learning.learns(kind));
        let policies: usize = policies
            .map(|kind| match kind {
                PolicyKind::Imitation => 3 * rows * policy,
                PolicyKind::MaxQ => (rows + batch) * (3 * policy + 2 * self.drawn_members() * value),
            })
            .sum();
        operations(targets + 3 * world + policies)
    }

    /// Returns the operations of one training decision: its plan, its update and its share of reanalyze.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "an interval is short")]
    pub fn decision(&self) -> f64 {
        self.decision_with(match self.config.algorithm.reanalyze_interval {
            0 => 0.0,
            interval => self.config.training.updates_per_decision / interval as f64,
        })
    }

    /// Returns the operations of one training decision with this many rounds of reanalyze per decision.
    #[must_use]
    pub fn decision_with(&self, rounds: f64) -> f64 {
        self.plan(1) + self.config.training.updates_per_decision * self.update() + rounds * self.reanalyze()
    }
}

impl Cost {
    /// Returns the operations of the longest step of training: a decision in each environment, the updates for them,
    /// and the rounds of reanalyze that fall due.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "environments are few, an interval is short")]
    pub fn longest_step(&self) -> f64 {
        let (training, interval) = (&self.config.training, self.config.algorithm.reanalyze_interval);
        let updates = (training.environments as f64 * training.updates_per_decision).ceil();
        let rounds = if interval > 0 { (updates / interval as f64).ceil() } else { 0.0 };
        self.plan(training.environments) + updates * self.update() + rounds * self.reanalyze()
    }
}

#[cfg(test)]
mod tests {
    use bootstride_core::config::Layers;
    use bootstride_core::math::{Purpose, Stream};
    use bootstride_core::model::{ModelSettings, WorldModel};
    use bootstride_core::nn::Mlp;
    use burn::tensor::Device;

    use super::*;

    fn config(algorithm: &str, settings: &[&str]) -> Config {
        let layers = Layers::new().algorithm(algorithm).unwrap();
        settings.iter().fold(layers, |layers, setting| layers.set(setting).unwrap()).resolve().unwrap()
    }

    /// Widths 8 with one hidden layer in the encoder; 3 observations, 2 actions.
    const SMALL: [&str; 12] = [
        "model.encoder_dim=4",
        "model.mlp_dim=8",
        "model.latent_dim=8",
        "model.simnorm_dim=4",
        "model.bins=5",
        "planner.samples=10",
        "planner.policy_samples=3",
        "planner.elites=4",
        "planner.iterations=2",
        "planner.horizon=2",
        "training.batch=4",
        "algorithm.reanalyze_batch=3",
    ];

    #[allow(clippy::cast_precision_loss)]
    #[track_caller]
    fn assert_products(found: f64, products: usize) {
        assert!((found - 2.0 * products as f64).abs() < 0.5, "{} products where {products} are expected", found / 2.0);
    }

    #[test]
    fn a_small_case_is_as_counted_by_hand() {
        let cost = Cost::with_sizes(&config("bmpc", &SMALL), 3, 2);
        // encoder 3-4-8, dynamics 10-8-8-8, reward 10-8-8-5, value 8-8-8-5, policy 8-8-8-4.
        let expected = Networks { encoder: 44, dynamics: 208, reward: 184, value: 168, policy: 160, termination: 0 };
        assert_eq!(cost.network, expected);
        // 3 sequences of 2 policy steps with a dynamics step between; 2 x 10 sequences of 2 steps and 2 values.
        let plan = 44 + 3 * (2 * 160 + 208) + 20 * (2 * (208 + 184) + 2 * 168);
        assert_eq!(plan, 24_028);
        assert_products(cost.plan(1), plan);
        assert_products(cost.reanalyze(), 6 * plan);
        // Targets: 12 observations encoded, 8 rows of policy, reward, dynamics and 2 values. Learned: 4 encoded, 8 rows
        // of dynamics, reward and 2 values, and the policy.
        let targets = 12 * 44 + 8 * (160 + 184 + 208 + 2 * 168);
        let learned = 4 * 44 + 8 * (208 + 184 + 2 * 168) + 8 * 160;
        assert_eq!(targets + 3 * learned, 29_472);
        assert_products(cost.update(), 29_472);
        assert!((cost.decision() - cost.plan(1) - cost.update() - cost.reanalyze() / 10.0).abs() < 0.5);
    }

    #[test]
    fn a_termination_head_is_counted_at_every_step_of_a_sequence_a_target_and_an_update() {
        let [without, with] = ["bootstrap", "learned"].map(|termination| {
            let setting = format!("algorithm.termination={termination}");
            Cost::with_sizes(&config("bmpc", &[&SMALL[..], &[setting.as_str()]].concat()), 3, 2)
        });
        let head = 8 * 8 + 8 * 8 + 8;
        assert_products(with.plan(1) - without.plan(1), 20 * 2 * head);
        assert_products(with.update() - without.update(), 8 * head + 3 * 8 * head);
    }

    #[test]
    fn a_max_q_policy_is_counted_through_the_value() {
        let cost = Cost::with_sizes(&config("tdmpc2", &SMALL), 3, 2);
        let (encoder, dynamics, reward, value, policy) = (44, 208, 184, 10 * 8 + 8 * 8 + 8 * 5, 160);
        let sequence = 2 * (dynamics + reward) + 2 * value + policy;
        assert_products(cost.plan(1), encoder + 3 * (2 * policy + dynamics) + 20 * sequence);
        let targets = 12 * encoder + 8 * (policy + 2 * value);
        let world = 4 * encoder + 8 * (dynamics + reward + 5 * value);
        assert_products(cost.update(), targets + 3 * world + 12 * (3 * policy + 2 * 2 * value));
        assert!((cost.decision() - cost.plan(1) - cost.update()).abs() < 0.5, "there is no reanalyze");
    }

    /// The figure against which engines have been compared: 32.4 GFLOP.
    #[test]
    fn a_plan_of_the_published_size_is_32_gflop() {
        let gflop = Cost::with_sizes(&config("bmpc", &[]), 24, 6).plan(1) / 1e9;
        assert!((gflop - 32.4).abs() < 0.1, "{gflop}");
    }

    #[test]
    fn networks_are_those_of_the_model() {
        let learned = "algorithm.termination=learned";
        for (algorithm, last) in
            [("bmpc", "run.seed=1"), ("tdmpc2", "run.seed=1"), ("variant1", "run.seed=1"), ("bmpc", learned)]
        {
            let config = config(algorithm, &[&SMALL[..], &["model.encoder_layers=3", last]].concat());
            let mut random = Stream::new(1, Purpose::Other, 0);
            let model = WorldModel::new(&ModelSettings::new(&config), 3, 2, &mut random, &Device::flex());
            let weights = |network: &Mlp| {
                network.layers.iter().map(|layer| layer.weight.dims()).map(|[_, input, output]| input * output).sum()
            };
            let expected = Networks {
                encoder: weights(&model.encoder),
                dynamics: weights(&model.dynamics),
                reward: weights(&model.reward),
                value: weights(&model.value),
                policy: weights(&model.policies[0].network),
                termination: model.termination.as_ref().map_or(0, weights),
            };
            assert_eq!(Networks::new(&config, 3, 2), expected, "{algorithm}");
        }
    }
}
