//! Reading back a run's records.

use std::path::Path;

use serde::de::Error as _;
use serde_json::{Error, Map, Value};

use super::error::RunError;
use super::files::read_if_there;
use super::folder::{EVENTS, RunFolder};
use crate::train::Event;

impl RunFolder {
    /// Returns the events that the run in `path` has recorded, oldest first: updates (averages over several), episodes,
    /// evaluations and warnings. Lines that are not events are skipped, and so is a last line that is still being
    /// written.
    ///
    /// # Errors
    /// If the file cannot be read. A run without one has no events.
    pub fn past(path: impl AsRef<Path>) -> Result<Vec<Event>, RunError> {
        Ok(events(&text(path.as_ref())?).filter_map(|(_, event)| event.ok()).collect())
    }

    /// Same as [`past`](Self::past), for the first `lines` lines only.
    pub(super) fn past_until(path: &Path, lines: usize) -> Result<Vec<Event>, RunError> {
        Ok(events(&text(path)?).take(lines).filter_map(|(_, event)| event.ok()).collect())
    }

    /// Same as [`past`](Self::past), except that a line that is not an event is an error.
    ///
    /// # Errors
    /// If the file cannot be read, or [`RunError::File`] with the number of the first line that is damaged.
    pub fn undamaged_past(path: impl AsRef<Path>) -> Result<Vec<Event>, RunError> {
        let damaged = |number: usize, error: Error| RunError::File {
            path: path.as_ref().join(EVENTS),
            message: format!("line {number}: {error}"),
        };
        events(&text(path.as_ref())?).map(|(number, event)| event.map_err(|error| damaged(number, error))).collect()
    }
}

/// Returns the text of the event file; empty if there is none.
fn text(path: &Path) -> Result<String, RunError> {
    let bytes = read_if_there(&path.join(EVENTS))?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the events of all complete lines with their line numbers. A last line without an end is still being written.
fn events(text: &str) -> impl Iterator<Item = (usize, Result<Event, Error>)> {
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    (1..).zip(lines.map(event))
}

/// Returns the event of a line.
fn event(line: &str) -> Result<Event, Error> {
    match serde_json::from_str(line)? {
        Value::Object(fields) if fields.get("event").and_then(Value::as_str) == Some("update") => update(&fields),
        value => serde_json::from_value(value),
    }
}

/// Returns an update, whose metrics are fields at the same level in the file.
fn update(fields: &Map<String, Value>) -> Result<Event, Error> {
    let whole = |name: &'static str| {
        let number = fields.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| Error::missing_field(name))
    };
    let figures = fields.iter().filter(|(name, _)| !["event", "env_step", "update"].contains(&name.as_str()));
    #[allow(clippy::cast_possible_truncation, reason = "they were written as f32")]
    let figures = figures.filter_map(|(name, value)| Some((name.clone(), value.as_f64()? as f32)));
    Ok(Event::Update { env_step: whole("env_step")?, update: whole("update")?, metrics: figures.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_back_and_non_events_are_reported() {
        let line = r#"{"event":"update","env_step":2000,"update":100,"total_loss":0.25,"grad_norm":null}"#;
        let metrics = vec![("total_loss".to_owned(), 0.25)];
        assert_eq!(event(line).unwrap(), Event::Update { env_step: 2000, update: 100, metrics });
        assert_eq!(event(r#"{"event":"finished","env_step":4}"#).unwrap(), Event::Finished { env_step: 4 });
        assert!(event(&line[..40]).is_err());
        assert!(event(r#"{"event":"update","env_step":2000}"#).unwrap_err().to_string().contains("update"));
    }

    #[test]
    fn a_line_counts_once_it_is_ended() {
        let line = r#"{"event":"finished","env_step":4}"#;
        let read = |text: &str| events(text).map(|(number, event)| (number, event.is_ok())).collect::<Vec<_>>();
        assert_eq!(read(&format!("{line}\nhalf\n{line}\n")), [(1, true), (2, false), (3, true)]);
        assert_eq!(read(&format!("{line}\n{}", &line[..9])), [(1, true)]);
    }
}
