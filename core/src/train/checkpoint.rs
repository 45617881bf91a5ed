//! A checkpoint to be written: small parts in memory, the replay buffer written without a copy.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::parts::{Parts, REPLAY};
use crate::replay::Replay;

/// The parts of a checkpoint, to be written one by one. At its full size the replay buffer is most of the memory that
/// training takes, so it is not copied first.
#[derive(Debug, Default)]
pub struct Checkpoint<'a>(BTreeMap<Cow<'a, str>, Content<'a>>);

#[derive(Debug)]
enum Content<'a> {
    Bytes(Cow<'a, [u8]>),
    Replay(&'a Replay),
}

impl<'a> Checkpoint<'a> {
    /// These parts, and the buffer as `replay.bin`.
    #[must_use]
    pub fn new(parts: Parts, replay: &'a Replay) -> Self {
        let mut checkpoint = Self::from(parts);
        checkpoint.0.insert(REPLAY.into(), Content::Replay(replay));
        checkpoint
    }

    /// Adds a part, replacing one of the same name.
    pub fn insert(&mut self, name: &'a str, bytes: Vec<u8>) {
        self.0.insert(name.into(), Content::Bytes(bytes.into()));
    }

    /// Returns the names of its parts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(AsRef::as_ref)
    }

    /// Writes one part, in pieces; writes nothing if there is no such part.
    ///
    /// # Errors
    /// If writing to `out` fails.
    pub fn write(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        match self.0.get(name) {
            Some(Content::Bytes(bytes)) => out.write_all(bytes),
            Some(Content::Replay(replay)) => replay.write(out),
            None => Ok(()),
        }
    }

    /// Returns all parts in memory.
    #[must_use]
    pub fn into_parts(self) -> Parts {
        let bytes = |content| match content {
            Content::Bytes(bytes) => bytes.into_owned(),
            Content::Replay(replay) => replay.to_bytes(),
        };
        Parts(self.0.into_iter().map(|(name, content)| (name.into_owned(), bytes(content))).collect())
    }
}

impl From<Parts> for Checkpoint<'_> {
    fn from(parts: Parts) -> Self {
        Self(parts.0.into_iter().map(|(name, bytes)| (name.into(), Content::Bytes(bytes.into()))).collect())
    }
}
