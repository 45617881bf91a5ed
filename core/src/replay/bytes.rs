//! The buffer's byte format for checkpoints: little-endian, a header, then each episode. It is written and read piece
//! by piece: at its full size there is no memory for a second copy.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use thiserror::Error;

use super::ages::Packed;
use super::buffer::{Episode, Replay, ReplaySizes};

const MAGIC: &[u8; 8] = b"BSREPLY2";
/// The first version, which is still read: without the origins of experts.
const WITHOUT_ORIGINS: &[u8; 8] = b"BSREPLY1";
/// Bytes of a piece.
const PIECE: usize = 16 * 1024;
/// The most numbers for which memory is reserved on the word of a stored size, which may be damaged.
const TRUSTED: usize = 1 << 16;

/// More transitions than any run makes: numbers near the end of 64 bits could not be counted on.
const MOST_PUSHED: u64 = 1 << 48;

/// Stored replay that cannot be read.
#[derive(Debug, Error)]
#[error("the stored replay buffer cannot be read: {0}")]
pub struct ReplayError(String);

impl Replay {
    /// Writes the whole buffer to `out`, in pieces of 16 KiB at most.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(MAGIC)?;
        for size in [self.sizes.observation, self.sizes.action, self.sizes.capacity, self.episodes.len()] {
            out.write_all(&(size as u64).to_le_bytes())?;
        }
        out.write_all(&self.pushed.to_le_bytes())?;
        for episode in &self.episodes {
            out.write_all(&episode.first.to_le_bytes())?;
            out.write_all(&(episode.len() as u64).to_le_bytes())?;
            out.write_all(&[u8::from(episode.terminated), u8::from(episode.ended)])?;
            arrays(episode).into_iter().try_for_each(|array| write_words(array, f32::to_le_bytes, out))?;
            write_words(&episode.expert_origins, |Packed(word)| word.to_le_bytes(), out)?;
        }
        Ok(())
    }

    /// The whole buffer as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.memory_bytes() + 64 + 18 * self.episodes.len());
        // Memory takes any bytes.
        let _ = self.write(&mut out);
        out
    }

    /// The buffer that [`write`](Self::write) wrote, in this version or the one before.
    ///
    /// # Errors
    /// When the bytes cannot be read, are cut off, altered in their structure, or of other sizes than `sizes`.
    pub fn read(source: &mut dyn Read, sizes: ReplaySizes) -> Result<Self, ReplayError> {
        let mut reader = Reader(source);
        let with_origins = match &reader.take::<8>()? {
            MAGIC => true,
            WITHOUT_ORIGINS => false,
            _ => return Err(ReplayError("it does not start with the expected header".into())),
        };
        let found = ReplaySizes { observation: reader.size()?, action: reader.size()?, capacity: reader.size()? };
        if found.observation != sizes.observation || found.action != sizes.action {
            return Err(ReplayError(format!(
                "it holds observations of {} and actions of {} numbers where {} and {} are expected",
                found.observation, found.action, sizes.observation, sizes.action
            )));
        }
        let count = reader.size()?;
        let pushed = reader.word()?;
        if pushed > MOST_PUSHED {
            return Err(ReplayError(format!("it counts {pushed} transitions, more than a run can produce")));
        }
        let mut episodes = VecDeque::new();
        for _ in 0..count {
            let (first, len) = (reader.word()?, reader.size()?);
            let [terminated, ended] = reader.take()?.map(|flag: u8| flag != 0);
            let observations = reader.floats(len.checked_add(1).and_then(|n| n.checked_mul(sizes.observation)))?;
            let per_action = len.checked_mul(sizes.action);
            let actions = reader.floats(per_action)?;
            let expert_means = reader.floats(per_action)?;
            let expert_stds = reader.floats(per_action)?;
            let (rewards, expert_values) = (reader.floats(Some(len))?, reader.floats(Some(len))?);
            let expert_origins = if with_origins {
                reader.words(Some(len), |word| Packed(u32::from_le_bytes(word)))?
            } else {
                vec![Packed::UNKNOWN; len]
            };
            episodes.push_back(Episode {
                first,
                observations,
                actions,
                rewards,
                expert_means,
                expert_stds,
                expert_values,
                expert_origins,
                terminated,
                ended,
            });
        }
        // In ascending order, without overlaps. Numbers that an episode left to others may be missing.
        let consistent = episodes.iter().try_fold(0, |end: u64, episode: &Episode| {
            (end <= episode.first && episode.first <= MOST_PUSHED).then(|| episode.first + episode.len() as u64)
        });
        if !reader.at_end()? || consistent.is_none() {
            return Err(ReplayError("its episodes are not consecutive".into()));
        }
        Ok(Self { sizes, episodes, pushed })
    }

    /// The buffer that [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_bytes(mut bytes: &[u8], sizes: ReplaySizes) -> Result<Self, ReplayError> {
        Self::read(&mut bytes, sizes)
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

fn write_words<T: Copy>(array: &[T], bytes: fn(T) -> [u8; 4], out: &mut dyn Write) -> io::Result<()> {
    let mut piece = [0; PIECE];
    for numbers in array.chunks(PIECE / 4) {
        let (words, _) = piece.as_chunks_mut::<4>();
        words.iter_mut().zip(numbers).for_each(|(word, number)| *word = bytes(*number));
        out.write_all(&piece[..4 * numbers.len()])?;
    }
    Ok(())
}

struct Reader<'a>(&'a mut dyn Read);

impl Reader<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ReplayError> {
        self.0.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ReplayError("it is truncated".into()),
            _ => ReplayError(error.to_string()),
        })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], ReplayError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes).map(|()| bytes)
    }

    fn word(&mut self) -> Result<u64, ReplayError> {
        self.take().map(u64::from_le_bytes)
    }

    fn size(&mut self) -> Result<usize, ReplayError> {
        usize::try_from(self.word()?).map_err(|_| ReplayError("a size in it is too large".into()))
    }

    fn floats(&mut self, count: Option<usize>) -> Result<Vec<f32>, ReplayError> {
        self.words(count, f32::from_le_bytes)
    }

    fn words<T>(&mut self, count: Option<usize>, read: fn([u8; 4]) -> T) -> Result<Vec<T>, ReplayError> {
        let count = count.ok_or_else(|| ReplayError("a size in it is too large".into()))?;
        let mut words = Vec::with_capacity(count.min(TRUSTED));
        let mut piece = [0; PIECE];
        while words.len() < count {
            let bytes = &mut piece[..4 * (count - words.len()).min(PIECE / 4)];
            self.fill(bytes)?;
            words.extend(bytes.as_chunks::<4>().0.iter().map(|word| read(*word)));
        }
        if count > TRUSTED {
            words.shrink_to_fit();
        }
        Ok(words)
    }

    fn at_end(&mut self) -> Result<bool, ReplayError> {
        let rest = self.0.take(1).read_to_end(&mut Vec::new());
        rest.map(|bytes| bytes == 0).map_err(|error| ReplayError(error.to_string()))
    }
}
