//! The buffer as bytes, for checkpoints: little-endian, a header, then each episode.

use std::collections::VecDeque;

use thiserror::Error;

use super::buffer::{Episode, Replay, ReplaySizes};

const MAGIC: &[u8; 8] = b"BSREPLY1";

/// Stored replay that cannot be read.
#[derive(Debug, Error)]
#[error("the stored replay buffer cannot be read: {0}")]
pub struct ReplayError(String);

impl Replay {
    /// The whole buffer as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.memory_bytes() + 64);
        out.extend_from_slice(MAGIC);
        for size in [self.sizes.observation, self.sizes.action, self.sizes.capacity, self.episodes.len()] {
            out.extend_from_slice(&(size as u64).to_le_bytes());
        }
        out.extend_from_slice(&self.pushed.to_le_bytes());
        for episode in &self.episodes {
            out.extend_from_slice(&episode.first.to_le_bytes());
            out.extend_from_slice(&(episode.len() as u64).to_le_bytes());
            out.extend_from_slice(&[u8::from(episode.terminated), u8::from(episode.ended)]);
            for array in arrays(episode) {
                out.extend(array.iter().flat_map(|x| x.to_le_bytes()));
            }
        }
        out
    }

    /// The buffer that [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// When the bytes are cut off, altered in their structure, or of other sizes than `sizes`.
    pub fn from_bytes(bytes: &[u8], sizes: ReplaySizes) -> Result<Self, ReplayError> {
        let mut reader = Reader(bytes);
        if reader.take(8)? != MAGIC {
            return Err(ReplayError("it does not begin as one".into()));
        }
        let found = ReplaySizes { observation: reader.size()?, action: reader.size()?, capacity: reader.size()? };
        if found.observation != sizes.observation || found.action != sizes.action {
            return Err(ReplayError(format!(
                "it holds observations of {} and actions of {} numbers where {} and {} are expected",
                found.observation, found.action, sizes.observation, sizes.action
            )));
        }
        let count = reader.size()?;
        let pushed = reader.word()?;
        let mut episodes = VecDeque::new();
        for _ in 0..count {
            let (first, len) = (reader.word()?, reader.size()?);
            let flags = reader.take(2)?;
            let (terminated, ended) = (flags[0] != 0, flags[1] != 0);
            let observations = reader.floats(len.checked_add(1).and_then(|n| n.checked_mul(sizes.observation)))?;
            let per_action = len.checked_mul(sizes.action);
            let actions = reader.floats(per_action)?;
            let expert_means = reader.floats(per_action)?;
            let expert_stds = reader.floats(per_action)?;
            let (rewards, expert_values) = (reader.floats(Some(len))?, reader.floats(Some(len))?);
            episodes.push_back(Episode {
                first,
                observations,
                actions,
                rewards,
                expert_means,
                expert_stds,
                expert_values,
                terminated,
                ended,
            });
        }
        let consistent = episodes.iter().try_fold(None, |end: Option<u64>, episode| {
            let follows = end.is_none_or(|end| end == episode.first);
            follows.then(|| episode.first.checked_add(episode.len() as u64)).flatten().map(Some)
        });
        if !reader.0.is_empty() || consistent.is_none_or(|end| end.is_some_and(|end| end != pushed)) {
            return Err(ReplayError("its episodes do not follow one another".into()));
        }
        Ok(Self { sizes, episodes, pushed })
    }
}

/// In the order in which they are stored.
fn arrays(episode: &Episode) -> [&Vec<f32>; 6] {
    [
        &episode.observations,
        &episode.actions,
        &episode.expert_means,
        &episode.expert_stds,
        &episode.rewards,
        &episode.expert_values,
    ]
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ReplayError> {
        let (head, tail) = self.0.split_at_checked(count).ok_or_else(|| ReplayError("it is cut off".into()))?;
        self.0 = tail;
        Ok(head)
    }

    fn word(&mut self) -> Result<u64, ReplayError> {
        let bytes = self.take(8)?;
        Ok(u64::from_le_bytes(std::array::from_fn(|i| bytes[i])))
    }

    fn size(&mut self) -> Result<usize, ReplayError> {
        usize::try_from(self.word()?).map_err(|_| ReplayError("a size in it is too large".into()))
    }

    fn floats(&mut self, count: Option<usize>) -> Result<Vec<f32>, ReplayError> {
        let bytes =
            count.and_then(|n| n.checked_mul(4)).ok_or_else(|| ReplayError("a size in it is too large".into()))?;
        let (words, _) = self.take(bytes)?.as_chunks::<4>();
        Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
    }
}
