//! A `TensorBoard` event file: `TFRecord`s (length, data, masked CRC-32C of each) of `Event` protocol buffers, of which
//! scalars need five fields (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::changes::Changes;
use super::error::{At, RunError};
use super::files::{names, read_if_there};
use super::records::sync;
use crate::vfs::{OpenOptions, metadata};

/// The event file of a run. It is created when the first scalar is written.
#[derive(Debug)]
pub(super) struct Board {
    folder: PathBuf,
    path: Option<PathBuf>,
    bytes: u64,
}

const PREFIX: &str = "events.out.tfevents.";
const SUFFIX: &str = ".bootstride";

/// Returns whether a file of this name is an event file written by Bootstride.
pub(super) fn is_board(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

impl Board {
    /// Returns the event file in `folder`, truncated to `bytes`, once `changes` are made.
    pub fn rewound(folder: &Path, bytes: u64, changes: &mut Changes) -> Result<Self, RunError> {
        let path = names(folder)?.into_iter().rfind(|name| is_board(name)).map(|name| folder.join(name));
        let mut length = 0;
        if let Some(path) = &path {
            let found = metadata(path).at("access", path)?.len();
            // The length was taken at the end of a record, and the file was flushed before the checkpoint that stores
            // the length.
            length = found.min(bytes);
            if let (Ok(length), true) = (usize::try_from(length), length < found) {
                let old = read_if_there(path)?.unwrap_or_default();
                let new = old[..length.min(old.len())].to_vec();
                changes.replace(path, Some(old), Some(new));
            }
        }
        Ok(Self { folder: folder.into(), path, bytes: length })
    }

    /// Adds scalars at `env_step`.
    pub fn append(&mut self, env_step: usize, scalars: &[(String, f32)], now: SystemTime) -> Result<(), RunError> {
        let wall_time = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let path = match &self.path {
            Some(path) => path.clone(),
            None => self.folder.join(format!("{PREFIX}{}{SUFFIX}", wall_time.as_secs())),
        };
        let mut bytes = Vec::new();
        if self.bytes == 0 {
            record(&mut bytes, &event(wall_time.as_secs_f64(), 0, &Content::Version));
        }
        record(&mut bytes, &event(wall_time.as_secs_f64(), env_step, &Content::Scalars(scalars)));
        let mut file = OpenOptions::new().append(true).create(true).open(&path).at("open", &path)?;
        file.write_all(&bytes).at("write", &path)?;
        self.bytes += bytes.len() as u64;
        self.path = Some(path);
        Ok(())
    }

    /// Returns the length of the file, at the end of a record.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn sync(&self) -> Result<(), RunError> {
        self.path.as_deref().map_or(Ok(()), sync)
    }
}

enum Content<'a> {
    /// The first event of a file.
    Version,
    Scalars(&'a [(String, f32)]),
}

/// `Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }`
fn event(wall_time: f64, step: usize, content: &Content) -> Vec<u8> {
    let mut bytes = Vec::new();
    key(&mut bytes, 1, FIXED64);
    bytes.extend(wall_time.to_le_bytes());
    // Readers assume zero for a missing field.
    if step > 0 {
        key(&mut bytes, 2, VARINT);
        varint(&mut bytes, step as u64);
    }
    match content {
        Content::Version => delimited(&mut bytes, 3, b"brain.Event:2"),
        Content::Scalars(scalars) => {
            let mut summary = Vec::new();
            for (tag, value) in *scalars {
                // `Summary { repeated Value value = 1; }`, `Value { string tag = 1; float simple_value = 2; }`
                let mut scalar = Vec::new();
                delimited(&mut scalar, 1, tag.as_bytes());
                key(&mut scalar, 2, FIXED32);
                scalar.extend(value.to_le_bytes());
                delimited(&mut summary, 1, &scalar);
            }
            delimited(&mut bytes, 5, &summary);
        }
    }
    bytes
}

// Wire types of protocol buffers.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const DELIMITED: u64 = 2;
const FIXED32: u64 = 5;

fn key(bytes: &mut Vec<u8>, field: u64, wire_type: u64) {
    varint(bytes, field << 3 | wire_type);
}

fn delimited(bytes: &mut Vec<u8>, field: u64, content: &[u8]) {
    key(bytes, field, DELIMITED);
    varint(bytes, content.len() as u64);
    bytes.extend_from_slice(content);
}

/// Writes seven bits per byte, low bits first; the top bit means that more follow.
#[allow(clippy::cast_possible_truncation, reason = "seven bits fit a byte")]
fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Writes a `TFRecord`: length, its masked checksum, data, its masked checksum.
fn record(bytes: &mut Vec<u8>, data: &[u8]) {
    let length = (data.len() as u64).to_le_bytes();
    bytes.extend(length);
    bytes.extend(masked_crc(&length).to_le_bytes());
    bytes.extend_from_slice(data);
    bytes.extend(masked_crc(data).to_le_bytes());
}

/// Returns the checksum, rotated and offset, so that data that contains checksums can itself have one.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_record_has_the_bytes_that_event_files_begin_with() {
        let mut bytes = Vec::new();
        record(&mut bytes, &event(0.0, 0, &Content::Version));
        // 24 bytes of data, the checksum of that length as in every event file, and the data.
        assert_eq!(bytes[..12], *b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22");
        assert_eq!(bytes[12..36], *b"\x09\0\0\0\0\0\0\0\0\x1a\x0dbrain.Event:2");
        assert_eq!(bytes.len(), 40);
    }

    #[test]
    fn scalars_are_summaries_with_tag_and_value() {
        let bytes = event(0.0, 300, &Content::Scalars(&[("a/b".into(), 1.5)]));
        let summary = b"\x2a\x0c\x0a\x0a\x0a\x03a/b\x15\0\0\xc0\x3f";
        assert_eq!(bytes[9..], [&b"\x10\xac\x02"[..], &summary[..]].concat());
    }
}
