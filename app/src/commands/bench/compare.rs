//! A benchmark against a recorded one: efficiencies, which hardly depend on the machine, side by side.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};
use serde::{Deserialize, Serialize};

use super::report::Row;

/// Share of a recorded efficiency below which a case counts as slower: more than a quiet machine varies.
pub const TOLERATED: f64 = 0.9;

/// What `bootstride bench --json` printed at another time.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Baseline(Vec<Entry>);

/// The part of a row that names its case, and its efficiency.
#[derive(Debug, Deserialize)]
struct Entry {
    case: String,
    task: String,
    preset: String,
    #[serde(default)]
    settings: Vec<String>,
    engine: String,
    efficiency: Option<f64>,
}

/// How a case compares with its recorded row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The recorded efficiency.
    pub baseline_efficiency: f64,
    /// The measured efficiency as a share of it.
    pub of_baseline: f64,
}

impl Baseline {
    /// Reads a file of rows.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not the output of `bootstride bench --json`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("could not read the baseline {name}"))?;
        let baseline: Self = serde_json::from_str(&text)
            .map_err(|error| anyhow!("{name} is not the output of `bootstride bench --json`: {error}"))?;
        ensure!(!baseline.0.is_empty(), "{name} holds no rows; `bootstride bench --json` prints some");
        Ok(baseline)
    }

    /// Notes in each row how it compares with the recorded row of the same case, task, sizes, settings and engine. Rows
    /// without one stay as they are.
    pub fn compare(&self, rows: &mut [Row]) {
        for row in rows {
            let same = |entry: &&Entry| {
                let common = &row.common;
                (&*entry.case, &*entry.task, &*entry.preset) == (row.case, common.task, &*common.preset)
                    && (&entry.settings, &*entry.engine) == (&common.settings, common.engine)
            };
            let recorded = self.0.iter().find(same).and_then(|entry| entry.efficiency);
            row.compared = recorded.zip(row.efficiency).map(|(baseline_efficiency, efficiency)| Compared {
                baseline_efficiency,
                of_baseline: efficiency / baseline_efficiency,
            });
        }
    }
}

/// The cases that are slower than recorded, for people; `None` if there are none.
///
/// # Errors
///
/// If no row had a recorded one to be compared with.
pub fn slower(rows: &[Row]) -> anyhow::Result<Option<String>> {
    let compared = || rows.iter().filter_map(|row| Some((row, row.compared?)));
    ensure!(
        compared().next().is_some(),
        "the baseline has none of these cases; record one with `bootstride bench --preset all --json`"
    );
    let slower: Vec<String> = compared()
        .filter(|(_, compared)| compared.of_baseline < TOLERATED)
        .map(|(row, compared)| {
            format!("{} at {} reaches {:.2} of its baseline", row.case, row.common.preset, compared.of_baseline)
        })
        .collect();
    Ok((!slower.is_empty()).then(|| slower.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::row;
    use super::*;

    fn baseline(efficiency: f64) -> Baseline {
        let mut value = serde_json::to_value(vec![row("plan", Some(10.0))]).unwrap();
        value[0]["efficiency"] = efficiency.into();
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn rows_are_compared_with_their_own_case_alone() {
        let mut rows = [row("plan", Some(10.0)), row("update", Some(10.0))];
        baseline(0.25).compare(&mut rows);
        assert!((rows[0].compared.unwrap().of_baseline - 0.8).abs() < 1e-12);
        assert_eq!(rows[1].compared, None);
        assert_eq!(slower(&rows).unwrap().unwrap(), "plan at tiny reaches 0.80 of its baseline");
        baseline(0.21).compare(&mut rows);
        assert_eq!(slower(&rows).unwrap(), None, "0.2 of 0.21 is within what is tolerated");
    }

    #[test]
    fn a_baseline_of_other_cases_is_an_error() {
        let mut rows = [row("update", Some(10.0))];
        baseline(0.25).compare(&mut rows);
        assert!(slower(&rows).is_err());
    }
}
