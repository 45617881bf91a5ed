//! What each key allows by itself; the rules between keys are in `check`.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use crate::text::is_control;
use Bound::{Excluded, Included, Unbounded};

/// What a key allows by itself. A front end may derive its sliders from it.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// A whole number, both ends included.
    Whole(i64, i64),
    /// A finite real number.
    Real(Bound<f64>, Bound<f64>),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// true or false.
    Flag,
    /// A name that is not empty.
    Name,
    /// `auto`, `cpu`, `gpu` or `gpu:N`.
    Device,
}

/// Limits of a network width, so that a mistyped one is reported before it is allocated.
const WIDTH: Limit = Limit::Whole(1, 65_536);
const COUNT: Limit = Limit::Whole(1, 1_000_000);
/// Most states planned at once, and most samples of each: the random numbers of a plan are numbered up to this limit.
pub(super) const STATES: usize = 1 << 16;
const PLANNED: Limit = Limit::Whole(1, 1 << 16);
const STEPS: Limit = Limit::Whole(0, 1_000_000_000_000);
const POSITIVE: Limit = Limit::Real(Excluded(0.0), Unbounded);
const NOT_NEGATIVE: Limit = Limit::Real(Included(0.0), Unbounded);
const SHARE: Limit = Limit::Real(Excluded(0.0), Included(1.0));
const FINITE: Limit = Limit::Real(Unbounded, Unbounded);
const POLICY: Limit = Limit::OneOf(&["max-q", "imitation"]);
const POLICIES: Limit = Limit::OneOf(&["max-q", "imitation", "both"]);

/// Returns what the key `table.name` allows by itself. An unknown key allows any finite number.
#[must_use]
pub fn limit(key: &str) -> Limit {
    match key {
        "algorithm.policy_learning" | "algorithm.guide" => POLICIES,
        "algorithm.target_policy" => POLICY,
        "algorithm.value_learning" => Limit::OneOf(&["q-off-policy", "v-on-policy"]),
        "algorithm.target_reduction" => Limit::OneOf(&["min", "mean"]),
        "algorithm.reanalyze" => Limit::OneOf(&["inline", "delayed", "free"]),
        "run.engine" => Limit::OneOf(&["auto", "plain", "fused"]),
        "run.precision" => Limit::OneOf(&["full", "half"]),
        "algorithm.value_members" => Limit::Whole(1, 64),
        "algorithm.value_horizon" | "planner.horizon" => Limit::Whole(1, 100),
        "planner.many_actions_iterations" => Limit::Whole(0, 1000),
        "algorithm.reanalyze_interval"
        // Without policy sequences, MPPI searches alone.
        | "planner.policy_samples"
        | "training.seed_episodes"
        | "training.seed_episodes_limit" => Limit::Whole(0, 1_000_000),
        "training.sequence" => Limit::Whole(0, 1000),
        "planner.samples" | "run.evaluate_episodes" => PLANNED,
        "algorithm.reanalyze_batch"
        | "algorithm.reanalyze_delay"
        | "planner.elites"
        | "training.batch"
        | "run.keep_checkpoints" => COUNT,
        "planner.iterations" | "task.action_repeat" => Limit::Whole(1, 1000),
        "model.encoder_dim" | "model.mlp_dim" | "model.latent_dim" => WIDTH,
        "model.encoder_layers" => Limit::Whole(1, 16),
        "model.simnorm_dim" | "model.bins" => Limit::Whole(2, 65_536),
        "model.dropout" => Limit::Real(Included(0.0), Excluded(1.0)),
        "planner.temperature"
        | "planner.min_std"
        | "planner.max_std"
        | "training.learning_rate"
        | "training.gradient_clip"
        | "training.discount_denominator" => POSITIVE,
        "training.target_rate" | "training.scale_rate" | "training.rho" => SHARE,
        "training.discount_min" | "training.discount_max" => Limit::Real(Included(0.0), Included(1.0)),
        "training.encoder_learning_rate_scale"
        | "training.consistency_coefficient"
        | "training.reward_coefficient"
        | "training.value_coefficient"
        | "algorithm.entropy_coefficient" => NOT_NEGATIVE,
        "training.buffer_capacity" => Limit::Whole(2, 1_000_000_000),
        "training.seed_decisions" | "run.evaluate_every" | "run.checkpoint_every" => STEPS,
        "training.pretrain" => Limit::Flag,
        "training.environments" => Limit::Whole(1, 1024),
        "training.updates_per_decision" => Limit::Real(Excluded(0.0), Included(64.0)),
        "run.steps" => Limit::Whole(1, 1_000_000_000_000),
        // TOML has no larger integers.
        "run.seed" => Limit::Whole(0, i64::MAX),
        "run.device" => Limit::Device,
        "task.name" | "algorithm.name" => Limit::Name,
        // The bins may lie on either side of zero.
        _ => FINITE,
    }
}

impl Limit {
    /// Returns whether `value` has the right type and is within the limit.
    #[must_use]
    pub fn allows(&self, value: &toml::Value) -> bool {
        use toml::Value::{Boolean, Float, Integer, String};
        match (self, value) {
            (Self::Whole(low, high), Integer(number)) => (low..=high).contains(&number),
            // Also as f32: most numbers are stored as f32, and one that rounds onto an excluded end is out of range.
            #[allow(clippy::cast_possible_truncation, reason = "rounding is what is asked about")]
            (Self::Real(low, high), Float(number)) => {
                let rounded = f64::from(*number as f32);
                let within = |number: &f64| number.is_finite() && (*low, *high).contains(number);
                within(number) && within(&rounded)
            }
            (Self::OneOf(words), String(word)) => words.contains(&word.as_str()),
            (Self::Flag, Boolean(_)) => true,
            (Self::Name, String(name)) => !name.trim().is_empty() && !name.chars().any(is_control),
            (Self::Device, String(device)) => match device.strip_prefix("gpu:") {
                Some(number) => number.parse::<u16>().is_ok() && number.bytes().all(|digit| digit.is_ascii_digit()),
                None => ["auto", "cpu", "gpu"].contains(&device.as_str()),
            },
            _ => false,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(low, high) => write!(f, "a whole number from {low} to {high}"),
            Self::Real(low, high) => {
                // Numbers are stored as f32, whose own range is shown if there is no tighter limit.
                f.write_str("a number")?;
                match low {
                    Included(low) => write!(f, " from {low}")?,
                    Excluded(low) => write!(f, " above {low}")?,
                    Unbounded => f.write_str(" from -3.4e38")?,
                }
                match high {
                    Included(high) => write!(f, " to {high}")?,
                    Excluded(high) => write!(f, " and below {high}")?,
                    Unbounded => f.write_str(" to 3.4e38")?,
                }
                if *low == Excluded(0.0) { f.write_str(" (at least 1e-45)") } else { Ok(()) }
            }
            Self::OneOf(words) => f.write_str(&words.join(", ")),
            Self::Flag => f.write_str("true or false"),
            Self::Name => f.write_str("a name"),
            Self::Device => f.write_str("auto, cpu, gpu, or gpu:N with the adapter's number"),
        }
    }
}
