//! Inputs that are nearly valid: valid ones with small changes, the same for the same number.

use std::ops::Range;

/// The longest input that a change makes, bytes.
const LONGEST: usize = 1 << 18;

/// Texts that readers of any format stumble over.
const WORDS: &[&[u8]] = &[
    b"0",
    b"-1",
    b"-0",
    b"1e999",
    b"-1e999",
    b"1e-320",
    b"1e308",
    b"NaN",
    b"nan",
    b"inf",
    b"-inf",
    b"Infinity",
    b"null",
    b"true",
    b"1.5",
    b"255",
    b"256",
    b"65536",
    b"1000000",
    b"4294967295",
    b"4294967296",
    b"9007199254740993",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"[]",
    b"{}",
    b"\"\"",
    b"''",
    b"\"\"\"",
    b"\\u0000",
    b"\\ud800",
    b"\\",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\r\n",
    b"\r",
    b"\n",
    b"\t",
    b",",
    b":",
    b"=",
    b"&",
    b"%",
    b"%00",
    b"%ff",
    b".",
    b"..",
    b"/",
    b"#",
    b"[",
    b"]",
    b"{",
    b"}",
    b"[[",
    b"\"",
    b"\x1b[31m",
    b"\xe2\x80\xae",
];

/// Whole numbers that lengths and counts are replaced by.
const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    7,
    255,
    65_535,
    1 << 20,
    1 << 31,
    u32::MAX as u64,
    1 << 40,
    1 << 62,
    i64::MAX as u64,
    u64::MAX - 7,
    u64::MAX,
];

/// Where texts are cut, so that what is moved is often a whole value, field or line.
const SEAMS: &[u8] = b"\n,:;={}[]\"&\0";

/// Random numbers (`SplitMix64`): nothing here may depend on a library's version.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % (end.max(1) as u64)).unwrap()
    }

    fn one<'a, T: ?Sized>(&mut self, list: &'a [&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    /// A place in so many bytes: near the ends, where headers and directories are, as often as anywhere.
    fn place(&mut self, length: usize) -> usize {
        let near = length.min(1024);
        match self.below(4) {
            0 => self.below(near + 1),
            1 => length - self.below(near + 1),
            _ => self.below(length + 1),
        }
    }

    /// A piece of the bytes, short ones more often than long ones, every other one from seam to seam.
    fn piece(&mut self, bytes: &[u8]) -> Range<usize> {
        let longest = 1_usize << self.below(12);
        let start = self.place(bytes.len());
        let end = (start + 1 + self.below(longest)).min(bytes.len());
        if self.below(2) == 0 {
            return start..end;
        }
        let is_seam = |byte: &u8| SEAMS.contains(byte);
        let start = bytes[..start].iter().rposition(is_seam).map_or(0, |seam| seam + 1);
        let end = bytes[end..].iter().position(is_seam).map_or(bytes.len(), |seam| end + seam);
        start..end.max(start)
    }
}

/// One of the `seeds` with a few changes; `words` are texts of its format.
pub fn mutated(dice: &mut Dice, seeds: &[Vec<u8>], words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len())].clone();
    loop {
        change(dice, &mut bytes, seeds, words);
        bytes.truncate(LONGEST);
        if dice.below(3) > 0 {
            return bytes;
        }
    }
}

fn change(dice: &mut Dice, bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&[u8]]) {
    let at = dice.place(bytes.len());
    match dice.below(16) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = u8::try_from(dice.below(256)).unwrap();
            }
        }
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(dice.piece(bytes))),
        5 => {
            let copy = bytes[dice.piece(bytes)].to_vec();
            insert(bytes, at, &copy);
        }
        6 | 7 => {
            let other = &seeds[dice.below(seeds.len())];
            let (from, to) = (dice.piece(other), dice.piece(bytes));
            bytes.splice(to, other[from].iter().copied());
        }
        8 => insert(bytes, at, word(dice, words)),
        9 => {
            let to = dice.piece(bytes);
            bytes.splice(to, word(dice, words).iter().copied());
        }
        10 | 11 => digits(dice, bytes, at),
        12 | 13 => {
            let number = NUMBERS[dice.below(NUMBERS.len())];
            let width = [1, 2, 4, 8][dice.below(4)];
            let order = if dice.below(8) == 0 { number.to_be_bytes() } else { number.to_le_bytes() };
            if let Some(place) = bytes.get_mut(at..at + width) {
                place.copy_from_slice(&order[..width]);
            }
        }
        14 => {
            // Two pieces change places.
            let (a, b) = (dice.piece(bytes), dice.piece(bytes));
            let (first, second) = if a.start <= b.start { (a, b) } else { (b, a) };
            if first.end <= second.start {
                let moved = [&bytes[second.clone()], &bytes[first.end..second.start], &bytes[first.clone()]].concat();
                bytes.splice(first.start..second.end, moved);
            }
        }
        _ => {
            // The same over and over: deep nesting, many keys, long names. Long ones are rare, as they take their time.
            let room = if dice.below(40) == 0 { LONGEST } else { 2048 };
            let piece = if dice.below(2) == 0 { word(dice, words).to_vec() } else { bytes[dice.piece(bytes)].to_vec() };
            let times = dice.below(room) / piece.len().max(1);
            insert(bytes, at, &piece.repeat(times));
        }
    }
}

fn word<'a>(dice: &mut Dice, words: &'a [&'a [u8]]) -> &'a [u8] {
    if words.is_empty() || dice.below(2) == 0 { dice.one(WORDS) } else { dice.one(words) }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

/// Replaces the first number in a text from `at` on.
fn digits(dice: &mut Dice, bytes: &mut Vec<u8>, at: usize) {
    let is_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|start| at + start) else { return };
    let end = bytes[start..].iter().position(|byte| !is_number(byte)).map_or(bytes.len(), |end| start + end);
    bytes.splice(start..end, dice.one(WORDS).iter().copied());
}
