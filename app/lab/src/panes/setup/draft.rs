//! The setup of the next run: a [`Draft`], saved between sessions of the lab, that becomes a configuration.

use bootstride_core::config::{Config, ConfigError, Layers, Problem};
use bootstride_core::model::{PolicyKind, PolicyLearning, ValueLearning};
use bootstride_core::planner::{Guide, PlannerConfig};
use bootstride_core::task::{CUSTOM_BODY, configured_task};
use serde::{Deserialize, Serialize};

use super::axes::word;

/// The name of an algorithm that is not a preset.
pub const OWN: &str = "own";

/// The setup of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// Name of the task, or [`CUSTOM_BODY`].
    pub task: String,
    /// A custom body file.
    pub body: Option<CustomBody>,
    /// The size preset.
    pub size: String,
    /// The algorithm preset that the axes started from.
    pub algorithm: String,
    /// The four axes.
    pub axes: Axes,
    /// Decisions between two rounds of reanalyze (k); 0 disables it.
    pub reanalyze_interval: usize,
    /// Sequences that one round replans (b).
    pub reanalyze_batch: usize,
    /// The planner.
    pub planner: PlannerConfig,
    /// Seed of all random numbers.
    pub seed: u64,
    /// `auto`, `cpu`, `gpu` or `gpu:N`.
    pub device: String,
    /// Environment steps to train for.
    pub steps: usize,
    /// Environment steps between evaluations.
    pub evaluate_every: usize,
    /// Environments that collect in parallel.
    pub environments: usize,
    /// Updates of the networks for each decision.
    pub updates_per_decision: f64,
    /// Transitions per training sequence; 0 for as many as the planner's horizon.
    pub sequence: usize,
    /// Additional settings, `key=value` each, which override everything else.
    pub more: String,
    /// The folder for new runs as entered by the user; empty for the default.
    pub runs: String,
}

/// A custom body file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomBody {
    /// The file name.
    pub name: String,
    /// The JSON text.
    pub text: String,
}

/// A point in the algorithm family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axes {
    /// Axis 1: the policies that are learned.
    pub policy_learning: PolicyLearning,
    /// Axis 2: the value that is learned.
    pub value_learning: ValueLearning,
    /// Axis 3: the policy whose actions form value targets.
    pub target_policy: PolicyKind,
    /// Axis 4: the policy that proposes sequences to MPPI.
    pub guide: Guide,
}

impl Axes {
    /// Returns the axes of a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let algorithm = &config.algorithm;
        Self {
            policy_learning: algorithm.policy_learning,
            value_learning: algorithm.value_learning,
            target_policy: algorithm.target_policy,
            guide: algorithm.guide,
        }
    }
}

impl Default for Axes {
    fn default() -> Self {
        Self::of(&Config::default())
    }
}

impl Default for Draft {
    fn default() -> Self {
        let config = Config::default();
        let mut draft = Self {
            task: "pendulum-swingup".into(),
            body: None,
            size: "tiny".into(),
            algorithm: config.algorithm.name.clone(),
            axes: Axes::of(&config),
            reanalyze_interval: config.algorithm.reanalyze_interval,
            reanalyze_batch: config.algorithm.reanalyze_batch,
            planner: config.planner,
            seed: config.run.seed,
            device: config.run.device,
            steps: config.run.steps,
            evaluate_every: config.run.evaluate_every,
            environments: config.training.environments,
            updates_per_decision: config.training.updates_per_decision,
            sequence: config.training.sequence,
            more: String::new(),
            runs: String::new(),
        };
        draft.choose_size("tiny");
        draft
    }
}

impl Draft {
    /// Restores a saved draft; values unknown to this version are replaced by the defaults.
    #[must_use]
    pub fn repaired(self) -> Self {
        let known = self.base().is_ok();
        if known { self } else { Self { task: self.task, seed: self.seed, runs: self.runs, ..Self::default() } }
    }

    /// Applies a size preset, with all its settings.
    pub fn choose_size(&mut self, name: &str) {
        name.clone_into(&mut self.size);
        if let Ok(base) = self.base() {
            self.planner = base.planner;
            self.reanalyze_batch = base.algorithm.reanalyze_batch;
            self.steps = base.run.steps;
            self.evaluate_every = base.run.evaluate_every;
            self.environments = base.training.environments;
            self.updates_per_decision = base.training.updates_per_decision;
            self.sequence = base.training.sequence;
        }
    }

