//! From a position in a JSON text to the path of the value there, for error messages.

/// One open container on the way to the position.
enum Step {
    Key(String),
    Index(usize),
}

/// Returns the path (`$.links[1].mass`) of the value that ends at or contains `line` and `column` (both from 1, in
/// bytes), as `serde_json` reports them. Works on texts that are no valid JSON, up to the position.
pub(crate) fn path_at(text: &str, line: usize, column: usize) -> String {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = (before + column).min(text.len());
    let mut steps: Vec<Step> = Vec::new();
    let mut bytes = text.as_bytes()[..end].iter().copied().enumerate().peekable();
    let mut expects_key = false;
    while let Some((start, byte)) = bytes.next() {
        match byte {
            b'{' => {
                steps.push(Step::Key(String::new()));
                expects_key = true;
            }
            b'[' => {
                steps.push(Step::Index(0));
                expects_key = false;
            }
            // The reported error may be about the container that closes here: keep the last one.
            b'}' | b']' if bytes.peek().is_some() => {
                steps.pop();
                expects_key = false;
            }
            b',' => match steps.last_mut() {
                Some(Step::Index(index)) => *index += 1,
                Some(Step::Key(_)) => expects_key = true,
                None => {}
            },
            b'"' => {
                let mut escaped = false;
                let mut stop = end;
                for (at, byte) in bytes.by_ref() {
                    if byte == b'"' && !escaped {
                        stop = at;
                        break;
                    }
                    escaped = byte == b'\\' && !escaped;
                }
                if expects_key && let Some(Step::Key(key)) = steps.last_mut() {
                    *key = String::from_utf8_lossy(&text.as_bytes()[start + 1..stop]).into_owned();
                    expects_key = false;
                }
            }
            _ => {}
        }
    }
    let parts = steps.into_iter().map(|step| match step {
        Step::Key(key) if key.is_empty() => key,
        Step::Key(key) => format!(".{key}"),
        Step::Index(index) => format!("[{index}]"),
    });
    std::iter::once("$".to_owned()).chain(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::path_at;

    #[test]
    fn a_position_becomes_the_path_of_its_value() {
        let text = "{\n \"a\": 1,\n \"links\": [{\"name\": \"x,\\\"]\"}, {\"mass\": true}]\n}";
        let column = text.lines().nth(2).and_then(|line| line.find("true"));
        assert_eq!(column.map(|column| path_at(text, 3, column + 4)).as_deref(), Some("$.links[1].mass"));
        assert_eq!(path_at(text, 2, 7), "$.a");
        assert_eq!(path_at("", 0, 0), "$");
        assert_eq!(path_at("[[1, 2], [3", 1, 11), "$[1][0]");
    }
}
