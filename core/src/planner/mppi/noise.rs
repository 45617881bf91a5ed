//! The random numbers of a plan. Each is a function of its use, so every back end draws the same ones, wherever and in
//! whatever order it computes them.

use bootstride_shaders::{POLICY_NOISE, SAMPLE_NOISE, TERMINAL_NOISE};
use serde::{Deserialize, Serialize};

use super::{PlanMode, PlanShape};
use crate::math::Purpose;
use crate::math::random::{key, normals_f32, philox4x32, unit_f32};

/// The use of a plan's numbers; the low bits of the counter's second word's top half.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Kind {
    Policy = POLICY_NOISE,
    Sample = SAMPLE_NOISE,
    Terminal = TERMINAL_NOISE,
    Members = 3,
    Choice = 4,
    Action = 5,
}

/// The run and decision that a plan belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoiseKey {
    /// Seed of the run.
    pub seed: u64,
    /// Acting, evaluating or reanalyzing: independent numbers for each.
    pub purpose: Purpose,
    /// Number of the decision, or of the round of reanalyze.
    pub decision: u32,
}

/// How one elite per state is chosen, with probability equal to its weight.
#[derive(Clone, Debug, PartialEq)]
pub enum EliteChoice {
    /// By a uniform number in (0, 1] per state.
    Uniform(Vec<f32>),
    /// A given elite, counted from the best.
    Index(Vec<usize>),
}

/// All random numbers of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanNoise {
    /// For the policies' sequences, `[horizon, states, policy samples, action]`.
    pub policy: Vec<f32>,
    /// For the sampled sequences, per iteration `[states, samples - policy samples, horizon, action]`.
    pub samples: Vec<Vec<f32>>,
    /// For the action that ends each sequence under a Q value, per iteration `[states, samples, action]`.
    pub terminal: Vec<Vec<f32>>,
    /// Per iteration, the value members that score: two different ones, or all if there are fewer.
    pub members: Vec<Vec<usize>>,
    /// Which elite is executed.
    pub choice: EliteChoice,
    /// For the executed action, `[states, action]`.
    pub action: Vec<f32>,
}

impl NoiseKey {
    /// Returns four random words for a position. `state` and `sample` are below 65,536, `iteration` below 4,096.
    #[allow(clippy::cast_possible_truncation, reason = "the counter's fields hold these ranges")]
    fn words(&self, kind: Kind, iteration: usize, state: usize, sample: usize, step: usize, block: usize) -> [u32; 4] {
        let tag = ((self.purpose as u32) << 24) | ((kind as u32) << 16) | iteration as u32;
        let place = ((state as u32) << 16) | sample as u32;
        philox4x32([self.decision, tag, place, ((step as u32) << 16) | block as u32], key(self.seed))
    }

    /// Draws standard normal numbers for the dimensions of one action.
    pub(super) fn normals(&self, kind: Kind, [iteration, state, sample, step]: [usize; 4], out: &mut [f32]) {
        for (block, out) in out.chunks_mut(4).enumerate() {
            let numbers = normals_f32(self.words(kind, iteration, state, sample, step, block));
            out.copy_from_slice(&numbers[..out.len()]);
        }
    }

    /// Draws the uniform number in (0, 1] that chooses the elite of `state`.
    pub(super) fn choice(&self, state: usize) -> f32 {
        unit_f32(self.words(Kind::Choice, 0, state, 0, 0, 0)[0])
    }

    /// Draws the numbers for the action that ends a sequence under a Q value, `[action]`, in a plan for one state.
    pub(crate) fn terminal(&self, iteration: usize, sample: usize, horizon: usize, action_dim: usize) -> Vec<f32> {
        let mut numbers = vec![0.0; action_dim];
        self.normals(Kind::Terminal, [iteration, 0, sample, horizon], &mut numbers);
        numbers
    }

    /// Calls `each` with the members that score in an iteration.
    pub(super) fn each_member(&self, iteration: usize, members: usize, mut each: impl FnMut(usize)) {
        if members <= 2 {
            (0..members).for_each(each);
        } else {
            distinct(self.words(Kind::Members, iteration, 0, 0, 0, 0), members).into_iter().for_each(&mut each);
        }
    }

    /// Returns two different members of an ensemble, or all of a smaller one.
    #[must_use]
    pub fn members(&self, iteration: usize, members: usize) -> Vec<usize> {
        member_pair(self.words(Kind::Members, iteration, 0, 0, 0, 0), members)
    }
}

