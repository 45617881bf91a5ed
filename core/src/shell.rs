//! Quoting the words of printed command lines, so that they can be copied.

use std::ffi::OsStr;
use std::path::Path;

/// Returns a word as a shell reads it back: unchanged if that is safe, otherwise in quotes. Single quotes for POSIX
/// shells, double quotes on Windows. Non-Unicode bytes and control characters are written as `$'\xe9'`, which bash, zsh
/// and ksh read.
#[must_use]
pub fn quote(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref();
    if cfg!(windows) { windows(&word.to_string_lossy()) } else { posix(word) }
}

/// Returns a path as [`quote`] writes it, but never one that would be read as an option: `./-p`.
#[must_use]
pub fn quote_path(path: &Path) -> String {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") { quote(Path::new(".").join(path)) } else { quote(path) }
}

fn posix(word: &OsStr) -> String {
    match word.to_str() {
        // zsh looks up a word that begins with `=` as a command.
        Some(text) if is_plain(text, "-_./:+,@=") && !text.starts_with('=') => text.into(),
        Some(text) if !text.contains(char::is_control) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            let letter = |byte: &u8| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(*byte)),
                b' '..=b'~' => char::from(*byte).to_string(),
                byte => format!("\\x{byte:02x}"),
            };
            format!("$'{}'", word.as_encoded_bytes().iter().map(letter).collect::<String>())
        }
    }
}

fn windows(text: &str) -> String {
    if is_plain(text, "-_./:+@\\") {
        return text.into();
    }
    // A backslash before the closing quote would be read as escaping it.
    let trailing = text.len() - text.trim_end_matches('\\').len();
    format!("\"{}{}\"", text.replace('"', "\\\""), "\\".repeat(trailing))
}

/// Returns whether a text has only letters, digits and these characters.
fn is_plain(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || others.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_posix_shell() {
        let cases = [
            ("runs/walker-walk/bmpc-seed1", "runs/walker-walk/bmpc-seed1"),
            ("run.device=gpu:0", "run.device=gpu:0"),
            ("my first run", "'my first run'"),
            ("it's $HOME", r"'it'\''s $HOME'"),
            ("~", "'~'"),
            ("=x", "'=x'"),
            ("", "''"),
            ("größe/a*b", "'größe/a*b'"),
            ("größe", "größe"),
            ("a\nb\\", r"$'a\x0ab\\'"),
        ];
        for (word, quoted) in cases {
            assert_eq!(posix(OsStr::new(word)), quoted);
        }
    }

    #[test]
    fn words_survive_the_windows_command_line() {
        assert_eq!(windows(r"runs\walker"), r"runs\walker");
        assert_eq!(windows(r"C:\my runs\"), r#""C:\my runs\\""#);
        assert_eq!(windows("a&b"), "\"a&b\"");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_is_never_an_option_and_need_not_be_unicode() {
        use std::os::unix::ffi::OsStrExt as _;
        assert_eq!(quote_path(Path::new("-p")), "./-p");
        assert_eq!(quote_path(Path::new("- p")), "'./- p'");
        assert_eq!(quote_path(Path::new(OsStr::from_bytes(b"runs/caf\xe9"))), r"$'runs/caf\xe9'");
    }
}