    /// Applies an algorithm preset, with its axes and the additional elites of a second guide.
    pub fn choose_algorithm(&mut self, name: &str) {
        name.clone_into(&mut self.algorithm);
        if let Ok(base) = self.base() {
            self.axes = Axes::of(&base);
            self.reanalyze_interval = base.algorithm.reanalyze_interval;
            self.planner.elites = base.planner.elites;
        }
    }

    /// Returns the planner settings of the presets.
    #[must_use]
    pub fn preset_planner(&self) -> PlannerConfig {
        self.base().map(|base| base.planner).unwrap_or_default()
    }

    /// Returns the planner settings of this draft's size and a run's algorithm. The kind of planner stays the run's.
    #[must_use]
    pub fn preset_planner_of(&self, running: &Config) -> PlannerConfig {
        let of = |algorithm: &str| Self { algorithm: algorithm.to_owned(), ..self.clone() }.base();
        let preset = of(&running.algorithm.name).or_else(|_| self.base()).map(|base| base.planner).unwrap_or_default();
        PlannerConfig { kind: running.planner.kind.clone(), custom: running.planner.custom.clone(), ..preset }
    }

    /// Returns this draft with the values of a running configuration, for display.
    #[must_use]
    pub fn showing(&self, config: &Config) -> Self {
        Self {
            task: config.task.name.clone(),
            body: self
                .body
                .clone()
                .or_else(|| Some(CustomBody { name: "custom body".into(), ..CustomBody::default() })),
            algorithm: config.algorithm.name.clone(),
            axes: Axes::of(config),
            reanalyze_interval: config.algorithm.reanalyze_interval,
            reanalyze_batch: config.algorithm.reanalyze_batch,
            planner: config.planner.clone(),
            seed: config.run.seed,
            device: config.run.device.clone(),
            steps: config.run.steps,
            evaluate_every: config.run.evaluate_every,
            environments: config.training.environments,
            updates_per_decision: config.training.updates_per_decision,
            sequence: config.training.sequence,
            ..self.clone()
        }
    }

    /// Sets a custom body file.
    pub fn choose_body(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.body = Some(CustomBody { name: name.into(), text: text.into() });
        CUSTOM_BODY.clone_into(&mut self.task);
    }

    /// Returns the presets only.
    fn base(&self) -> Result<Config, ConfigError> {
        Layers::new().size_preset(&self.size)?.algorithm(&self.algorithm)?.resolve()
    }

    /// Returns whether the axes are those of the algorithm preset.
    #[must_use]
    pub fn is_preset(&self) -> bool {
        self.base().is_ok_and(|base| Axes::of(&base) == self.axes)
    }

    /// Returns the differences from the presets, by key.
    fn changes(&self, base: &Config) -> Vec<(&'static str, String)> {
        let (axes, own, planner) = (Axes::of(base), self.axes, (&self.planner, &base.planner));
        let mut changes = vec![("task.name", self.task.clone())];
        let mut put = |key, differs: bool, value: String| {
            if differs {
                changes.push((key, value));
            }
        };
        put("algorithm.name", own != axes, OWN.into());
        put("algorithm.policy_learning", own.policy_learning != axes.policy_learning, word(&own.policy_learning));
        put("algorithm.value_learning", own.value_learning != axes.value_learning, word(&own.value_learning));
        put("algorithm.target_policy", own.target_policy != axes.target_policy, word(&own.target_policy));
        put("algorithm.guide", own.guide != axes.guide, word(&own.guide));
        for (key, of) in COUNTS {
            put(key, of(planner.0) != of(planner.1), of(planner.0).to_string());
        }
        for (key, of) in REALS {
            put(key, of(planner.0).to_bits() != of(planner.1).to_bits(), of(planner.0).to_string());
        }
        let counts = [
            ("algorithm.reanalyze_interval", self.reanalyze_interval, base.algorithm.reanalyze_interval),
            ("algorithm.reanalyze_batch", self.reanalyze_batch, base.algorithm.reanalyze_batch),
            ("run.steps", self.steps, base.run.steps),
            ("run.evaluate_every", self.evaluate_every, base.run.evaluate_every),
            ("training.environments", self.environments, base.training.environments),
            ("training.sequence", self.sequence, base.training.sequence),
        ];
        for (key, own, preset) in counts {
            put(key, own != preset, own.to_string());
        }
        let updates = self.updates_per_decision;
        let differs = updates.to_bits() != base.training.updates_per_decision.to_bits();
        put("training.updates_per_decision", differs, format!("{updates:?}"));
        put("run.seed", self.seed != base.run.seed, self.seed.to_string());
        put("run.device", self.device != base.run.device, self.device.clone());
        changes
    }

