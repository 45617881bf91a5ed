//! The state of an environment as a value and as bytes.

use serde::{Deserialize, Serialize};

use crate::body::bytes::{Reader, Writer};
use crate::body::{Snapshot, SnapshotError};

const MAGIC: [u8; 4] = *b"BSE1";

/// Everything that the future of an [`Environment`](super::Environment) depends on, given its actions. Serialises as
/// its checked bytes, so that no format rounds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct EnvironmentSnapshot {
    pub(super) task: String,
    pub(super) world: Snapshot,
    pub(super) target: Option<[f64; 3]>,
    pub(super) control_steps: usize,
}

impl EnvironmentSnapshot {
    /// Returns the snapshot as bytes with a checksum.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(MAGIC);
        writer.text(&self.task);
        writer.bytes(&self.world.to_bytes());
        writer.numbers(self.target.as_ref().map_or(&[], <[f64; 3]>::as_slice));
        writer.word(self.control_steps as u64);
        writer.finish()
    }

    /// Reads what [`EnvironmentSnapshot::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`] if the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        const PARTS: SnapshotError = SnapshotError::Damaged("its parts do not fit together");
        let mut reader = Reader::new(MAGIC, bytes).map_err(SnapshotError::Damaged)?;
        let task = reader.text().ok_or(PARTS)?;
        let world = Snapshot::from_bytes(reader.bytes().ok_or(PARTS)?)?;
        let target = match reader.numbers().ok_or(PARTS)?.as_slice() {
            [] => None,
            &[x, y, z] => Some([x, y, z]),
            _ => return Err(PARTS),
        };
        let control_steps = reader.word().and_then(|word| usize::try_from(word).ok()).ok_or(PARTS)?;
        if reader.is_empty() { Ok(Self { task, world, target, control_steps }) } else { Err(PARTS) }
    }
}

impl From<EnvironmentSnapshot> for Vec<u8> {
    fn from(snapshot: EnvironmentSnapshot) -> Self {
        snapshot.to_bytes()
    }
}

impl TryFrom<Vec<u8>> for EnvironmentSnapshot {
    type Error = SnapshotError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, SnapshotError> {
        Self::from_bytes(&bytes)
    }
}
