//! Layered configuration: defaults, size preset, algorithm preset, files and single settings, each overriding the
//! previous one.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use toml::{Table, Value};

use super::error::shown;
use super::{Config, ConfigError, PresetKind, Problem, check, limit, parse_count, presets};
use crate::near::near;
use crate::settings::Limit;

/// A value and where it was written.
#[derive(Clone, Debug)]
struct Setting {
    value: Value,
    origin: Rc<str>,
}

/// The longest text that is read, in bytes; a complete configuration has about 1,300. The TOML reader collects every
/// error of a text, which can take more than a hundred times its memory.
const LONGEST: usize = 32_768;

/// The most problems reported for one text: a file that is not a configuration would have one per line.
const MOST_PROBLEMS: usize = 50;

/// Settings by dotted key, such as `planner.samples`.
type Settings = BTreeMap<String, Setting>;

/// A configuration being built.
///
/// Regardless of the order of calls, the presets lie below files and settings, and the size preset below the algorithm
/// preset; files and settings override each other in the order in which they are given.
///
/// ```
/// use bootstride_core::config::Layers;
/// let config = Layers::new().size_preset("tiny")?.algorithm("variant2")?.set("planner.horizon=4")?.resolve()?;
/// assert_eq!((config.planner.horizon, config.algorithm.value_members), (4, 5));
/// # Ok::<(), bootstride_core::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Layers {
    size: Settings,
    algorithm: Settings,
    given: Settings,
}

impl Layers {
    /// Returns the defaults alone: the published BMPC settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the size preset.
    ///
    /// # Errors
    /// If no size preset has this name.
    pub fn size_preset(mut self, name: &str) -> Result<Self, ConfigError> {
        self.size = preset(PresetKind::Size, name)?;
        Ok(self)
    }

    /// Replaces the algorithm preset.
    ///
    /// # Errors
    /// If no algorithm preset has this name.
    pub fn algorithm(mut self, name: &str) -> Result<Self, ConfigError> {
        self.algorithm = preset(PresetKind::Algorithm, name)?;
        Ok(self)
    }

    /// Adds a TOML text on top; `name`, such as the path of the file, identifies it in errors.
    ///
    /// # Errors
    /// If the text is not TOML, or has unknown keys or values of the wrong type; all of them are reported, up to fifty.
    pub fn toml(mut self, name: &str, text: &str) -> Result<Self, ConfigError> {
        self.given.extend(read(name, text)?);
        Ok(self)
    }

    /// Adds a single `key=value` on top. The value is TOML, or a plain string if it is not valid TOML:
    /// `run.device=gpu:0`.
    ///
    /// # Errors
    /// If this is not `key=value`, the key is unknown or the value has the wrong type.
    pub fn set(mut self, setting: &str) -> Result<Self, ConfigError> {
        let origin: Rc<str> = format!("from the setting {setting}").into();
        let Some((key, text)) = setting.split_once('=').map(|(key, text)| (key.trim(), text.trim())) else {
            let message = "a setting is written key=value, such as planner.samples=256".into();
            return Err(Problem::Syntax { origin: format!("`{setting}`"), message }.into());
        };
        let words = || Value::String(text.to_owned());
        let value = match (text.parse::<Value>(), defaults().get(key)) {
            // A count as on the command line: `40k`.
            (Err(_), Some(Value::Integer(_))) => {
                parse_count(text).ok().and_then(|count| count.try_into().ok()).map_or_else(words, Value::Integer)
            }
            // If a name is expected, a number or a boolean is accepted as one.
            (
                Ok(Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_)),
                Some(Value::String(_)),
            )
            | (Err(_), _) => words(),
            (Ok(value), _) => value,
        };
        let mut problems = Vec::new();
        flatten(key, &value, &origin, &mut self.given, &mut problems);
        if problems.is_empty() { Ok(self) } else { Err(ConfigError { problems }) }
    }

    /// Returns the configuration that the layers result in.
    ///
    /// If both policies guide MPPI, the second one adds `planner.policy_samples` elites to the size's own (variant 2 of
    /// the BMPC paper: 64 + 24 = 88), unless a file or setting gives the number of elites.
    ///
    /// # Errors
    /// If values are out of range or inconsistent; all of them are reported.
    pub fn resolve(&self) -> Result<Config, ConfigError> {
        let mut values = defaults();
        let mut put = |settings: &Settings| {
            values.extend(settings.iter().map(|(key, setting)| (key.clone(), setting.value.clone())));
        };
        put(&self.size);
        put(&self.algorithm);
        put(&self.given);
        if !self.given.contains_key("planner.elites")
            && values.get("algorithm.guide").and_then(Value::as_str) == Some("both")
        {
            bring_elites(&mut values);
        }

        let origin = |key: &str| {
            let inside = format!("{key}.");
            let of = |layer: &Settings| {
                let inside = || layer.iter().find(|(key, _)| key.starts_with(&inside)).map(|(_, setting)| setting);
                layer.get(key).or_else(inside).cloned()
            };
            let setting = [&self.given, &self.algorithm, &self.size].into_iter().find_map(of);
            setting.map_or_else(|| "the default".to_owned(), |setting| setting.origin.to_string())
        };
        check::alone(&values, origin)?;
        let config = Config::deserialize(Value::Table(nested(&values)))
            .map_err(|error| Problem::Syntax { origin: "the configuration".into(), message: error.to_string() })?;
        check::together(&config, &values, origin)?;
        Ok(config)
    }
}

