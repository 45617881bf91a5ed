//! The parts of a checkpoint as named bytes, with checksums to detect damage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The parts of a checkpoint by file name: `weights.safetensors`, `optimiser.safetensors`, `replay.bin`, `state.json`.
///
/// The training machine makes and takes them; a run folder keeps each as a file, a browser all of them packed into one
/// ([`Parts::pack`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(pub BTreeMap<String, Vec<u8>>);

/// What is wrong with a part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It has been cut or has grown.
    #[error("has {found} bytes where {expected} were saved")]
    Size {
        /// Bytes saved.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// Its bytes have changed.
    #[error("has been altered: checksum {found:08x} where {expected:08x} was saved")]
    Checksum {
        /// CRC-32C of what was saved.
        expected: u32,
        /// CRC-32C of what was found.
        found: u32,
    },
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// Why parts could not be packed, unpacked or found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartsError {
    /// The name of a part is not the plain name of a file.
    #[error(
        "`{0}` cannot name a part of a checkpoint; allowed: letters, digits, `_`, `-` and `.` after the first letter"
    )]
    Name(String),
    /// A part is not there.
    #[error("the checkpoint has no {0}")]
    Absent(String),
    /// The bytes are no packed checkpoint.
    #[error("not a packed checkpoint: {0}")]
    Format(String),
    /// A part is damaged.
    #[error("{name} of the checkpoint {damage}")]
    Damaged {
        /// The part.
        name: String,
        /// What is wrong with it.
        damage: Damage,
    },
}

/// First bytes of packed parts.
const MAGIC: &[u8; 16] = b"bootstride-parts";

impl Parts {
    /// The bytes of a part.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn get(&self, name: &str) -> Result<&[u8], PartsError> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| PartsError::Absent(name.into()))
    }

    /// Adds a part, in place of one of the same name.
    pub fn insert(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.0.insert(name.into(), bytes);
    }

    /// All parts in one piece, with checksums: magic, length (u64) and CRC-32C (u32) of a JSON header, both
    /// little-endian, the header, the parts.
    ///
    /// # Errors
    /// If a name is not the plain name of a file.
    pub fn pack(&self, env_step: usize) -> Result<Vec<u8>, PartsError> {
        let header = Checksums::of(self, env_step)?.to_json();
        let sum = Sum::of(header.as_bytes());
        let mut bytes = [&MAGIC[..], &sum.bytes.to_le_bytes(), &sum.crc32c.to_le_bytes(), header.as_bytes()].concat();
        self.0.values().for_each(|part| bytes.extend_from_slice(part));
        Ok(bytes)
    }

    /// The environment steps and the parts that [`Parts::pack`] put together.
    ///
    /// # Errors
    /// If the bytes are something else or damaged; the damaged part is named.
    pub fn unpack(bytes: &[u8]) -> Result<(usize, Self), PartsError> {
        let format = |what: &str| PartsError::Format(what.into());
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| format("it begins differently"))?;
        let too_short = || format("it ends in its header");
        let (length, rest) = rest.split_first_chunk().ok_or_else(too_short)?;
        let (crc32c, rest) = rest.split_first_chunk().ok_or_else(too_short)?;
        let sum = Sum { bytes: u64::from_le_bytes(*length), crc32c: u32::from_le_bytes(*crc32c) };
        let (header, mut rest) = rest.split_at_checked(length_of(sum)).ok_or_else(too_short)?;
        sum.verify(header).map_err(|damage| PartsError::Format(format!("its header {damage}")))?;
        let checksums = Checksums::from_json(header).map_err(PartsError::Format)?;
        let mut parts = Self::default();
        for (name, sum) in &checksums.files {
            let (part, after) = rest.split_at(length_of(*sum).min(rest.len()));
            sum.verify(part).map_err(|damage| PartsError::Damaged { name: name.clone(), damage })?;
            parts.insert(name.clone(), part.to_vec());
            rest = after;
        }
        if rest.is_empty() { Ok((checksums.env_step, parts)) } else { Err(format("it goes on after its last part")) }
    }
}

/// The part with the replay buffer: the one that may be too large to be held in memory twice.
pub(crate) const REPLAY: &str = "replay.bin";

