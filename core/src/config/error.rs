//! What can be wrong with a configuration, in words that name the key, the value and what would be right.

use std::fmt;

/// Everything that is wrong with a configuration, so that it can be put right in one go.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    /// The problems found; never empty.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// A layer is not TOML, or a setting not `key=value`.
    Syntax {
        /// Where it was written.
        origin: String,
        /// What the reader says, with line and column where there are some.
        message: String,
    },
    /// There is no preset of this name.
    UnknownPreset {
        /// Size or algorithm.
        kind: super::PresetKind,
        /// The name asked for.
        name: String,
        /// The known name that is most like it.
        nearest: String,
        /// All known names.
        known: Vec<String>,
    },
    /// There is no such key.
    UnknownKey {
        /// Where it was written.
        origin: String,
        /// The key, with its tables: `planner.elitse`.
        key: String,
        /// The value given for it.
        value: String,
        /// The known key that is most like it.
        nearest: String,
        /// The keys of the table that it was written into, or the tables if that is unknown as well.
        known: Vec<String>,
    },
    /// A value of the wrong type, out of range, or at odds with another.
    WrongValue {
        /// Where it was written.
        origin: String,
        /// The key, with its tables: `planner.elites`.
        key: String,
        /// The value.
        value: String,
        /// What is allowed, to be read after "allowed:".
        allowed: String,
        /// For one of several words, the one that is most like the value.
        nearest: Option<String>,
    },
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { origin, message } => write!(f, "{origin}: {}", message.trim_end()),
            Self::UnknownPreset { kind, name, nearest, known } => {
                write!(f, "unknown {kind} preset `{name}`: the nearest is `{nearest}`; there are {}", known.join(", "))
            }
            Self::UnknownKey { origin, key, value, nearest, known } => write!(
                f,
                "unknown key `{key}` = {value} ({origin}): the nearest known key is `{nearest}`; allowed here: {}",
                known.join(", ")
            ),
            Self::WrongValue { origin, key, value, allowed, nearest } => {
                write!(f, "`{key}` = {value} ({origin}): allowed: {allowed}")?;
                match nearest {
                    Some(nearest) => write!(f, "; the nearest is {nearest}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Of the `known` names the one most like `name`: as a whole, or by its last part if that was written into the wrong
/// table.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_lowercase();
    let distance = |key: &str| edit_distance(&name.to_lowercase(), key).min(edit_distance(&last(name), &last(key)) + 1);
    known.into_iter().min_by_key(|key| distance(key)).unwrap_or_default().to_owned()
}

/// Insertions, deletions and replacements of characters that lead from `a` to `b` (Levenshtein, 1966).
fn edit_distance(a: &str, b: &str) -> usize {
    // Names are short; a key of a megabyte need not be compared letter by letter.
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(128).collect(), b.chars().take(128).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_survives_typing_errors_and_wrong_tables() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        let known = ["planner.samples", "planner.policy_samples", "model.simnorm_dim", "training.batch"];
        assert_eq!(nearest("planner.sampels", known), "planner.samples");
        assert_eq!(nearest("samples", known), "planner.samples");
        assert_eq!(nearest("planner.batch", known), "training.batch");
        assert_eq!(nearest("Model.Simnorm", known), "model.simnorm_dim");
    }
}