impl Config {
    /// Reads a configuration as [`Config::to_toml`] writes it; missing keys have their defaults.
    ///
    /// # Errors
    /// As [`Layers::toml`] and [`Layers::resolve`].
    pub fn from_toml(name: &str, text: &str) -> Result<Self, ConfigError> {
        Layers::new().toml(name, text)?.resolve()
    }

    /// Returns every setting as TOML; reading it back gives the same configuration.
    ///
    /// # Errors
    /// If a number is beyond the 64-bit signed integers of TOML; a checked configuration has none.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        // Through a table first: the printer alone would write integers that the reader rejects.
        Table::try_from(self).and_then(|_| toml::to_string(self)).map_err(unprintable)
    }

    /// Checks a configuration that was changed in memory, by the rules of [`Layers::resolve`].
    ///
    /// # Errors
    /// If values are out of range or inconsistent; all of them are reported.
    pub fn check(&self) -> Result<(), ConfigError> {
        let values = flat(&Table::try_from(self).map_err(unprintable)?);
        check::alone(&values, |_| "as set".into())?;
        check::together(self, &values, |_| "as set".into())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn unprintable(error: toml::ser::Error) -> ConfigError {
    Problem::Syntax { origin: "the configuration".into(), message: format!("a number is too large: {error}") }.into()
}

/// Adds as many elites as the second guide has sequences, so that either policy can fill its part of them.
fn bring_elites(values: &mut BTreeMap<String, Value>) {
    let number = |key: &str| values.get(key).and_then(Value::as_integer).unwrap_or_default();
    // Out-of-range numbers are reported later.
    let elites = number("planner.elites").saturating_add(number("planner.policy_samples"));
    values.insert("planner.elites".into(), Value::Integer(elites));
}

fn preset(kind: PresetKind, name: &str) -> Result<Settings, ConfigError> {
    let all = presets();
    let known: Vec<&str> = all.iter().filter(|preset| preset.kind == kind).map(|preset| preset.name).collect();
    let Some(found) = all.iter().find(|preset| preset.kind == kind && preset.name == name) else {
        let nearest = near(name, known.iter().copied()).map(str::to_owned);
        let known = known.into_iter().map(str::to_owned).collect();
        return Err(Problem::UnknownPreset { kind, name: name.into(), nearest, known }.into());
    };
    read(&format!("the {kind} preset {name}"), found.toml)
}

/// Returns the settings of a TOML text, each known and of its type.
fn read(name: &str, text: &str) -> Result<Settings, ConfigError> {
    if text.len() > LONGEST {
        let message = format!("it has {} bytes, but a configuration may have at most {LONGEST}", text.len());
        return Err(Problem::Syntax { origin: name.into(), message }.into());
    }
    let table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| Problem::Syntax { origin: name.into(), message: error.to_string() })?;
    let origin: Rc<str> = format!("from {name}").into();
    let (mut settings, mut problems) = (Settings::new(), Vec::new());
    for (key, value) in &table {
        flatten(key, value, &origin, &mut settings, &mut problems);
    }
    if problems.is_empty() { Ok(settings) } else { Err(ConfigError { problems }) }
}

