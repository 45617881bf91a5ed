//! Compressed versions of a file, as supported by browsers.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};

use super::Effort;

/// Compression format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Brotli: smaller; supported by all browsers, from hosts with TLS.
    Brotli,
    /// Gzip, for all other cases.
    Gzip,
}

impl Kind {
    /// Returns the extension of the compressed file.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }
}

/// Compresses `bytes`, deterministically.
pub(super) fn compress(bytes: &[u8], kind: Kind, effort: Effort) -> Result<Vec<u8>> {
    match kind {
        Kind::Brotli => {
            let parameters = BrotliEncoderParams {
                quality: if effort == Effort::Most { 11 } else { 4 },
                // 16 MiB, the largest window that browsers support.
                lgwin: 24,
                size_hint: bytes.len(),
                ..BrotliEncoderParams::default()
            };
            let mut small = Vec::new();
            brotli::BrotliCompress(&mut &*bytes, &mut small, &parameters).context("brotli failed")?;
            Ok(small)
        }
        Kind::Gzip => {
            let level = if effort == Effort::Most { Compression::best() } else { Compression::fast() };
            let mut writer = GzBuilder::new().mtime(0).write(Vec::new(), level);
            writer.write_all(bytes).context("gzip failed")?;
            writer.finish().context("gzip failed")
        }
    }
}
