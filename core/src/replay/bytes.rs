//! The buffer's byte format for checkpoints: little-endian, a header, then each episode. It is written and read piece
//! by piece: at its full size there is no memory for a second copy.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

use thiserror::Error;

use super::buffer::{Episode, Replay};
use super::columns::{Column, Columns, Stored};
use super::experts::{EXPERT_MEAN, EXPERT_ORIGIN, EXPERT_STD, EXPERT_VALUE};

const MAGIC: &[u8; 8] = b"BSREPLY3";
/// The second version, which is still read: always with the columns of experts, in an order of its own.
const WITH_EXPERTS: &[u8; 8] = b"BSREPLY2";
/// The first version, which is still read: without the origins of experts.
const WITHOUT_ORIGINS: &[u8; 8] = b"BSREPLY1";
/// Bytes of a piece.
const PIECE: usize = 16 * 1024;
/// The most numbers for which memory is reserved on the word of a stored size, which may be damaged.
const TRUSTED: usize = 1 << 16;

/// The most additional columns of a stored buffer, whose number may be damaged.
const MOST_COLUMNS: usize = 256;

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
    /// Those of `out`; also if the name of a column has more than 255 bytes.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(MAGIC)?;
        let Columns { observation, action, extras } = &self.columns;
        for size in [*observation, *action, self.capacity, self.episodes.len()] {
            out.write_all(&(size as u64).to_le_bytes())?;
        }
        out.write_all(&self.pushed.to_le_bytes())?;
        out.write_all(&(extras.len() as u64).to_le_bytes())?;
        for column in extras {
            let name = column.name.as_bytes();
            let length = u8::try_from(name.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
            out.write_all(&[length])?;
            out.write_all(name)?;
            out.write_all(&(column.width as u64).to_le_bytes())?;
            out.write_all(&[u8::from(column.is_of_numbers())])?;
        }
        for episode in &self.episodes {
            out.write_all(&episode.first.to_le_bytes())?;
            out.write_all(&(episode.len() as u64).to_le_bytes())?;
            out.write_all(&[u8::from(episode.terminated), u8::from(episode.ended)])?;
            for array in [&episode.observations, &episode.actions, &episode.rewards] {
                write_words(array, f32::to_le_bytes, out)?;
            }
            for stored in &episode.extras {
                match stored {
                    Stored::Numbers(numbers) => write_words(numbers, f32::to_le_bytes, out)?,
                    Stored::Words(words) => write_words(words, u32::to_le_bytes, out)?,
                }
            }
        }
        Ok(())
    }

    /// The whole buffer as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.memory_bytes() + 256 + 18 * self.episodes.len());
        // Memory takes any bytes.
        let _ = self.write(&mut out);
        out
    }

    /// The buffer that [`write`](Self::write) wrote, in this version or an earlier one, as a buffer with `columns`:
    /// additional columns that are not among these are dropped, and those that were not stored get their missing
    /// element in every transition.
    ///
    /// # Errors
    /// When the bytes cannot be read, are cut off, altered in their structure, or have columns of other sizes.
    pub fn read(source: &mut dyn Read, columns: Columns, capacity: usize) -> Result<Self, ReplayError> {
        let mut reader = Reader(source);
        let version = reader.take::<8>()?;
        if ![MAGIC, WITH_EXPERTS, WITHOUT_ORIGINS].contains(&&version) {
            return Err(ReplayError("it does not start with the expected header".into()));
        }
        let (observation, action, _) = (reader.size()?, reader.size()?, reader.size()?);
        if observation != columns.observation || action != columns.action {
            return Err(ReplayError(format!(
                "it holds observations of {observation} and actions of {action} numbers where {} and {} are expected",
                columns.observation, columns.action
            )));
        }
        let count = reader.size()?;
        let pushed = reader.word()?;
        if pushed > MOST_PUSHED {
            return Err(ReplayError(format!("it counts {pushed} transitions, more than a run can produce")));
        }
        let layout = reader.layout(version, &columns)?;
        let mut episodes = VecDeque::new();
        for _ in 0..count {
            episodes.push_back(reader.episode(&layout, &columns)?);
        }
        // In ascending order, without overlaps. Numbers that an episode left to others may be missing.
        let consistent = episodes.iter().try_fold(0, |end: u64, episode: &Episode| {
            (end <= episode.first && episode.first <= MOST_PUSHED).then(|| episode.first + episode.len() as u64)
        });
        if !reader.at_end()? || consistent.is_none() {
            return Err(ReplayError("its episodes are not consecutive".into()));
        }
        Ok(Self { columns, capacity, episodes, pushed })
    }

    /// The buffer that [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_bytes(mut bytes: &[u8], columns: Columns, capacity: usize) -> Result<Self, ReplayError> {
        Self::read(&mut bytes, columns, capacity)
    }
}

