//! External text: decoding files that users write, and detecting characters that do not display as themselves.

use std::borrow::Cow;
use std::fmt::Write as _;

use thiserror::Error;

/// The byte order mark as a character. Windows editors and shells write it in front of UTF-8.
const MARK: char = '\u{feff}';

/// The reason why bytes are not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Text in an encoding other than UTF-8.
    #[error("it is {encoding} text; save it as UTF-8")]
    Encoding {
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// Neither UTF-8 nor an encoding that can be recognised.
    #[error("it is not UTF-8 text: byte {offset} does not belong to any character; save it as UTF-8")]
    NotText {
        /// Offset of the first wrong byte.
        offset: usize,
    },
}

/// Returns the text in `bytes`, which are UTF-8 with or without a byte order mark.
///
/// # Errors
/// If the encoding is any other; UTF-16 and UTF-32 are named, with and without their marks.
pub fn decode(bytes: &[u8]) -> Result<&str, TextError> {
    if let Some(encoding) = wide(bytes) {
        return Err(TextError::Encoding { encoding });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| TextError::NotText { offset: error.valid_up_to() })?;
    Ok(without_mark(text))
}

/// Returns `text` without the byte order mark in front.
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// Returns the encoding if its units have two or four bytes, recognised by its mark or by the zeros in its first ASCII
/// characters.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        // UTF-16 cannot begin like this: its text would begin with a zero.
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [1..=255, 0, 0, 0, ..] | [0, 0, 0, 1..=255, ..] => {
            Some("UTF-32")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [1..=255, 0, 1..=255, 0, ..] | [0, 1..=255, 0, 1..=255, ..] => {
            Some("UTF-16")
        }
        _ => None,
    }
}

/// Returns whether a terminal obeys the character instead of showing it, or the character changes the order in which
/// others are shown: control characters (C0, C1, DEL), line and paragraph separators, and the marks and overrides of
/// writing direction.
#[must_use]
pub fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether the character takes no space, so that two names with and without it look alike; includes
/// [`is_control`].
#[must_use]
pub fn is_invisible(letter: char) -> bool {
    let has_no_width = matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | MARK
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    );
    has_no_width || is_control(letter)
}

/// Returns `text` in a form that is safe for a terminal: control characters are escaped as `\u001b`, which JSON and
/// TOML read back in their strings. Line ends and tabs are kept.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let stays = |letter: char, next: Option<char>| {
        !is_control(letter) || matches!((letter, next), ('\n' | '\t', _) | ('\r', Some('\n')))
    };
    let letters = || text.chars().zip(text.chars().skip(1).map(Some).chain([None]));
    if letters().all(|(letter, next)| stays(letter, next)) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for (letter, next) in letters() {
        if stays(letter, next) {
            shown.push(letter);
        } else {
            // Writing to a string never fails.
            let _ = write!(shown, "\\u{:04x}", u32::from(letter));
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_skipped_and_other_encodings_are_named() {
        let encoded = |units: &[u16]| units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>();
        assert_eq!(decode(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!((decode(b"{}"), decode(b""), decode("\u{fc}\n".as_bytes())), (Ok("{}"), Ok(""), Ok("\u{fc}\n")));
        for (bytes, encoding) in [
            (encoded(&[0xfeff, 0x7b, 0x7d]), "UTF-16"),
            (encoded(&[0x7b, 0x7d]), "UTF-16"),
            (vec![0xfe, 0xff, 0, 0x7b], "UTF-16"),
            (vec![0, 0x7b, 0, 0x7d], "UTF-16"),
            (vec![0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0], "UTF-32"),
            (vec![0x7b, 0, 0, 0], "UTF-32"),
            (vec![0, 0, 0xfe, 0xff, 0, 0, 0, 0x7b], "UTF-32"),
            (vec![0, 0, 0, 0x7b], "UTF-32"),
        ] {
            assert_eq!(decode(&bytes), Err(TextError::Encoding { encoding }), "{bytes:x?}");
        }
        assert_eq!(decode(b"M\xfcnchen"), Err(TextError::NotText { offset: 1 }));
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(
            printable("a\n\tb\r\nc, \u{fc}, \u{1f468}\u{200d}\u{1f469}"),
            "a\n\tb\r\nc, \u{fc}, \u{1f468}\u{200d}\u{1f469}"
        );
        assert_eq!(
            printable("\u{1b}[2J\u{7}\rx\u{9b}\u{7f}\u{202e}"),
            "\\u001b[2J\\u0007\\u000dx\\u009b\\u007f\\u202e"
        );
        let json = format!("\"{}\"", printable("\u{9b}31m"));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "\u{9b}31m");
    }

    #[test]
    fn letters_of_all_scripts_are_visible() {
        assert!(!"Bein_2 \u{5de}\u{5e9} \u{627}\u{644} \u{4eba} e\u{301}".chars().any(is_invisible));
        assert!("\u{200b}\u{feff}\u{ad}\u{e0041}\u{2066}\u{0}".chars().all(is_invisible));
    }
}
