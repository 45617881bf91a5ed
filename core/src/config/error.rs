//! Configuration errors, which name the key, the value and what is allowed.

use std::fmt;

use toml::Value;

/// All problems of a configuration, so that they can be corrected at once.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    /// The problems found; never empty.
    pub problems: Vec<Problem>,
}

/// One problem of a configuration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// A layer is not TOML, or a setting not `key=value`.
    Syntax {
        /// Where it was written.
        origin: String,
        /// The reader's message, with line and column if known.
        message: String,
    },
    /// No preset has this name.
    UnknownPreset {
        /// Size or algorithm.
        kind: super::PresetKind,
        /// The name given.
        name: String,
        /// The nearest known name, if one is near.
        nearest: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// The key does not exist.
    UnknownKey {
        /// Where it was written.
        origin: String,
        /// The key, with its tables: `planner.elitse`.
        key: String,
        /// The value given for it.
        value: String,
        /// The nearest known key, if one is near.
        nearest: Option<String>,
        /// The keys of the table that it was written into, or the tables if the table is unknown too.
        known: Vec<String>,
    },
    /// A value of the wrong type, out of range, or inconsistent with another.
    WrongValue {
        /// Where it was written.
        origin: String,
        /// The key, with its tables: `planner.elites`.
        key: String,
        /// The value.
        value: String,
        /// What is allowed, to be read after "allowed:".
        allowed: String,
        /// The allowed word nearest to the value, if it must be one of several words.
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
                write!(f, "available: {}", known.join(", "))
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

/// Formats a value for a message: numbers that would fill a line with zeros have an exponent.
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
