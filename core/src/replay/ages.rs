//! Ages of the experts in the buffer, and the effect of reanalyze on them.

use super::Replay;
use super::columns::Stored;
use super::experts::EXPERT_ORIGIN;

/// Where an expert comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Updates that the networks which planned it had seen; kept up to 2^31 - 2.
    pub updates: u64,
    /// Whether reanalyze made it, for a stored state.
    pub reanalyzed: bool,
}

/// How old the experts of a buffer are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpertAges {
    /// Fractions of all transitions by the age of their expert, in updates since it was planned: upper bound, included,
    /// and fraction; the last bound is `u64::MAX`. Random actions, and experts of unknown age, are not counted.
    pub histogram: Vec<(u64, f32)>,
    /// Fraction of all transitions whose expert was made by reanalyze.
    pub reanalyzed: f32,
}

/// An origin in one word: the updates, and the lowest bit for reanalyze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed(pub u32);

impl Packed {
    /// No expert, or one of unknown origin.
    pub const UNKNOWN: Self = Self(u32::MAX);

    pub fn new(origin: Option<Origin>) -> Self {
        origin.map_or(Self::UNKNOWN, |Origin { updates, reanalyzed }| {
            let updates = u32::try_from(updates).unwrap_or(u32::MAX).min(u32::MAX / 2 - 1);
            Self(updates << 1 | u32::from(reanalyzed))
        })
    }

    pub fn origin(self) -> Option<Origin> {
        let Self(word) = self;
        (self != Self::UNKNOWN).then(|| Origin { updates: u64::from(word >> 1), reanalyzed: word & 1 == 1 })
    }
}

impl Replay {
    /// How old the experts are after `now` updates, sorted by these upper bounds (ascending, included) and what is
    /// beyond.
    ///
    /// All fractions are 0 if the buffer stores no experts. Reads four bytes of every transition: a few milliseconds for
    /// a million.
    #[must_use]
    pub fn expert_ages(&self, now: u64, bounds: &[u64]) -> ExpertAges {
        let now = u32::try_from(now).unwrap_or(u32::MAX);
        let narrow: Vec<u32> = bounds.iter().map(|&bound| u32::try_from(bound).unwrap_or(u32::MAX)).collect();
        let mut counts = vec![0_usize; bounds.len() + 1];
        let mut reanalyzed = 0;
        let Packed(unknown) = Packed::UNKNOWN;
        let place = self.columns.place(EXPERT_ORIGIN);
        let columns = place.into_iter().flat_map(|place| self.episodes.iter().map(move |e| &e.extras[place]));
        let words = columns.flat_map(|stored| match stored {
            Stored::Words(words) => words.as_slice(),
            Stored::Numbers(_) => &[],
        });
        for word in words.filter(|word| **word != unknown) {
            let age = now.saturating_sub(word >> 1);
            counts[narrow.iter().filter(|&&bound| age > bound).count()] += 1;
            reanalyzed += (word & 1) as usize;
        }
        #[allow(clippy::cast_precision_loss, reason = "a displayed fraction")]
        let fraction = |count: usize| count as f32 / self.len().max(1) as f32;
        let bounds = bounds.iter().copied().chain([u64::MAX]);
        ExpertAges {
            histogram: bounds.zip(counts.into_iter().map(fraction)).collect(),
            reanalyzed: fraction(reanalyzed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_survives_packing_and_an_unknown_one_stays_unknown() {
        for origin in [
            Origin { updates: 0, reanalyzed: false },
            Origin { updates: 0, reanalyzed: true },
            Origin { updates: 123_456, reanalyzed: true },
            Origin { updates: (1 << 31) - 2, reanalyzed: true },
        ] {
            assert_eq!(Packed::new(Some(origin)).origin(), Some(origin));
        }
        assert_eq!(Packed::new(None).origin(), None);
        let late = Packed::new(Some(Origin { updates: u64::MAX, reanalyzed: true }));
        assert_eq!(late.origin(), Some(Origin { updates: (1 << 31) - 2, reanalyzed: true }));
    }
}