/// The part with the body file of a run with a custom body.
pub(crate) const BODY: &str = "body.json";

/// Size and checksum of one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sum {
    pub bytes: u64,
    pub crc32c: u32,
}

impl Sum {
    fn of(bytes: &[u8]) -> Self {
        let mut sum = Self::default();
        sum.add(bytes);
        sum
    }

    /// Counts the next bytes of the part.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.crc32c = crc32c::crc32c_append(self.crc32c, bytes);
    }

    pub fn verify(self, bytes: &[u8]) -> Result<(), Damage> {
        self.compare(Self::of(bytes))
    }

    /// Whether what was found is what was saved.
    pub fn compare(self, found: Self) -> Result<(), Damage> {
        if found.bytes != self.bytes {
            Err(Damage::Size { expected: self.bytes, found: found.bytes })
        } else if found.crc32c != self.crc32c {
            Err(Damage::Checksum { expected: self.crc32c, found: found.crc32c })
        } else {
            Ok(())
        }
    }
}

/// The length in memory; a length that memory cannot hold is longer than any bytes there are.
fn length_of(sum: Sum) -> usize {
    usize::try_from(sum.bytes).unwrap_or(usize::MAX)
}

/// What a checkpoint consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checksums {
    /// Version of this layout.
    format: u32,
    /// Environment steps trained.
    pub env_step: usize,
    pub files: BTreeMap<String, Sum>,
}

impl Checksums {
    pub fn of(parts: &Parts, env_step: usize) -> Result<Self, PartsError> {
        let files = parts.0.iter().map(|(name, bytes)| Ok((plain(name)?.to_owned(), Sum::of(bytes))));
        Ok(Self::new(env_step, files.collect::<Result<_, _>>()?))
    }

    /// Of files with [`plain`] names.
    pub fn new(env_step: usize, files: BTreeMap<String, Sum>) -> Self {
        Self { format: 1, env_step, files }
    }

    pub fn to_json(&self) -> String {
        // Numbers and strings under string keys: nothing that JSON could refuse.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads the output of [`Checksums::to_json`], or returns the reason for the failure.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if read.format != 1 {
            return Err(format!("it has format {}, and this version reads format 1", read.format));
        }
        // The names are about to become paths.
        read.files.keys().try_for_each(|name| plain(name).map(drop)).map_err(|error| error.to_string())?;
        Ok(read)
    }
}

/// The name of the file with the checksums, which no part may have.
pub(crate) const CHECKSUMS: &str = "checksums.json";

/// The name, if it is the plain name of a file on every system.
pub(crate) fn plain(name: &str) -> Result<&str, PartsError> {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if letters && first && name != CHECKSUMS { Ok(name) } else { Err(PartsError::Name(name.into())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> Parts {
        let mut parts = Parts::default();
        parts.insert("state.json", b"{}".to_vec());
        parts.insert("replay.bin", (0..200).collect());
        parts.insert("empty", Vec::new());
        parts
    }

    #[test]
    fn packed_parts_come_back() {
        assert_eq!(Parts::unpack(&parts().pack(12).unwrap()), Ok((12, parts())));
        assert_eq!(
            parts().get("weights.safetensors").unwrap_err().to_string(),
            "the checkpoint has no weights.safetensors"
        );
    }

    #[test]
    fn names_that_could_lead_out_of_a_checkpoint_are_refused() {
        for name in ["../config.toml", "a/b", "", ".hidden", "checksums.json", "c:x"] {
            let parts = Parts([(name.to_owned(), vec![1])].into());
            assert_eq!(parts.pack(0), Err(PartsError::Name(name.into())));
        }
    }

    proptest! {
        #![proptest_config(crate::property::cases(256))]

        #[test]
        fn any_cut_and_any_change_of_a_pack_is_noticed(at in any::<proptest::sample::Index>(), flip in 1_u8..) {
            let mut pack = parts().pack(12).unwrap();
            let at = at.index(pack.len());
            prop_assert!(Parts::unpack(&pack[..at]).is_err());
            pack[at] ^= flip;
            prop_assert!(Parts::unpack(&pack).is_err());
        }
    }
}