/// An array of each stored episode, in the order of the file.
#[derive(PartialEq)]
enum Array {
    Actions,
    Rewards,
    /// Additional column number `place` of the buffer that is being read.
    Extra(usize),
    /// A column of this width that the buffer does not have.
    Dropped(usize),
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
    /// Returns the arrays of each episode after its observations.
    fn layout(&mut self, version: [u8; 8], columns: &Columns) -> Result<Vec<Array>, ReplayError> {
        let extra = |name: &str, width: usize, is_of_numbers: bool| {
            let Some(place) = columns.place(name) else { return Ok(Array::Dropped(width)) };
            let column = &columns.extras[place];
            if (column.width, column.is_of_numbers()) == (width, is_of_numbers) {
                return Ok(Array::Extra(place));
            }
            Err(ReplayError(format!("its column {name} has {width} elements where {} are expected", column.width)))
        };
        if version != *MAGIC {
            let number = |name, width| extra(name, width, true);
            let mut layout = vec![
                Array::Actions,
                number(EXPERT_MEAN, columns.action)?,
                number(EXPERT_STD, columns.action)?,
                Array::Rewards,
                number(EXPERT_VALUE, 1)?,
            ];
            if version == *WITH_EXPERTS {
                layout.push(extra(EXPERT_ORIGIN, 1, false)?);
            }
            return Ok(layout);
        }
        let mut layout = vec![Array::Actions, Array::Rewards];
        let count = self.size()?;
        if count > MOST_COLUMNS {
            return Err(ReplayError(format!("it has {count} additional columns, more than {MOST_COLUMNS}")));
        }
        for _ in 0..count {
            let [length] = self.take()?;
            let mut name = vec![0; usize::from(length)];
            self.fill(&mut name)?;
            let (width, [is_of_numbers]) = (self.size()?, self.take()?);
            let name = String::from_utf8_lossy(&name);
            let array = extra(&name, width, is_of_numbers != 0)?;
            if matches!(array, Array::Extra(_)) && layout.contains(&array) {
                return Err(ReplayError(format!("it has two columns {name}")));
            }
            layout.push(array);
        }
        Ok(layout)
    }

    fn episode(&mut self, layout: &[Array], columns: &Columns) -> Result<Episode, ReplayError> {
        let (first, len) = (self.word()?, self.size()?);
        let [terminated, ended] = self.take()?.map(|flag: u8| flag != 0);
        let mut episode = Episode { first, terminated, ended, ..Episode::default() };
        episode.observations = self.floats(len.checked_add(1).and_then(|n| n.checked_mul(columns.observation)))?;
        let mut extras: Vec<Option<Stored>> = columns.extras.iter().map(|_| None).collect();
        for array in layout {
            match *array {
                Array::Actions => episode.actions = self.floats(len.checked_mul(columns.action))?,
                Array::Rewards => episode.rewards = self.floats(Some(len))?,
                Array::Extra(place) => extras[place] = Some(self.column(&columns.extras[place], len)?),
                Array::Dropped(width) => self.skip(len.checked_mul(width))?,
            }
        }
        let extras = columns.extras.iter().zip(extras);
        episode.extras =
            extras.map(|(column, stored)| stored.unwrap_or_else(|| Stored::missing(column, len))).collect();
        Ok(episode)
    }

    fn column(&mut self, column: &Column, len: usize) -> Result<Stored, ReplayError> {
        let count = len.checked_mul(column.width);
        Ok(if column.is_of_numbers() {
            Stored::Numbers(self.floats(count)?)
        } else {
            Stored::Words(self.words(count, u32::from_le_bytes)?)
        })
    }

    /// Reads over `count` elements.
    fn skip(&mut self, count: Option<usize>) -> Result<(), ReplayError> {
        let mut left = count.ok_or_else(|| ReplayError("a size in it is too large".into()))?;
        let mut piece = [0; PIECE];
        while left > 0 {
            let elements = left.min(PIECE / 4);
            self.fill(&mut piece[..4 * elements])?;
            left -= elements;
        }
        Ok(())
    }

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
