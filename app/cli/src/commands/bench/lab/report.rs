//! The results, as a table and as JSON.

use serde::Serialize;

use super::clock::median;
use super::headless::Stretch;
use super::scenarios::Look;
use crate::commands::bench::report::Common;

/// The cost of one scenario. Medians over the rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    case: &'static str,
    /// Name of the scenario.
    pub look: &'static str,
    #[serde(flatten)]
    common: Common,
    /// Number of rounds.
    pub repeats: usize,
    /// Decisions per second.
    pub decisions_per_second: f64,
    /// The same as a share of the rate without a lab, in the same round.
    pub of_training_alone: f64,
    /// CPU time of a frame in the lab, ms; `None` without frames.
    pub frame_cpu_ms: Option<f64>,
    /// Elapsed time of a frame, ms.
    pub frame_ms: Option<f64>,
    /// Frames per second.
    pub frames_per_second: f64,
    /// Time per decision taken by analyses and the decoder, ms.
    #[serde(rename = "insight_ms")]
    pub inspect_ms: f64,
    /// Analyses per second.
    #[serde(rename = "anatomies_per_second")]
    pub analyses_per_second: f64,
}

/// Returns the rows, given one stretch per scenario for each round.
#[must_use]
pub fn rows(rounds: &[Vec<(Look, Stretch)>], common: &Common) -> Vec<Row> {
    let row = |look: Look| {
        let of = |stretches: &[(Look, Stretch)]| {
            stretches.iter().find(|(one, _)| *one == look).map(|(_, stretch)| stretch.clone()).unwrap_or_default()
        };
        let middle = |figure: &dyn Fn(&Stretch) -> f64| {
            median(&mut rounds.iter().map(|stretches| figure(&of(stretches))).collect::<Vec<_>>())
        };
        let shares = |stretches: &Vec<(Look, Stretch)>| {
            let alone = stretches.iter().find(|(one, _)| *one == Look::Trainer)?;
            Some(of(stretches).decisions / alone.1.decisions)
        };
        let finite = |figure: f64| figure.is_finite().then_some(figure);
        Row {
            case: "lab",
            look: look.name(),
            common: common.clone(),
            repeats: rounds.len(),
            decisions_per_second: middle(&|stretch| stretch.decisions),
            of_training_alone: median(&mut rounds.iter().filter_map(shares).collect::<Vec<_>>()),
            frame_cpu_ms: finite(middle(&|stretch| stretch.cpu_ms)),
            frame_ms: finite(middle(&|stretch| stretch.wall_ms)),
            frames_per_second: middle(&|stretch| stretch.frames),
            inspect_ms: middle(&|stretch| stretch.inspect_ms),
            analyses_per_second: middle(&|stretch| stretch.analyses),
        }
    };
    Look::ALL.into_iter().map(row).collect()
}

/// Formats the rows as a table.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let Some(Row { common, repeats, .. }) = rows.first() else { return String::new() };
    let Common { task, preset, settings, engine, device, threads } = common;
    let of = [&[format!("{task}, preset {preset}")], &settings[..]].concat().join(", ");
    let mut lines = vec![
        format!("{of}, engine {engine}"),
        format!("device {device}, {threads} threads; medians of {repeats} rounds"),
        String::new(),
        format!(
            "{:<16}  {:>11}  {:>12}  {:>12}  {:>8}  {:>8}  {:>11}  {:>11}",
            "look", "decisions/s", "of no lab", "frame CPU ms", "frame ms", "frames/s", "insight ms", "analyses/s"
        ),
    ];
    let told = |figure: Option<f64>| figure.map_or("-".into(), |figure| format!("{figure:.2}"));
    for row in rows {
        lines.push(format!(
            "{:<16}  {:>11.1}  {:>12.3}  {:>12}  {:>8}  {:>8.1}  {:>11.2}  {:>11.1}",
            row.look,
            row.decisions_per_second,
            row.of_training_alone,
            told(row.frame_cpu_ms),
            told(row.frame_ms),
            row.frames_per_second,
            row.inspect_ms,
            row.analyses_per_second
        ));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "small whole numbers")]
    fn shares_are_taken_within_a_round() {
        let common = Common {
            task: "walker-walk",
            preset: "tiny".into(),
            settings: Vec::new(),
            engine: "fused",
            device: "cpu".into(),
            threads: 2,
        };
        let round = |alone: f64, closed: f64| {
            vec![
                (Look::Trainer, Stretch { decisions: alone, cpu_ms: f64::NAN, ..Stretch::default() }),
                (Look::Closed, Stretch { decisions: closed, cpu_ms: 2.0, ..Stretch::default() }),
            ]
        };
        // The computer is half as fast in the second round, and slower still in the third.
        let rows = rows(&[round(100.0, 90.0), round(50.0, 45.0), round(10.0, 8.0)], &common);
        let [alone, _, closed, ..] = &rows[..] else { panic!("seven rows: {rows:?}") };
        assert_eq!((alone.of_training_alone, alone.frame_cpu_ms), (1.0, None));
        assert_eq!((closed.of_training_alone, closed.decisions_per_second), (0.9, 45.0));
        assert_eq!(closed.frame_cpu_ms, Some(2.0));
        let text = table(&rows);
        let widths: Vec<usize> = text.lines().skip(3).map(str::len).collect();
        assert!(widths.iter().all(|width| *width == widths[0]) && text.contains("traces closed"), "{text}");
    }
}
