//! The memory that a configuration needs, estimated before anything is allocated.

use super::Config;
use crate::model::{PolicyKind, Termination, ValueLearning};

/// Bytes per number.
const NUMBER: u64 = 4;
/// Copies of the learned weights at the peak, which is saving a checkpoint: the networks, both moments of Adam, the
/// gradients, the planner's packed weights, and weights and moments twice more during serialization. Measured: 13 to
/// 14.
const COPIES: u64 = 14;
/// Copies that stay in host memory if a GPU learns.
const HOST_COPIES: u64 = 7;
/// Numbers that learning keeps for each output of a layer: before and after its norm and activation, and gradients.
/// Measured: 3.3 to 3.7.
const KEPT: (u64, u64) = (7, 2);
/// Bytes of a simulated world: a base, and a part that grows with the square of the observations, as the mass matrix
/// does. Measured: 27 kB (cartpole, 5 observations), 140 kB (walker, 24), 2.6 MB (dog, 223).
const WORLD: (u64, u64) = (20_000, 50);

/// A run's peak memory, broken down by use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// The uses, with their bytes.
    pub parts: Vec<Part>,
    /// The setting that contributes most, such as `model.mlp_dim`.
    pub blame: &'static str,
}

/// A part of a run's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The use.
    pub what: &'static str,
    /// Bytes.
    pub bytes: u64,
    /// The setting that it depends on most.
    key: &'static str,
}

impl Footprint {
    /// Returns the host memory needed to train with `config` on a task of these sizes; with `on_gpu`, only what stays
    /// on the host.
    ///
    /// It counts what grows with the settings: weights with optimiser and checkpoint, the activations of an update, the
    /// sequences of a plan, the worlds of an evaluation, and replay as far as the run fills it. The program itself
    /// (some 30 MB) is left out. `bootstride bench memory` measures the same; the figures agree to about a fifth.
    #[must_use]
    pub fn new(config: &Config, observation_size: usize, action_size: usize, on_gpu: bool) -> Self {
        let parts = |config: &Config| parts(config, wide(observation_size), wide(action_size), on_gpu);
        let found = parts(config);
        // The setting whose default would save most; if none is above its default, the setting that the largest part
        // depends on.
        let saved = |(key, reset): (&'static str, Reset)| {
            let mut smaller = config.clone();
            reset(&mut smaller, &Config::default());
            (total(&found).saturating_sub(total(&parts(&smaller))), key)
        };
        let (saving, key) = resets().into_iter().map(saved).max_by_key(|(saving, _)| *saving).unwrap_or_default();
        let largest = found.iter().max_by_key(|part| part.bytes).map_or("", |part| part.key);
        Self { blame: if saving > total(&found) / 2 { key } else { largest }, parts: found }
    }

    /// Returns the bytes of all parts.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        total(&self.parts)
    }

    /// Returns the largest part.
    #[must_use]
    pub fn largest(&self) -> Option<&Part> {
        self.parts.iter().max_by_key(|part| part.bytes)
    }
}

/// Sets one setting of the first configuration to that of the second.
type Reset = fn(&mut Config, &Config);

