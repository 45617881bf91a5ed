//! Paths of the tracked point under an action sequence: as the world model imagines them, and in the simulated world.

use super::{InspectError, PathKind};
use crate::body::Point;
use crate::planner::IterationTrace;
use crate::task::{Environment, EnvironmentSnapshot, TaskError};

/// A sequence whose path is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The kind of sequence.
    pub kind: PathKind,
    /// The iteration that drew it.
    pub iteration: usize,
    /// Its number among that iteration's samples.
    pub sample: usize,
}

/// Returns the sequences whose paths are shown: the chosen one, the policies', the elites best first, all of the last
/// iteration; and at most `others` further samples, the same number from every iteration, spread evenly over the ranks
/// from best to worst: together they show how the search narrows.
pub(super) fn shown(iterations: &[IterationTrace], chosen: usize, policy_samples: usize, others: usize) -> Vec<Shown> {
    let Some(last) = iterations.len().checked_sub(1) else { return Vec::new() };
    let of_last = |kind: PathKind, sample: usize| Shown { kind, iteration: last, sample };
    let elites = &iterations[last].elites;
    let plan = elites[chosen];
    let mut shown = vec![of_last(PathKind::Plan, plan)];
    shown.extend((0..policy_samples).map(|sample| of_last(PathKind::Policy, sample)));
    shown.extend(elites.iter().filter(|&&elite| elite != plan).map(|&elite| of_last(PathKind::Elite, elite)));
    for (iteration, trace) in iterations.iter().enumerate() {
        let is_shown = |sample: &usize| iteration == last && elites.contains(sample);
        let mut rest: Vec<usize> = (policy_samples..trace.values.len()).filter(|sample| !is_shown(sample)).collect();
        rest.sort_by(|a, b| trace.values[*b].total_cmp(&trace.values[*a]).then(a.cmp(b)));
        // The remainder goes to the last iterations.
        let count = ((others + iteration) / iterations.len()).min(rest.len());
        let spread = |i: usize| if count > 1 { rest[i * (rest.len() - 1) / (count - 1)] } else { rest[rest.len() / 2] };
        shown.extend((0..count).map(|i| Shown { kind: PathKind::Sample, iteration, sample: spread(i) }));
    }
    shown
}

/// Returns those of the shown sequences that are replayed in the simulated world: the plan, the first of the policies',
/// then elites.
pub(super) fn replayed(shown: &[Shown], count: usize) -> impl Iterator<Item = Shown> {
    let of = |kind: PathKind, count: usize| shown.iter().copied().filter(move |path| path.kind == kind).take(count);
    of(PathKind::Plan, 1).chain(of(PathKind::Policy, 1)).chain(of(PathKind::Elite, usize::MAX)).take(count)
}

/// Returns the path with these velocities in the frame of the heading, m/s, one every `seconds`, by the trapezoid rule.
pub(super) fn imagined(start: &Point, velocities: &[[f32; 3]], seconds: f64) -> Vec<[f32; 3]> {
    let (sin, cos) = (libm::sin(start.heading), libm::cos(start.heading));
    let in_world = |v: &[f32; 3]| {
        let [x, y, z] = v.map(f64::from);
        [cos * x - sin * y, sin * x + cos * y, z]
    };
    let mut position = start.position;
    let mut points = vec![narrow(position)];
    for pair in velocities.windows(2) {
        let (from, to) = (in_world(&pair[0]), in_world(&pair[1]));
        for axis in 0..3 {
            position[axis] += 0.5 * seconds * (from[axis] + to[axis]);
        }
        points.push(narrow(position));
    }
    points
}

/// Returns the path in the world from `snapshot` on: a point after every control step. Ends where the episode does, or
/// where the simulation diverges.
pub(super) fn real(
    environment: &mut Environment,
    snapshot: &EnvironmentSnapshot,
    sequence: &[f32],
) -> Result<Vec<[f32; 3]>, InspectError> {
    environment.restore(snapshot)?;
    let mut points = vec![narrow(environment.world().tracked().position)];
    for action in sequence.chunks(environment.info().action_size.max(1)) {
        match environment.step_observed(action, |world| points.push(narrow(world.tracked().position))) {
            Ok(step) if step.terminated => break,
            Ok(_) => {}
            Err(TaskError::EpisodeOver | TaskError::Diverged { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(points)
}

#[allow(clippy::cast_possible_truncation, reason = "positions for drawing")]
fn narrow(position: [f64; 3]) -> [f32; 3] {
    position.map(|x| x as f32)
}

#[cfg(test)]
mod tests {
    use PathKind::{Elite, Plan, Policy, Sample};

    use super::*;

    fn last(values: &[f32], elites: &[usize]) -> IterationTrace {
        let (sequences, weights, mean, std) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        IterationTrace { sequences, values: values.to_vec(), elites: elites.to_vec(), weights, mean, std }
    }

    #[test]
    fn other_samples_are_spread_over_iterations_and_from_the_best_rank_to_the_worst() {
        // 0 and 1 are the policies', 7 and 1 the last elites, followed by the rest of the last iteration in descending
        // order 6, 5, 4, 3, 2.
        let first = last(&[0.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0], &[1, 2]);
        let iterations = [first, last(&[0.0, 8.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0], &[7, 1])];
        let short = |paths: Vec<Shown>| -> Vec<_> {
            paths.into_iter().map(|Shown { kind, iteration, sample }| (kind, iteration, sample)).collect()
        };
        let paths = shown(&iterations, 1, 2, 5);
        let expected = [
            (Plan, 1, 1),
            (Policy, 1, 0),
            (Policy, 1, 1),
            (Elite, 1, 7),
            (Sample, 0, 2),
            (Sample, 0, 7),
            (Sample, 1, 6),
            (Sample, 1, 4),
            (Sample, 1, 2),
        ];
        assert_eq!(short(paths.clone()), expected);
        assert_eq!(short(replayed(&paths, 9).collect()), [(Plan, 1, 1), (Policy, 1, 0), (Elite, 1, 7)]);
        assert_eq!(short(replayed(&paths, 1).collect()), [(Plan, 1, 1)]);
        assert_eq!(shown(&iterations, 0, 2, 100).len(), 1 + 2 + 1 + 6 + 5);
        assert_eq!(shown(&iterations, 0, 2, 0).len(), 1 + 2 + 1);
    }

    #[test]
    fn an_imagined_path_integrates_its_velocities_and_turns_with_the_heading() {
        let start = Point { position: [1.0, 2.0, 3.0], velocity: [0.0; 3], heading: std::f64::consts::FRAC_PI_2 };
        let path = imagined(&start, &[[0.0, 0.0, 1.0], [2.0, 0.0, 1.0], [2.0, 4.0, 1.0]], 0.5);
        let expected = [[1.0, 2.0, 3.0], [1.0, 2.5, 3.5], [0.0, 3.5, 4.0]];
        for (point, expected) in path.iter().zip(expected) {
            assert!(point.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{path:?}");
        }
        assert_eq!(path.len(), 3);
    }
}
