//! Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//!
//! A number is a pure function of its purpose, seed and indices, so it does not depend on the order in which numbers
//! are drawn: every planner back end draws the same noise, and a resumed run continues exactly where it stopped. Only
//! 32-bit integer arithmetic is used, so that a WGSL version can produce the same bits.

use serde::{Deserialize, Serialize};

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// The purpose of a random number. Numbers of different purposes are independent even with equal seeds and indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Purpose {
    /// Initial weights.
    Weights = 1,
    /// Start states of training episodes.
    Reset = 2,
    /// Random actions of the seed phase.
    SeedAction = 3,
    /// Start states of evaluation episodes: separate from training, so that evaluating does not change a run.
    EvaluationReset = 4,
    /// Replay sampling.
    Replay = 5,
    /// Noise of the planner that acts.
    Plan = 6,
    /// Noise of the planner that evaluates.
    EvaluationPlan = 7,
    /// Noise of the planner that reanalyzes.
    Reanalyze = 8,
    /// Policy samples, ensemble pairs and dropout of the update.
    Update = 9,
    /// Weights and batches of the head that decodes motion from latents, which is not part of the agent.
    MotionDecoder = 10,
    /// Free for tests and tools.
    Other = 255,
}

/// Returns four random words from a 128-bit counter and a 64-bit key: Philox4x32 with 10 rounds.
#[must_use]
pub fn philox4x32(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    let [mut k0, mut k1] = key;
    for _ in 0..ROUNDS {
        let (high0, low0) = multiply(MULTIPLIERS[0], c0);
        let (high1, low1) = multiply(MULTIPLIERS[1], c2);
        (c0, c1, c2, c3) = (high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0);
        k0 = k0.wrapping_add(WEYL[0]);
        k1 = k1.wrapping_add(WEYL[1]);
    }
    [c0, c1, c2, c3]
}

#[allow(clippy::cast_possible_truncation, reason = "splits a product into its two words")]
fn multiply(a: u32, b: u32) -> (u32, u32) {
    let product = u64::from(a) * u64::from(b);
    ((product >> 32) as u32, product as u32)
}

/// Returns the two words of a 64-bit seed, low word first.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "splits a seed into its two words")]
pub fn key(seed: u64) -> [u32; 2] {
    [seed as u32, (seed >> 32) as u32]
}

/// Converts a word to a number in (0, 1], never 0, so that its logarithm is finite. The top 24 bits are exact in f32.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "24 bits fit f32 exactly")]
pub fn unit_f32(word: u32) -> f32 {
    ((word >> 8) + 1) as f32 * (1.0 / 16_777_216.0)
}

/// Converts four words to four independent N(0, 1) numbers, by the Box-Muller transform.
#[must_use]
pub fn normals_f32(words: [u32; 4]) -> [f32; 4] {
    let pair = |a: u32, b: u32| {
        let radius = (-2.0 * unit_f32(a).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * unit_f32(b)).sin_cos();
        [radius * cos, radius * sin]
    };
    let [a, b] = pair(words[0], words[1]);
    let [c, d] = pair(words[2], words[3]);
    [a, b, c, d]
}

/// A sequence of random numbers for one purpose, with a position that can be saved and restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    seed: u64,
    purpose: Purpose,
    index: u32,
    position: u64,
}

impl Stream {
    /// Returns the stream of `purpose` under `seed`; `index` distinguishes streams of one purpose (an episode, an
    /// update).
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, index: u32) -> Self {
        Self { seed, purpose, index, position: 0 }
    }

    #[allow(clippy::cast_possible_truncation, reason = "splits the position into its two words")]
    fn words(&mut self) -> [u32; 4] {
        // The purpose is in the top byte, as in the planner's noise: 2^56 draws per stream.
        let tag = ((self.purpose as u32) << 24) | ((self.position >> 32) as u32 & 0x00FF_FFFF);
        let words = philox4x32([self.position as u32, tag, self.index, u32::MAX], key(self.seed));
        self.position += 1;
        words
    }

    /// Draws a uniform number in [0, 1) with 53 random bits.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit f64 exactly")]
    pub fn uniform(&mut self) -> f64 {
        let [low, high, ..] = self.words();
        let bits = (u64::from(high) << 32 | u64::from(low)) >> 11;
        bits as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Draws a uniform number in [low, high).
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Draws an N(0, 1) number.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Draws a uniform integer in 0..n; 0 if n is 0.
    #[allow(clippy::cast_possible_truncation, reason = "the high word of a product with n is below n")]
    pub fn below(&mut self, n: usize) -> usize {
        let [low, high, ..] = self.words();
        let word = u64::from(high) << 32 | u64::from(low);
        ((u128::from(word) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_the_published_vectors() {
        // Known answers published with Random123.
        assert_eq!(philox4x32([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox4x32([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    #[test]
    fn a_restored_stream_continues_where_it_was() {
        let mut a = Stream::new(3, Purpose::Replay, 0);
        let _ = (a.normal(), a.below(10));
        let mut b = a.clone();
        assert_eq!((a.uniform(), a.normal(), a.below(1000)), (b.uniform(), b.normal(), b.below(1000)));
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "the test compares bits")]
    fn streams_have_the_moments_of_their_distributions() {
        let mut stream = Stream::new(1, Purpose::Other, 0);
        let n = 20_000;
        let normals: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.03, "mean {mean}, variance {variance}");
        let uniform = (0..n).map(|_| stream.uniform()).sum::<f64>() / f64::from(n);
        assert!((uniform - 0.5).abs() < 0.01, "mean {uniform}");
        assert!((0..n).all(|_| stream.below(7) < 7));
        assert_ne!(Stream::new(1, Purpose::Reset, 0).uniform(), Stream::new(1, Purpose::Replay, 0).uniform());
    }
}