/// The settings that memory grows with.
fn resets() -> [(&'static str, Reset); 14] {
    [
        ("model.encoder_dim", |to, from| to.model.encoder_dim = from.model.encoder_dim),
        ("model.encoder_layers", |to, from| to.model.encoder_layers = from.model.encoder_layers),
        ("model.mlp_dim", |to, from| to.model.mlp_dim = from.model.mlp_dim),
        ("model.latent_dim", |to, from| to.model.latent_dim = from.model.latent_dim),
        ("model.bins", |to, from| to.model.bins = from.model.bins),
        ("algorithm.value_members", |to, from| to.algorithm.value_members = from.algorithm.value_members),
        ("algorithm.reanalyze_batch", |to, from| to.algorithm.reanalyze_batch = from.algorithm.reanalyze_batch),
        ("planner.samples", |to, from| to.planner.samples = from.planner.samples),
        ("planner.horizon", |to, from| to.planner.horizon = from.planner.horizon),
        ("training.batch", |to, from| to.training.batch = from.training.batch),
        ("training.sequence", |to, from| to.training.sequence = from.training.sequence),
        ("training.environments", |to, from| to.training.environments = from.training.environments),
        ("training.buffer_capacity", |to, from| to.training.buffer_capacity = from.training.buffer_capacity),
        ("run.evaluate_episodes", |to, from| to.run.evaluate_episodes = from.run.evaluate_episodes),
    ]
}

fn total(parts: &[Part]) -> u64 {
    parts.iter().fold(0, |sum, part| sum.saturating_add(part.bytes))
}

/// Converts a size for arithmetic that cannot overflow: sizes are at most 2^40, and products saturate.
fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

fn product(factors: &[u64]) -> u64 {
    factors.iter().fold(1, |product, factor| product.saturating_mul(*factor))
}

fn parts(config: &Config, observation: u64, action: u64, on_gpu: bool) -> Vec<Part> {
    let Config { planner, training, algorithm, run, task, .. } = config;
    let (horizon, sequence) = (wide(planner.horizon), wide(config.sequence()));
    let networks = Networks::new(config, observation, action);
    let copies = if on_gpu { HOST_COPIES } else { COPIES };
    let mut parts = vec![Part {
        what: "the networks, their optimiser and checkpoints",
        bytes: product(&[networks.weights(), NUMBER, copies]),
        key: "model.mlp_dim",
    }];
    let episodes = wide(run.evaluate_episodes);
    if !on_gpu {
        let outputs = product(&[networks.outputs(sequence), KEPT.0]) / KEPT.1;
        parts.push(Part {
            what: "the activations of an update",
            bytes: product(&[outputs, wide(training.batch), NUMBER]),
            key: "training.batch",
        });
        // Each sequence twice, its value, and its place among the elites.
        let sample = product(&[2, horizon, action]).saturating_add(5);
        let anew = if algorithm.reanalyze_interval > 0 { wide(algorithm.reanalyze_batch) } else { 0 };
        let states = product(&[anew, sequence]).max(episodes).max(wide(training.environments));
        parts.push(Part {
            what: "the sequences of a plan",
            bytes: product(&[states, wide(planner.samples), sample, NUMBER]),
            key: "planner.samples",
        });
    }
    let environments = wide(training.environments);
    let world = WORLD.0.saturating_add(product(&[WORLD.1, observation, observation]));
    parts.push(Part {
        what: "the worlds of an evaluation",
        bytes: product(&[2, episodes, world]),
        key: "run.evaluate_episodes",
    });
    parts.push(Part {
        what: "the worlds of training",
        bytes: product(&[environments, world]),
        key: "training.environments",
    });
    // Mean, standard deviation, value and origin.
    let expert = if algorithm.stores_experts() { product(&[2, action]).saturating_add(2) } else { 0 };
    let transition = observation.saturating_add(action).saturating_add(1).saturating_add(expert);
    let decisions = wide(run.steps / task.action_repeat.max(1));
    parts.push(Part {
        what: "the replay buffer",
        bytes: product(&[decisions.min(wide(training.buffer_capacity)), transition, NUMBER]),
        key: "training.buffer_capacity",
    });
    parts
}

/// Widths of the layers of each network, input first.
struct Networks {
    encoder: Vec<u64>,
    dynamics: Vec<u64>,
    reward: Vec<u64>,
    value: Vec<u64>,
    members: u64,
    policy: Vec<u64>,
    policies: u64,
    /// 1 with a termination head, otherwise 0.
    terminations: u64,
    termination: Vec<u64>,
    has_max_q: bool,
}

impl Networks {
    fn new(config: &Config, observation: u64, action: u64) -> Self {
        let (model, algorithm) = (&config.model, &config.algorithm);
        let (latent, hidden, bins) = (wide(model.latent_dim), wide(model.mlp_dim), wide(model.bins));
        let mut encoder = vec![observation];
        encoder.extend(std::iter::repeat_n(wide(model.encoder_dim), model.encoder_layers.saturating_sub(1)));
        encoder.push(latent);
        let acted = latent.saturating_add(action);
        let valued = if algorithm.value_learning == ValueLearning::QOffPolicy { acted } else { latent };
        let learned = [PolicyKind::MaxQ, PolicyKind::Imitation].map(|kind| algorithm.policy_learning.learns(kind));
        Self {
            encoder,
            dynamics: vec![acted, hidden, hidden, latent],
            reward: vec![acted, hidden, hidden, bins],
            value: vec![valued, hidden, hidden, bins],
            members: wide(algorithm.value_members),
            policy: vec![latent, hidden, hidden, 2 * action],
            policies: learned.into_iter().map(u64::from).sum(),
            terminations: u64::from(algorithm.termination == Termination::Learned),
            termination: vec![latent, hidden, hidden, 1],
            has_max_q: learned[0],
        }
    }

    /// Returns the learned weights. Biases and norms are negligible.
    fn weights(&self) -> u64 {
        let of = |widths: &[u64]| {
            widths.windows(2).fold(0_u64, |sum, pair| sum.saturating_add(product(&[pair[0], pair[1]])))
        };
        let once = [&self.encoder, &self.dynamics, &self.reward].map(|widths| of(widths));
        let several =
            [(&self.value, self.members), (&self.policy, self.policies), (&self.termination, self.terminations)];
        let several = several.map(|(widths, count)| product(&[of(widths), count]));
        once.into_iter().chain(several).fold(0, u64::saturating_add)
    }

    /// Returns the outputs of the learned layers for one sequence of an update, including the encoder's input.
    fn outputs(&self, sequence: u64) -> u64 {
        let of = |widths: &[u64]| widths[1..].iter().sum::<u64>();
        let step = of(&self.dynamics)
            + of(&self.reward)
            + self.members * of(&self.value)
            + self.policies * of(&self.policy)
            + self.terminations * of(&self.termination);
        // Two members evaluate the actions of a policy that maximises Q, at every state.
        let judged = if self.has_max_q { self.members.min(2) * of(&self.value) } else { 0 };
        let encoded = self.encoder.iter().sum::<u64>() + judged;
        product(&[sequence, step]).saturating_add(product(&[sequence + 1, encoded]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    /// Megabytes for the dog, with the settings on top of a size.
    fn megabytes(size: &str, settings: &[&str]) -> u64 {
        let mut layers = Layers::new().size_preset(size).unwrap();
        for setting in settings {
            layers = layers.set(setting).unwrap();
        }
        Footprint::new(&layers.resolve().unwrap(), 223, 38, false).bytes() / 1_000_000
    }

    #[test]
    fn the_estimate_is_near_what_was_measured() {
        // `bench memory` with a buffer of 2,000 transitions (`VmHWM`), without the 35 MB of the program.
        let measured: [(&str, &[&str], u64); 6] = [
            ("paper", &[], 291),
            ("tiny", &["model.mlp_dim=2048"], 1265),
            ("tiny", &["training.batch=8000"], 766),
            ("paper", &["training.batch=2000"], 765),
            ("tiny", &["planner.horizon=20", "training.batch=1000"], 643),
            ("tiny", &["planner.samples=20000"], 176),
        ];
        for (size, settings, peak) in measured {
            let all: Vec<&str> =
                settings.iter().copied().chain(["training.buffer_capacity=2000", "run.evaluate_episodes=1"]).collect();
            let estimate = megabytes(size, &all);
            assert!(
                estimate * 10 > peak * 7 && estimate * 10 < peak * 14,
                "{size} {settings:?}: {estimate}, measured {peak}"
            );
        }
    }

    #[test]
    fn the_published_configuration_fits_a_machine_of_24_gib_on_the_largest_task() {
        assert!(megabytes("paper", &["run.steps=10_000_000"]) < 4000);
    }

    #[test]
    fn the_setting_most_to_blame_is_named() {
        let blame = |settings: &[&str]| {
            let mut layers = Layers::new().size_preset("tiny").unwrap();
            for setting in settings {
                layers = layers.set(setting).unwrap();
            }
            Footprint::new(&layers.resolve().unwrap(), 5, 1, false).blame
        };
        assert_eq!(blame(&["model.mlp_dim=65536"]), "model.mlp_dim");
        assert_eq!(blame(&["model.latent_dim=65536", "model.mlp_dim=4096"]), "model.latent_dim");
        assert_eq!(blame(&["training.batch=1000000"]), "training.batch");
        assert_eq!(blame(&["planner.horizon=100", "training.batch=256"]), "planner.horizon");
        assert_eq!(
            blame(&["training.environments=1024", "model.mlp_dim=32", "training.batch=8"]),
            "training.environments"
        );
        assert_eq!(blame(&["training.sequence=1000", "training.batch=256"]), "training.sequence");
        assert_eq!(blame(&["run.evaluate_episodes=60000"]), "run.evaluate_episodes");
        assert_eq!(blame(&["training.buffer_capacity=1000000000", "run.steps=1e12"]), "training.buffer_capacity");
        assert_eq!(blame(&["run.steps=1e8"]), "training.buffer_capacity", "no setting is above its default");
    }

    #[test]
    fn a_buffer_without_experts_is_smaller_by_their_columns() {
        let replay = |algorithm: &str| {
            let layers = Layers::new().size_preset("tiny").unwrap().algorithm(algorithm).unwrap();
            let config = layers.set("run.steps=20000").unwrap().resolve().unwrap();
            let footprint = Footprint::new(&config, 5, 1, false);
            footprint.parts.iter().find(|part| part.what == "the replay buffer").unwrap().bytes
        };
        assert_eq!((replay("bmpc"), replay("tdmpc2")), (4 * 10_000 * (5 + 1 + 1 + 4), 4 * 10_000 * (5 + 1 + 1)));
    }

    #[test]
    fn the_largest_settings_do_not_overflow() {
        let all = [
            "model.mlp_dim=65536",
            "model.latent_dim=65536",
            "algorithm.value_members=64",
            "training.batch=1000000",
            "planner.horizon=100",
            "planner.samples=65536",
            "run.steps=1e12",
            "training.buffer_capacity=1e9",
            "algorithm.reanalyze_batch=655",
        ];
        assert!(megabytes("paper", &all) > 1_000_000);
    }
}
