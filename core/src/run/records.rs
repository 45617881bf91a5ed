//! Tables (CSV) and lists of events (JSON lines) that grow row by row and can be truncated to an earlier row.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::changes::Changes;
use super::error::{At, RunError};
use super::files::{read_if_there, replace};
use crate::train::Event;
use crate::vfs::{File, OpenOptions};

/// A CSV table whose columns keep their positions.
///
/// The header is written with the first row. A column that first appears in a later row is added at the end, and the
/// earlier rows get an empty cell: a plot of a metric recorded from step 5000 on begins at step 5000.
#[derive(Debug)]
pub(super) struct Table {
    path: PathBuf,
    columns: Vec<String>,
    rows: usize,
}

impl Table {
    /// Returns the table at `path` with its first `rows` rows, once `changes` are made: everything after them is then
    /// removed, including incomplete rows.
    ///
    /// Columns filled only by later rows are removed too, so that a resumed run ends with the file of an uninterrupted
    /// one.
    pub fn rewound(path: PathBuf, rows: usize, changes: &mut Changes) -> Result<Self, RunError> {
        let (bytes, mut lines) = whole_lines(&path, rows.saturating_add(1))?;
        if lines.len() < 2 {
            lines.clear();
        }
        // Line by line: a damaged table may have as many columns as bytes.
        let width = lines.first().map_or(0, |header| header.split(',').count());
        let filled = |row: &String| {
            let cells = (1..=width).zip(row.split(','));
            cells.filter(|(_, cell)| !cell.is_empty()).map(|(place, _)| place).last()
        };
        let width = lines.iter().skip(1).filter_map(filled).max().unwrap_or(0);
        for row in &mut lines {
            let end = width.checked_sub(1).map_or(Some(0), |last| Some(row.match_indices(',').nth(last)?.0));
            row.truncate(end.unwrap_or(row.len()));
        }
        changes.replace(&path, bytes, text(&lines));
        let header = lines.first().filter(|_| width > 0).map(|header| header.split(',').map(str::to_owned).collect());
        Ok(Self { path, columns: header.unwrap_or_default(), rows: lines.len().saturating_sub(1) })
    }

    /// Adds a row of named cells.
    pub fn append(&mut self, cells: &[(&str, String)]) -> Result<(), RunError> {
        let cells: Vec<(String, &str)> = cells.iter().map(|(name, cell)| (plain(name), cell.as_str())).collect();
        let before = self.columns.len();
        for (name, _) in &cells {
            if !self.columns.contains(name) {
                self.columns.push(name.clone());
            }
        }
        if self.columns.len() > before {
            self.widen(self.columns.len() - before)?;
        }
        let cell = |column: &String| cells.iter().find(|(name, _)| name == column).map_or("", |(_, cell)| cell);
        let row = self.columns.iter().map(cell).collect::<Vec<_>>().join(",") + "\n";
        append(&self.path, &row)?;
        self.rows += 1;
        Ok(())
    }

    fn widen(&self, by: usize) -> Result<(), RunError> {
        let (_, lines) = whole_lines(&self.path, self.rows + 1)?;
        let mut text = self.columns.join(",") + "\n";
        for line in lines.iter().skip(1) {
            let _ = writeln!(text, "{line}{}", ",".repeat(by));
        }
        replace(&self.path, text.as_bytes())
    }

    /// Returns the number of rows, without the header.
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn sync(&self) -> Result<(), RunError> {
        sync(&self.path)
    }
}

/// A file of events, one JSON object per line.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    rows: usize,
}

impl Lines {
    /// Returns the file at `path` with its first `rows` lines, once `changes` are made.
    pub fn rewound(path: PathBuf, rows: usize, changes: &mut Changes) -> Result<Self, RunError> {
        let (bytes, lines) = whole_lines(&path, rows)?;
        changes.replace(&path, bytes, text(&lines));
        Ok(Self { rows: lines.len(), path })
    }

