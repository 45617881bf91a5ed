//! Data that panes derive from the history: change detection, means with confidence intervals, series of metrics,
//! actual returns.

use std::collections::VecDeque;
use std::ops::Range;

use bootstride_core::config::Config;
use bootstride_core::inspect::Decision;
use bootstride_core::task::{EPISODE_CONTROL_STEPS, configured_task};
use bootstride_session::history::History;

use crate::ui::Palette;
use crate::ui::number::count;

/// Cache key of series over training; equal keys mean equal series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    folder: Option<String>,
    lengths: [usize; 5],
    newest: usize,
    dark: bool,
}

impl Key {
    /// Creates the key of this history and these colours.
    #[must_use]
    pub fn of(history: &History, palette: &Palette) -> Self {
        Self {
            folder: history.status.folder.clone(),
            lengths: [
                history.evaluations.len(),
                history.figures.len(),
                history.episodes.len(),
                history.delta_q.len(),
                history.analyses.len(),
            ],
            newest: history.figures.last().map_or(0, |figures| figures.0)
                + history.analyses.back().map_or(0, |analysis| usize::try_from(analysis.decision).unwrap_or(0)),
            dark: palette.dark,
        }
    }
}

/// A mean, and half the width of its 95% confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval; NaN for a single number.
    pub half: f64,
}

/// Returns the mean of these numbers with its 95% confidence interval (Student's t distribution); `None` if there are
/// no numbers.
#[must_use]
pub fn mean(numbers: &[f32]) -> Option<Mean> {
    if numbers.is_empty() {
        return None;
    }
    let size = count(numbers.len());
    let mean = numbers.iter().map(|&number| f64::from(number)).sum::<f64>() / size;
    let squares: f64 = numbers.iter().map(|&number| (f64::from(number) - mean).powi(2)).sum();
    let half = if numbers.len() > 1 {
        t_quantile(numbers.len() - 1) * (squares / (size - 1.0) / size).sqrt()
    } else {
        f64::NAN
    };
    Some(Mean { mean, half })
}

/// Returns the 97.5% quantile of Student's t distribution.
fn t_quantile(degrees: usize) -> f64 {
    const FEW: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
    // Beyond ten, the expansion around the normal distribution is accurate to three digits.
    let n = count(degrees);
    let expansion = 1.959_964 + 2.372_27 / n + 2.822_5 / n.powi(2) + 2.555_9 / n.powi(3);
    degrees.checked_sub(1).and_then(|index| FEW.get(index).copied()).unwrap_or(expansion)
}

/// Returns a named update metric over environment steps.
#[must_use]
pub fn series(history: &History, name: &str) -> Vec<[f64; 2]> {
    let value =
        |figures: &[(String, f32)]| figures.iter().find(|(known, _)| known == name).map(|(_, value)| f64::from(*value));
    history.figures.iter().filter_map(|(step, figures)| Some([count(*step), value(figures)?])).collect()
}

/// Returns the discount used in training with this configuration.
#[must_use]
pub fn discount(config: &Config) -> f64 {
    f64::from(config.training.discount(decisions_per_episode(config)))
}

/// Returns the number of decisions of a full episode.
#[must_use]
pub fn decisions_per_episode(config: &Config) -> usize {
    let control_steps = configured_task(&config.task).map_or(EPISODE_CONTROL_STEPS, |info| info.episode_control_steps);
    control_steps.div_ceil(config.task.action_repeat.max(1))
}

/// Returns the indices of the recorded decisions of the episode that contains this index.
#[must_use]
pub fn episode(decisions: &VecDeque<Decision>, place: usize) -> Range<usize> {
    let Some(number) = decisions.get(place).map(|decision| decision.episode) else { return 0..0 };
    let same = |index: &usize| decisions.get(*index).is_some_and(|decision| decision.episode == number);
    let first = (0..place).rev().take_while(same).last().unwrap_or(place);
    let last = (place..decisions.len()).take_while(same).last().unwrap_or(place);
    first..last + 1
}

/// A prediction, and the actual return.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Number of the decision.
    pub number: u32,
    /// Decisions before it in its episode.
    pub t: u32,
    /// Predicted return G; `None` if nothing was planned.
    pub predicted: Option<f64>,
    /// Actual discounted return from this decision onwards.
    pub came: f64,
    /// The unknown share: the weight of the last prediction in [`came`](Self::came).
    pub unknown: f64,
}

/// Returns the predicted and the actual discounted return for each decision of an episode. The return after the last
/// record is replaced by the prediction there, or by nothing if the episode ended before its time was up.
#[must_use]
pub fn outcomes(
    decisions: &VecDeque<Decision>,
    range: Range<usize>,
    discount: f64,
    full_length: usize,
) -> Vec<Outcome> {
    let predicted = |decision: &Decision| decision.planned.as_ref().map(|planned| f64::from(planned.value));
    let episode: Vec<&Decision> = decisions.range(range).collect();
    let Some(newest) = episode.last() else { return Vec::new() };
    let terminated = newest.last && usize::try_from(newest.t).is_ok_and(|t| t + 1 < full_length);
    let (mut came, mut unknown) = if terminated { (0.0, 0.0) } else { (predicted(newest).unwrap_or(0.0), 1.0) };
    let mut outcomes = Vec::with_capacity(episode.len());
    for (back, decision) in episode.iter().rev().enumerate() {
        // The reward of the newest decision is part of its prediction, unless nothing follows it.
        if back > 0 || terminated {
            came = f64::from(decision.reward) + discount * came;
            unknown *= discount;
        }
        outcomes.push(Outcome {
            number: decision.number,
            t: decision.t,
            predicted: predicted(decision),
            came,
            unknown,
        });
    }
    outcomes.reverse();
    outcomes
}

/// The accuracy of predictions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Mean of predicted minus actual return.
    pub bias: f64,
    /// Correlation; NaN if either is constant.
    pub correlation: f64,
}

/// Computed over outcomes of which at least half is known; `None` if there are fewer than five.
#[must_use]
pub fn calibration(outcomes: &[Outcome]) -> Option<Calibration> {
    let known = outcomes.iter().filter(|outcome| outcome.unknown <= 0.5);
    let pairs: Vec<(f64, f64)> = known.filter_map(|outcome| Some((outcome.predicted?, outcome.came))).collect();
    if pairs.len() < 5 {
        return None;
    }
    let size = count(pairs.len());
    let mean_a = pairs.iter().map(|pair| pair.0).sum::<f64>() / size;
    let mean_b = pairs.iter().map(|pair| pair.1).sum::<f64>() / size;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in &pairs {
        ab += (a - mean_a) * (b - mean_b);
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
    }
    Some(Calibration { bias: mean_a - mean_b, correlation: ab / (aa * bb).sqrt() })
}
