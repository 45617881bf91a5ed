//! What is wrong with a text that is no body file, in a user's words.

use serde::de::IgnoredAny;

/// What the file should be, after a semicolon.
pub(super) const BODY_FILE: &str = "a body file is a JSON object with format, name, attribution, simulation, links and \
                                    more, as assets/bodies/README.md describes it";

/// Returns what kind of text it is, if it is not a JSON object; `None` if it begins like one.
pub(super) fn foreign(text: &str) -> Option<String> {
    let found = match text.trim_start().chars().next() {
        Some('{') => return None,
        None => "the file is empty",
        Some('<') => "this is XML; MJCF and URDF files are not read",
        Some(first) => {
            if serde_json::from_str::<IgnoredAny>(text).is_err() {
                return Some("this is not JSON: expected value `{`".to_owned());
            }
            match first {
                '[' => "found an array",
                '"' => "found a string",
                'n' => "found null",
                't' | 'f' => "found a truth value",
                _ => "found a number",
            }
        }
    };
    Some(found.to_owned())
}

/// Returns a message of the JSON reader without the names of Rust's types.
pub(super) fn in_words(message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    let found = match found {
        "invalid type: map" => "found an object",
        "invalid type: sequence" => "found an array",
        found if found.starts_with("invalid length ") && expected.starts_with("struct ") => "found an array",
        found => found,
    };
    let place = expected.rfind(" at line ").map_or("", |at| &expected[at..]);
    let expected = match expected.split_once(' ').map_or(expected, |(word, _)| word) {
        "struct" | "map" => format!("a JSON object{place}"),
        _ if expected.starts_with("a sequence") => format!("an array{place}"),
        _ => expected.to_owned(),
    };
    format!("{found}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_rust_are_not_named() {
        for (message, words) in [
            (
                "invalid length 0, expected struct Link with 12 elements at line 1 column 9",
                "found an array, expected a JSON object at line 1 column 9",
            ),
            (
                "invalid type: integer `5`, expected struct Simulation at line 3 column 4",
                "invalid type: integer `5`, expected a JSON object at line 3 column 4",
            ),
            (
                "invalid type: map, expected a sequence at line 1 column 2",
                "found an object, expected an array at line 1 column 2",
            ),
            (
                "invalid length 2, expected an array of length 3 at line 1 column 2",
                "invalid length 2, expected an array of length 3 at line 1 column 2",
            ),
            ("missing field `mass` at line 1 column 2", "missing field `mass` at line 1 column 2"),
        ] {
            assert_eq!(in_words(message), words);
        }
    }
}
