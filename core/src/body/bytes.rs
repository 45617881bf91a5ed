//! Checked little-endian bytes for snapshots: a magic word, the content, a CRC-32C of both.

const CHECKSUM_LENGTH: usize = 4;

/// Collects values.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(magic: [u8; 4]) -> Self {
        Self(magic.to_vec())
    }

    pub(crate) fn word(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn numbers(&mut self, numbers: &[f64]) {
        self.word(numbers.len() as u64);
        for number in numbers {
            self.word(number.to_bits());
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let checksum = crc32c::crc32c(&self.0);
        self.0.extend_from_slice(&checksum.to_le_bytes());
        self.0
    }
}

/// Returns the values, `None` if there are none left.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Checks magic and checksum; the error names the one that is wrong.
    pub(crate) fn new(magic: [u8; 4], bytes: &'a [u8]) -> Result<Self, &'static str> {
        let content = bytes.strip_prefix(&magic).ok_or("it does not start with the snapshot header")?;
        let (content, checksum) = content.split_last_chunk::<CHECKSUM_LENGTH>().ok_or("it is truncated")?;
        if crc32c::crc32c(&bytes[..bytes.len() - CHECKSUM_LENGTH]) != u32::from_le_bytes(*checksum) {
            return Err("its checksum is wrong");
        }
        Ok(Self(content))
    }

    pub(crate) fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.word()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub(crate) fn numbers(&mut self) -> Option<Vec<f64>> {
        let length = usize::try_from(self.word()?).ok()?;
        // A wrong length must not allocate: take words only while there are some.
        (0..length).map(|_| self.word().map(f64::from_bits)).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