/// Returns two different numbers below `members` from random words, or all numbers below a smaller `members`.
pub(crate) fn member_pair(words: [u32; 4], members: usize) -> Vec<usize> {
    if members <= 2 {
        return (0..members).collect();
    }
    distinct(words, members).to_vec()
}

/// Returns two different numbers below `members`, which is at least two.
fn distinct(words: [u32; 4], members: usize) -> [usize; 2] {
    let below = |word: u32, n: usize| ((u64::from(word) * n as u64) >> 32) as usize;
    let first = below(words[0], members);
    let second = below(words[1], members - 1);
    [first, if second >= first { second + 1 } else { second }]
}

impl PlanNoise {
    /// Draws the numbers of the plan that `key` identifies. `terminal` is left empty unless `with_terminal`.
    #[must_use]
    pub fn draw(noise: NoiseKey, shape: &PlanShape, mode: PlanMode, with_terminal: bool) -> Self {
        let PlanShape { states, samples, policy_samples, iterations, horizon, action_dim, .. } = *shape;
        // One action after the other, each at its position in the plan.
        let actions = |kind, places: &mut dyn Iterator<Item = [usize; 4]>| {
            let mut numbers = Vec::new();
            for place in places {
                let start = numbers.len();
                numbers.resize(start + action_dim, 0.0);
                noise.normals(kind, place, &mut numbers[start..]);
            }
            numbers
        };
        let policy = actions(
            Kind::Policy,
            &mut (0..horizon).flat_map(|step| {
                (0..states).flat_map(move |state| (0..policy_samples).map(move |sample| [0, state, sample, step]))
            }),
        );
        let sampled = |iteration| {
            let places = (0..states).flat_map(|state| {
                (policy_samples..samples)
                    .flat_map(move |sample| (0..horizon).map(move |step| [iteration, state, sample, step]))
            });
            actions(Kind::Sample, &mut { places })
        };
        let terminal = |iteration| {
            let states = if with_terminal { states } else { 0 };
            let places =
                (0..states).flat_map(|state| (0..samples).map(move |sample| [iteration, state, sample, horizon]));
            actions(Kind::Terminal, &mut { places })
        };
        Self {
            policy,
            samples: (0..iterations).map(sampled).collect(),
            terminal: (0..iterations).map(terminal).collect(),
            ..Self::draw_choices(noise, shape, mode)
        }
    }

    /// Same as [`draw`](Self::draw) without the numbers of the sequences: for a back end that computes those where it
    /// needs them.
    #[must_use]
    pub(super) fn draw_choices(noise: NoiseKey, shape: &PlanShape, mode: PlanMode) -> Self {
        let PlanShape { states, iterations, action_dim, members, .. } = *shape;
        let mut action = vec![0.0; states * action_dim];
        if mode == PlanMode::Collect {
            for (state, action) in action.chunks_exact_mut(action_dim).enumerate() {
                noise.normals(Kind::Action, [0, state, 0, 0], action);
            }
        }
        Self {
            policy: Vec::new(),
            samples: Vec::new(),
            terminal: Vec::new(),
            members: (0..iterations).map(|iteration| noise.members(iteration, members)).collect(),
            choice: EliteChoice::Uniform((0..states).map(|state| noise.choice(state)).collect()),
            action,
        }
    }
}

impl PlanNoise {
    /// Returns the first array that does not fit a plan of this shape: its use, its length and the expected length.
    pub(super) fn misfit(&self, shape: &PlanShape, with_terminal: bool) -> Option<(&'static str, usize, usize)> {
        let PlanShape { states, samples, policy_samples, iterations, horizon, action_dim, members } = *shape;
        let sampled = states * (samples - policy_samples) * horizon * action_dim;
        let terminal = if with_terminal { states * samples * action_dim } else { 0 };
        let chosen = match &self.choice {
            EliteChoice::Uniform(uniform) => uniform.len(),
            EliteChoice::Index(index) => index.len(),
        };
        let whole = [
            ("noise of the policies", self.policy.len(), horizon * states * policy_samples * action_dim),
            ("noise of the action", self.action.len(), states * action_dim),
            ("the choice of elites", chosen, states),
            ("noise of the samples, in iterations,", self.samples.len(), iterations),
            ("noise of terminal actions, in iterations,", self.terminal.len(), iterations),
            ("value members, in iterations,", self.members.len(), iterations),
        ];
        let each = self.samples.iter().map(|noise| ("noise of the samples", noise.len(), sampled));
        let ends = self.terminal.iter().map(|noise| ("noise of terminal actions", noise.len(), terminal));
        let scoring = self.members.iter().map(|chosen| {
            let known = chosen.iter().filter(|member| **member < members).count();
            ("known value members", known, chosen.len().max(1))
        });
        whole.into_iter().chain(each).chain(ends).chain(scoring).find(|(_, found, expected)| found != expected)
    }
}