    pub fn append(&mut self, event: &Event) -> Result<(), RunError> {
        let line = match event {
            Event::Update { env_step, update, metrics } => serde_json::to_string(&Flat(*env_step, *update, metrics)),
            other => serde_json::to_string(other),
        };
        let line = line.map_err(|error| RunError::File { path: self.path.clone(), message: error.to_string() })?;
        append(&self.path, &(line + "\n"))?;
        self.rows += 1;
        Ok(())
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn sync(&self) -> Result<(), RunError> {
        sync(&self.path)
    }
}

/// An update with its metrics at the same level as its steps, as readers of JSON lines turn them into columns.
struct Flat<'a>(usize, usize, &'a [(String, f32)]);

impl Serialize for Flat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("event", "update")?;
        map.serialize_entry("env_step", &self.0)?;
        map.serialize_entry("update", &self.1)?;
        for (name, value) in self.2 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Returns a number as the shortest text that reads back as the same number.
pub(super) fn number(value: f32) -> String {
    format!("{value:?}")
}

/// Returns a name that needs no quotes in a table.
fn plain(name: &str) -> String {
    name.replace([',', '"', '\n', '\r'], "_")
}

/// Returns the bytes of a file, and its first lines, at most `count`, as far as they are complete.
fn whole_lines(path: &Path, count: usize) -> Result<(Option<Vec<u8>>, Vec<String>), RunError> {
    let bytes = read_if_there(path)?;
    let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let lines = whole.take(count).map(str::to_owned).collect();
    Ok((bytes, lines))
}

/// Returns the contents of a file with these lines; `None` without lines, as there is no file before the first row.
fn text(lines: &[String]) -> Option<Vec<u8>> {
    let text = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>();
    (!text.is_empty()).then(|| text.into_bytes())
}

fn append(path: &Path, text: &str) -> Result<(), RunError> {
    let mut file = OpenOptions::new().append(true).create(true).open(path).at("open", path)?;
    file.write_all(text.as_bytes()).at("write", path)
}

/// Flushes a file to disk, if it exists.
pub(super) fn sync(path: &Path) -> Result<(), RunError> {
    match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.and_then(|file| file.sync_all()).at("sync", path),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the table with its first rows, changed at once.
    fn rewound(path: PathBuf, rows: usize) -> Table {
        let mut changes = Changes::default();
        let table = Table::rewound(path, rows, &mut changes).unwrap();
        changes.make().unwrap();
        table
    }

    /// Appends rows that each have a step and some of four metrics.
    fn append_all(table: &mut Table, rows: &[(usize, [bool; 4])]) {
        for (step, there) in rows {
            let mut cells = vec![("step", step.to_string())];
            let figures = ["a", "b", "c", "d"].into_iter().zip(there).filter(|(_, there)| **there);
            cells.extend(figures.map(|(name, _)| (name, format!("{name}{step}"))));
            table.append(&cells).unwrap();
        }
    }

    proptest! {
        #![proptest_config(crate::property::cases(64))]

        #[test]
        fn a_table_taken_back_and_written_on_equals_one_written_at_once(
            rows in proptest::collection::vec(any::<[bool; 4]>(), 0..8),
            kept in 0_usize..8,
            written in 0_usize..8,
            torn: bool,
        ) {
            let rows: Vec<_> = rows.into_iter().enumerate().collect();
            let (written, folder) = (written.min(rows.len()), tempfile::tempdir().unwrap());
            let (kept, path) = (kept.min(written), |name: &str| folder.path().join(name));
            append_all(&mut rewound(path("whole"), 0), &rows);
            append_all(&mut rewound(path("resumed"), 0), &rows[..written]);
            if torn {
                append(&path("resumed"), "9,torn").unwrap();
            }
            let mut resumed = rewound(path("resumed"), kept);
            prop_assert_eq!(resumed.rows(), kept);
            append_all(&mut resumed, &rows[kept..]);
            prop_assert_eq!(read_if_there(&path("resumed")).unwrap(), read_if_there(&path("whole")).unwrap());
        }
    }
}
