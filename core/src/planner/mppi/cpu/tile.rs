//! Tiles: ranges of samples of one state that are processed together, and their work space.

use std::sync::Mutex;
#[cfg(not(target_family = "wasm"))]
use std::sync::PoisonError;

use crate::planner::PlanShape;

/// Most samples of a tile: enough for efficient products, few enough for their activations to stay in cache.
const ROWS: usize = 96;
/// Step in which tiles grow: smaller steps make slower products.
const STEP: usize = 4;

/// A range of samples of one state, with its own data.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    pub state: usize,
    /// The first sample.
    pub start: usize,
    pub rows: usize,
    /// The number of the guide whose policy proposes these sequences; `None` for sampled ones.
    pub guide: Option<usize>,
    /// `[rows, horizon, action]`.
    pub sequences: Vec<f32>,
    /// G, `[rows]`.
    pub values: Vec<f32>,
    /// Summed discounted rewards, `[rows]`.
    pub rewards: Vec<f32>,
    /// Whether the termination head has predicted the end of the sequence, `[rows]`; empty without the head.
    pub ended: Vec<bool>,
    /// Last latent states `[rows, latent]`; kept only for proposed sequences, which do not change.
    pub ends: Vec<f32>,
}

/// Returns the tiles of a plan: for each state first those of each guide, then those of sampled sequences.
pub fn tiles(shape: &PlanShape, guides: usize, threads: usize) -> Vec<Tile> {
    let each = shape.policy_samples / guides.max(1);
    // With few states, all threads share one; with many, each state has one thread.
    let sharing = threads.div_ceil(shape.states.max(1));
    let mut tiles = Vec::new();
    for state in 0..shape.states {
        for guide in 0..guides {
            split(each, sharing, |start, rows| {
                tiles.push(Tile { state, start: guide * each + start, rows, guide: Some(guide), ..Tile::default() });
            });
        }
        split(shape.samples - shape.policy_samples, sharing, |start, rows| {
            tiles.push(Tile { state, start: shape.policy_samples + start, rows, ..Tile::default() });
        });
    }
    for tile in &mut tiles {
        tile.sequences.resize(tile.rows * shape.horizon * shape.action_dim, 0.0);
        tile.values.resize(tile.rows, 0.0);
        tile.rewards.resize(tile.rows, 0.0);
    }
    tiles
}

/// Splits `samples` into ranges of similar lengths, in a multiple of `sharing`: start and length of each.
fn split(samples: usize, sharing: usize, mut each: impl FnMut(usize, usize)) {
    let steps = samples.div_ceil(STEP);
    let count = (samples.div_ceil(ROWS * sharing) * sharing).min(steps);
    for i in 0..count {
        let [start, end] = [i, i + 1].map(|i| (steps * i / count * STEP).min(samples));
        each(start, end - start);
    }
}

/// Work space of one thread.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// Latent state and action of each sample, `[rows, latent + action]`.
    pub input: Vec<f32>,
    /// First layers of dynamics and reward, side by side.
    pub both: Vec<f32>,
    /// Activations between the layers of a network.
    pub layers: [Vec<f32>; 2],
    /// Output of a network: logits, or mean and spread of actions.
    pub output: Vec<f32>,
    /// Random numbers of one action or one sequence.
    pub noise: Vec<f32>,
}

/// Grows a buffer to at least this length.
pub fn room(buffer: &mut Vec<f32>, size: usize) -> &mut [f32] {
    if buffer.len() < size {
        buffer.resize(size, 0.0);
    }
    &mut buffer[..size]
}

/// Returns the number of threads that share the tiles.
#[cfg(not(target_family = "wasm"))]
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// A browser has no threads.
#[cfg(target_family = "wasm")]
pub fn threads() -> usize {
    1
}

/// The work spaces, one per thread.
#[derive(Debug, Default)]
pub struct Workshop(Vec<Mutex<Scratch>>);

impl Workshop {
    /// Returns work spaces for `threads` threads.
    pub fn new(threads: usize) -> Self {
        Self((0..threads).map(|_| Mutex::default()).collect())
    }

    /// Runs `work` on all tiles, on all cores.
    #[cfg(not(target_family = "wasm"))]
    pub fn each(&mut self, tiles: &mut [Tile], work: impl Fn(&mut Tile, &mut Scratch) + Sync) {
        use rayon::prelude::*;
        tiles.par_iter_mut().with_max_len(1).for_each(|tile| {
            let place = rayon::current_thread_index().unwrap_or(0) % self.0.len();
            let scratch = self.0[place].lock();
            work(tile, &mut scratch.unwrap_or_else(PoisonError::into_inner));
        });
    }

    /// Runs `work` on all tiles, one after the other.
    #[cfg(target_family = "wasm")]
    pub fn each(&mut self, tiles: &mut [Tile], work: impl Fn(&mut Tile, &mut Scratch)) {
        for tile in tiles {
            self.0.iter_mut().flat_map(Mutex::get_mut).take(1).for_each(|scratch| work(tile, scratch));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_all_samples_of_all_states_once_in_order_whatever_the_threads() {
        for (states, samples, policy_samples, guides, threads) in
            [(1, 512, 24, 1, 2), (3, 70, 6, 2, 4), (60, 512, 24, 1, 2), (1, 5, 4, 2, 16), (2, 9, 0, 0, 3)]
        {
            let shape =
                PlanShape { states, samples, policy_samples, iterations: 1, horizon: 2, action_dim: 3, members: 2 };
            let mut places = (0..states).flat_map(|state| (0..samples).map(move |sample| (state, sample)));
            for tile in tiles(&shape, guides, threads) {
                assert!((1..=ROWS).contains(&tile.rows), "{tile:?}");
                assert_eq!(tile.guide.is_some(), tile.start < policy_samples);
                for sample in tile.start..tile.start + tile.rows {
                    assert_eq!(places.next(), Some((tile.state, sample)));
                }
            }
            assert_eq!(places.next(), None);
        }
    }

    #[test]
    fn threads_that_share_a_state_get_as_many_tiles_of_about_the_same_size() {
        let shape = PlanShape {
            states: 1,
            samples: 512,
            policy_samples: 24,
            iterations: 1,
            horizon: 1,
            action_dim: 1,
            members: 2,
        };
        let rows: Vec<usize> =
            tiles(&shape, 1, 2).iter().filter(|tile| tile.guide.is_none()).map(|tile| tile.rows).collect();
        assert_eq!(rows, [80, 80, 84, 80, 80, 84]);
    }
}
