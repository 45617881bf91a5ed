//! What can be wrong with a configuration, in words that name the key, the value and what would be right.

use std::fmt;

use toml::Value;

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
        /// The known name that is like it, if there is one.
        nearest: Option<String>,
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
        /// The known key that is like it, if there is one.
        nearest: Option<String>,
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
        /// For one of several words, the one that is like the value.
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
                write!(f, "unknown {kind} preset `{name}`: ")?;
                if let Some(nearest) = nearest {
                    write!(f, "the nearest is `{nearest}`; ")?;
                }
                write!(f, "there are {}", known.join(", "))
            }
            Self::UnknownKey { origin, key, value, nearest, known } => {
                write!(f, "unknown key `{key}` = {value} ({origin}): ")?;
                if let Some(nearest) = nearest {
                    write!(f, "the nearest known key is `{nearest}`; ")?;
                }
                write!(f, "allowed here: {}", known.join(", "))
            }
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

/// A value as a message shows it: numbers that would fill a line with zeros have an exponent.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Float(number) if number.is_finite() && *number != 0.0 && !(1e-6..1e16).contains(&number.abs()) => {
            format!("{number:e}")
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_in_a_short_form() {
        let texts = [1e40, 1e-300, -2.5e17, 0.0, 0.05, 1e6].map(|number| shown(&Value::Float(number)));
        assert_eq!(texts, ["1e40", "1e-300", "-2.5e17", "0.0", "0.05", "1000000.0"]);
        assert_eq!(shown(&Value::Integer(1_000_000_000_000_000_000)), "1000000000000000000");
    }
}