    /// Returns the configuration layers of the draft.
    ///
    /// # Errors
    /// If a setting is unknown, of the wrong type or out of its range.
    pub fn layers(&self) -> Result<Layers, ConfigError> {
        let base = self.base()?;
        let mut layers = Layers::new().size_preset(&self.size)?.algorithm(&self.algorithm)?;
        for (key, value) in self.changes(&base) {
            layers = layers.set(&format!("{key}={value}"))?;
        }
        for setting in self.more.split_whitespace() {
            layers = layers.set(setting)?;
        }
        Ok(layers)
    }

    /// Returns the configuration to train with.
    ///
    /// # Errors
    /// One sentence per invalid setting.
    pub fn config(&self) -> Result<Config, Vec<String>> {
        let mut config = self.layers().and_then(|layers| layers.resolve()).map_err(|error| sentences(&error))?;
        if config.task.name == CUSTOM_BODY {
            config.task.body = self.body.as_ref().map(|body| body.text.as_str().into());
        }
        match configured_task(&config.task) {
            Ok(_) => Ok(config),
            Err(error) => Err(vec![match &self.body {
                Some(body) if config.task.name == CUSTOM_BODY => format!("{}: {error}", body.name),
                _ => error.to_string(),
            }]),
        }
    }
}

type Of<T> = (&'static str, fn(&PlannerConfig) -> T);

const COUNTS: [Of<usize>; 6] = [
    ("planner.samples", |planner| planner.samples),
    ("planner.elites", |planner| planner.elites),
    ("planner.policy_samples", |planner| planner.policy_samples),
    ("planner.iterations", |planner| planner.iterations),
    ("planner.many_actions_iterations", |planner| planner.many_actions_iterations),
    ("planner.horizon", |planner| planner.horizon),
];

const REALS: [Of<f32>; 3] = [
    ("planner.temperature", |planner| planner.temperature),
    ("planner.min_std", |planner| planner.min_std),
    ("planner.max_std", |planner| planner.max_std),
];

/// Formats a configuration error with the labels of the pane.
fn sentences(error: &ConfigError) -> Vec<String> {
    let sentence = |problem: &Problem| match problem {
        Problem::WrongValue { key, value, allowed, nearest, .. } => {
            let value = value.trim_matches('"');
            let nearest = nearest.as_ref().map(|nearest| format!(" The nearest is {nearest}.")).unwrap_or_default();
            format!("{} cannot be {value}. Allowed: {allowed}.{nearest}", name(key))
        }
        Problem::UnknownKey { key, nearest, .. } => {
            let nearest = nearest.as_ref().map(|nearest| format!(" The nearest is {nearest}.")).unwrap_or_default();
            format!("There is no setting {key}.{nearest}")
        }
        other => other.to_string(),
    };
    error.problems.iter().map(sentence).collect()
}

/// Returns the pane's label of a key.
fn name(key: &str) -> &str {
    match key {
        "algorithm.policy_learning" => "Policy",
        "algorithm.value_learning" => "Value",
        "algorithm.target_policy" => "Target",
        "algorithm.guide" => "Guide",
        "algorithm.reanalyze_interval" => "Reanalyze every k updates",
        "algorithm.reanalyze_batch" => "Reanalyze batch",
        "planner.samples" => "Samples N",
        "planner.elites" => "Elites K",
        "planner.min_std" => "Min std",
        "training.environments" => "Environments",
        "training.updates_per_decision" => "Updates per decision",
        "training.sequence" => "Training sequence",
        key => key,
    }
}
