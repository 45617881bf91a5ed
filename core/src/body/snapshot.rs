//! The state of a world as a value and as bytes.

use serde::{Deserialize, Serialize};

use super::bytes::{Reader, Writer};
use super::error::SnapshotError;

const MAGIC: [u8; 4] = *b"BSW2";

/// Everything that the future of a [`World`](super::World) depends on: its joint positions and velocities, activations
/// and controls; and what its sensors show. Serialises as its checked bytes, so that no format rounds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct Snapshot {
    /// Name of the body.
    pub body: String,
    /// Joint positions.
    pub q: Vec<f64>,
    /// Joint velocities.
    pub qd: Vec<f64>,
    /// Activations of the actuators that have a filter.
    pub activation: Vec<f64>,
    /// Controls in force.
    pub control: Vec<f64>,
    /// Sensor readings, sensor after sensor.
    pub readings: Vec<f64>,
}

impl Snapshot {
    /// Returns which body it is of, and how long its vectors are.
    pub(super) fn sizes(&self) -> (&str, [usize; 5]) {
        let vectors = [&self.q, &self.qd, &self.activation, &self.control, &self.readings];
        (&self.body, vectors.map(Vec::len))
    }

    /// Returns its sizes as text.
    pub(super) fn describe(&self) -> String {
        let (body, [positions, velocities, activations, actuators, readings]) = self.sizes();
        format!(
            "body {body} with {positions} positions, {velocities} velocities, {activations} activations, {actuators} \
             actuators and {readings} sensor readings"
        )
    }

    /// Returns the snapshot as bytes with a checksum.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(MAGIC);
        writer.text(&self.body);
        writer.numbers(&self.q);
        writer.numbers(&self.qd);
        writer.numbers(&self.activation);
        writer.numbers(&self.control);
        writer.numbers(&self.readings);
        writer.finish()
    }

    /// Reads what [`Snapshot::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`] if the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::new(MAGIC, bytes).map_err(SnapshotError::Damaged)?;
        let read = (|| {
            Some(Self {
                body: reader.text()?,
                q: reader.numbers()?,
                qd: reader.numbers()?,
                activation: reader.numbers()?,
                control: reader.numbers()?,
                readings: reader.numbers()?,
            })
        })();
        read.filter(|_| reader.is_empty()).ok_or(SnapshotError::Damaged("its parts do not fit together"))
    }
}

impl From<Snapshot> for Vec<u8> {
    fn from(snapshot: Snapshot) -> Self {
        snapshot.to_bytes()
    }
}

impl TryFrom<Vec<u8>> for Snapshot {
    type Error = SnapshotError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, SnapshotError> {
        Self::from_bytes(&bytes)
    }
}
