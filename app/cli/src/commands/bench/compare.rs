//! Comparison with a recorded benchmark, by efficiencies, which hardly depend on the computer.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};
use serde::Deserialize;

use super::report::{Compared, Row};

/// Share of the recorded efficiency below which a case counts as slower: outside the variation of an idle computer.
pub const TOLERATED: f64 = 0.9;

/// The output of an earlier `bootstride bench --json`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Baseline(Vec<Entry>);

/// The fields of a row that identify its case, and its efficiency.
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

impl Baseline {
    /// Reads a recorded benchmark.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not the output of `bootstride bench --json`.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("could not read the baseline {name}"))?;
        let baseline: Self = serde_json::from_str(&text)
            .map_err(|error| anyhow!("{name} is not the output of `bootstride bench --json`: {error}"))?;
        ensure!(!baseline.0.is_empty(), "{name} contains no rows; record some with `bootstride bench --json`");
        Ok(baseline)
    }

    /// Adds to each row the comparison with the recorded row of the same case, task, preset, settings and engine. Rows
    /// without a recorded row are not changed.
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

/// Describes the cases that are slower than recorded; `None` if there are none.
///
/// # Errors
///
/// If no row has a recorded counterpart.
pub fn slower(rows: &[Row]) -> anyhow::Result<Option<String>> {
    let compared = || rows.iter().filter_map(|row| Some((row, row.compared?)));
    ensure!(
        compared().next().is_some(),
        "the baseline contains none of these cases; record a new one with `bootstride bench --preset all --json`"
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