/// Adds the values below `key` to `settings`, table by table, and their problems to `problems`.
fn flatten(key: &str, value: &Value, origin: &Rc<str>, settings: &mut Settings, problems: &mut Vec<Problem>) {
    if problems.len() >= MOST_PROBLEMS {
        return;
    }
    let defaults = defaults();
    let inside = |table: &str| -> Vec<String> {
        let prefix = format!("{table}.");
        defaults.keys().filter(|key| key.starts_with(&prefix)).cloned().collect()
    };
    let wrong = |allowed: String, nearest| Problem::WrongValue {
        origin: origin.to_string(),
        key: key.into(),
        value: shown(value),
        allowed,
        nearest,
    };
    if check::is_free(key) || limit(key) == Some(Limit::Table) {
        match value {
            Value::Table(table) if !table.is_empty() || !check::is_free(key) => {
                for (name, value) in table {
                    if name.contains('.') {
                        problems.push(wrong(format!("names without dots in it, unlike \"{name}\""), None));
                    } else {
                        flatten(&format!("{key}.{name}"), value, origin, settings, problems);
                    }
                }
            }
            _ if check::is_free(key) => {
                _ = settings.insert(key.into(), Setting { value: value.clone(), origin: origin.clone() });
            }
            _ => problems.push(wrong(Limit::Table.to_string(), None)),
        }
        return;
    }
    match (defaults.get(key), value) {
        (Some(default), _) => match typed(key, value, default) {
            Ok(value) => _ = settings.insert(key.into(), Setting { value, origin: origin.clone() }),
            Err((allowed, nearest)) => problems.push(wrong(allowed, nearest)),
        },
        // An unknown table is reported by the keys in it, which are likely to be known elsewhere.
        (None, Value::Table(table)) if !table.is_empty() || !inside(key).is_empty() => {
            for (name, value) in table {
                flatten(&format!("{key}.{name}"), value, origin, settings, problems);
            }
        }
        (None, _) if !inside(key).is_empty() => {
            problems.push(wrong(format!("a table of {}", inside(key).join(", ")), None));
        }
        (None, _) => {
            let mut known = key.split_once('.').map(|(table, _)| inside(table)).unwrap_or_default();
            if known.is_empty() {
                known = defaults.keys().filter_map(|key| key.split_once('.')).map(|(table, _)| table.into()).collect();
                known.dedup();
            }
            problems.push(Problem::UnknownKey {
                origin: origin.to_string(),
                key: key.into(),
                value: shown(value),
                nearest: near(key, defaults.keys().map(String::as_str)).map(str::to_owned),
                known,
            });
        }
    }
}

/// Returns the value in the type of the default; otherwise what is allowed, and the nearest allowed word if one is
/// near.
fn typed(key: &str, value: &Value, default: &Value) -> Result<Value, (String, Option<String>)> {
    let limit = limit(key);
    let allowed = || limit.as_ref().map(ToString::to_string).unwrap_or_default();
    match (default, value) {
        #[allow(clippy::cast_precision_loss, reason = "a whole number given for a real one")]
        (Value::Float(_), Value::Integer(whole)) => Ok(Value::Float(*whole as f64)),
        // 1e6 is easier to read than 1000000 and just as exact.
        #[allow(clippy::cast_possible_truncation, reason = "whole and within the exact range")]
        (Value::Integer(_), Value::Float(real)) if real.fract() == 0.0 && real.abs() < 9e15 => {
            Ok(Value::Integer(*real as i64))
        }
        (Value::String(_), Value::String(word)) => match limit {
            Some(Limit::OneOf(words)) if !words.contains(&word.as_str()) => {
                Err((allowed(), near(word, words.iter().copied()).map(str::to_owned)))
            }
            _ => Ok(value.clone()),
        },
        _ if value.same_type(default) => Ok(value.clone()),
        _ => Err((allowed(), None)),
    }
}

/// Returns every key with its default: the schema of a configuration.
pub(super) fn defaults() -> BTreeMap<String, Value> {
    // The defaults can be printed, which a test checks.
    flat(&Table::try_from(Config::default()).unwrap_or_default())
}

/// Returns all values of a table by their dotted keys.
pub(super) fn flat(table: &Table) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                values.extend(flat(inner).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            _ => _ = values.insert(name.clone(), value.clone()),
        }
    }
    values
}

fn nested(values: &BTreeMap<String, Value>) -> Table {
    let mut root = Table::new();
    for (key, value) in values {
        put(&mut root, key, value.clone());
    }
    root
}

/// Inserts a value by its dotted key.
fn put(table: &mut Table, key: &str, value: Value) {
    let Some((first, rest)) = key.split_once('.') else {
        table.insert(key.into(), value);
        return;
    };
    let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
    // Only in a table with any content: one layer has a value where another has a table.
    if !inner.is_table() {
        *inner = Value::Table(Table::new());
    }
    if let Value::Table(inner) = inner {
        put(inner, rest, value);
    }
}

/// Returns the value of a key, or all those in the table of this name.
pub(super) fn value_of(values: &BTreeMap<String, Value>, key: &str) -> Option<Value> {
    let prefix = format!("{key}.");
    let inside = || {
        let inside =
            values.iter().filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.to_owned(), value.clone())));
        Value::Table(nested(&inside.collect()))
    };
    values.get(key).cloned().or_else(|| values.keys().any(|key| key.starts_with(&prefix)).then(inside))
}