impl EliteChoice {
    /// Returns the chosen elite of `state`, given the elites' weights, best first.
    #[must_use]
    pub fn choose(&self, state: usize, weights: &[f32]) -> usize {
        match self {
            Self::Index(index) => index.get(state).copied().unwrap_or(0).min(weights.len().saturating_sub(1)),
            Self::Uniform(uniform) => choose(uniform.get(state).copied().unwrap_or(0.0), weights),
        }
    }
}

/// Returns the elite at a share `uniform` of the sum of `weights`.
pub(super) fn choose(uniform: f32, weights: &[f32]) -> usize {
    let mut rest = uniform * weights.iter().sum::<f32>();
    for (i, weight) in weights.iter().enumerate() {
        rest -= weight;
        if rest <= 0.0 {
            return i;
        }
    }
    weights.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: PlanShape =
        PlanShape { states: 2, samples: 8, policy_samples: 3, iterations: 2, horizon: 3, action_dim: 5, members: 5 };

    fn key_of(decision: u32) -> NoiseKey {
        NoiseKey { seed: 1, purpose: Purpose::Plan, decision }
    }

    #[test]
    fn noise_depends_on_the_key_and_on_nothing_else() {
        let draw = |decision| PlanNoise::draw(key_of(decision), &SHAPE, PlanMode::Collect, true);
        assert_eq!(draw(4), draw(4));
        assert_ne!(draw(4).policy, draw(5).policy);
        let noise = draw(4);
        assert_ne!(noise.samples[0], noise.samples[1]);
        assert_eq!(noise.samples[0].len(), 2 * 5 * 3 * 5);
        assert_eq!(noise.terminal[0].len(), 2 * 8 * 5);
    }

    #[test]
    fn the_noise_of_a_sample_does_not_depend_on_how_many_there_are() {
        let few = PlanNoise::draw(key_of(0), &SHAPE, PlanMode::Collect, false);
        let many = PlanNoise::draw(key_of(0), &PlanShape { samples: 20, ..SHAPE }, PlanMode::Collect, false);
        let per_sample = SHAPE.horizon * SHAPE.action_dim;
        assert_eq!(few.samples[1][..5 * per_sample], many.samples[1][..5 * per_sample]);
    }

    #[test]
    fn two_different_members_score() {
        for decision in 0..200 {
            let members = key_of(decision).members(0, 5);
            assert!(members.len() == 2 && members[0] != members[1] && members.iter().all(|&m| m < 5), "{members:?}");
        }
        assert_eq!(key_of(0).members(0, 1), [0]);
    }

    #[test]
    fn given_noise_that_does_not_fit_is_named() {
        let noise = PlanNoise::draw(key_of(0), &SHAPE, PlanMode::Collect, true);
        assert_eq!(noise.misfit(&SHAPE, true), None);
        let short = PlanNoise { policy: vec![0.0; 3], ..noise.clone() };
        assert_eq!(short.misfit(&SHAPE, true), Some(("noise of the policies", 3, 90)));
        let strange = PlanNoise { members: vec![vec![0, 1], vec![2, 9]], ..noise.clone() };
        assert_eq!(strange.misfit(&SHAPE, true), Some(("known value members", 1, 2)));
        assert_eq!(noise.misfit(&PlanShape { iterations: 3, ..SHAPE }, true).map(|(_, found, _)| found), Some(2));
    }

    #[test]
    fn elites_are_chosen_by_weight() {
        let weights = [0.5, 0.3, 0.2];
        let chosen = |u: f32| EliteChoice::Uniform(vec![u]).choose(0, &weights);
        assert_eq!((chosen(0.01), chosen(0.5), chosen(0.51), chosen(0.79), chosen(1.0)), (0, 0, 1, 1, 2));
        assert_eq!(EliteChoice::Uniform(vec![0.5]).choose(0, &[0.0, f32::NAN]), 1);
    }
}
