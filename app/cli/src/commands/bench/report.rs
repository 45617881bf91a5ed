//! The results, as a table and as JSON.

use serde::Serialize;

/// The fields shared by all rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Common {
    /// The task.
    pub task: &'static str,
    /// Size preset.
    pub preset: String,
    /// Settings that override the preset, as on the command line.
    pub settings: Vec<String>,
    /// Planning engine.
    pub engine: &'static str,
    /// Compute device.
    pub device: String,
    /// Number of threads that matrix products on the CPU may use.
    pub threads: usize,
}

/// Comparison of a case with its recorded row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The recorded efficiency.
    pub baseline_efficiency: f64,
    /// The measured efficiency as a share of it.
    pub of_baseline: f64,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub case: &'static str,
    /// The fields shared with the other rows.
    #[serde(flatten)]
    pub common: Common,
    /// Number of measurements.
    pub repeats: usize,
    /// Median time of a call, ms.
    pub median_ms: f64,
    /// Minimum, ms.
    pub min_ms: f64,
    /// Maximum, ms.
    pub max_ms: f64,
    /// Floating-point operations of a call, in billions; `None` without matrix products.
    pub gflop: Option<f64>,
    /// The device's rate of 512 x 512 x 512 matrix products, in billions of operations per second.
    pub sgemm_gflops: f64,
    /// Time that the operations take at that rate, as a share of the median.
    pub efficiency: Option<f64>,
    /// Number of kernels launched per call on a GPU.
    pub launches: Option<f64>,
    /// Time of a call on the GPU's own clock, ms; `None` if it has none.
    pub gpu_ms: Option<f64>,
    /// Simulation speed; `None` except for the case `env`.
    #[serde(flatten)]
    pub pace: Option<Pace>,
    /// Comparison with a recorded benchmark, if one was given.
    #[serde(flatten)]
    pub compared: Option<Compared>,
    /// Speed of several environments stepped together, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side_by_side: Option<SideBySide>,
}

/// Speed of several environments of a task simulated together, on all threads.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SideBySide {
    /// Number of environments.
    pub environments: usize,
    /// Control steps per second of all together, including observations and resets.
    pub control_steps_per_second: f64,
    /// Speed relative to one environment alone, on one thread.
    pub speed_up: f64,
}

impl SideBySide {
    /// Computes the speed for decisions of `action_repeat` control steps, where one decision takes `decision_ms` on
    /// average with all environments sharing the threads, and `alone_ms` in a single environment.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "at most a thousand control steps")]
    pub fn new(environments: usize, decision_ms: f64, alone_ms: f64, action_repeat: usize) -> Self {
        let control_steps_per_second = action_repeat as f64 / (decision_ms / 1e3);
        Self { environments, control_steps_per_second, speed_up: alone_ms / decision_ms }
    }

    fn text(&self) -> String {
        let Self { environments, control_steps_per_second, speed_up } = self;
        let steps = number(*control_steps_per_second);
        format!("{environments} side by side: {steps} control steps/s, {speed_up:.2} times the rate of one alone")
    }
}

/// Simulation speed of a task, on one thread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pace {
    /// Control steps per second, including observations and resets.
    pub control_steps_per_second: f64,
    /// Simulated seconds per second.
    pub real_time_factor: f64,
}

impl Pace {
    /// Computes the speed for decisions of `action_repeat` control steps, each of `control_timestep` s, that take
    /// `decision_ms`.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "at most a thousand control steps")]
    pub fn new(decision_ms: f64, action_repeat: usize, control_timestep: f64) -> Self {
        let control_steps_per_second = action_repeat as f64 / (decision_ms / 1e3);
        Self { control_steps_per_second, real_time_factor: control_steps_per_second * control_timestep }
    }
}

/// Returns (operations / rate) / time.
#[must_use]
pub fn efficiency(gflop: f64, sgemm_gflops: f64, median_ms: f64) -> f64 {
    gflop / sgemm_gflops / (median_ms / 1e3)
}

/// Formats the rows as a table; empty without rows.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let Some(Row { common, sgemm_gflops, .. }) = rows.first() else { return String::new() };
    let Common { task, preset, settings, engine, device, threads } = common;
    let of = [&[format!("{task}, preset {preset}")], &settings[..]].concat().join(", ");
    let threads = if *threads == 1 { "1 thread".into() } else { format!("{threads} threads") };
    let on_gpu = rows.iter().any(|row| row.launches.is_some() || row.gpu_ms.is_some());
    let compared = rows.iter().any(|row| row.compared.is_some());
    let mut lines = vec![
        format!("{of}, engine {engine}"),
        format!("device {device}, {threads}; matrix products at {sgemm_gflops:.0} GFLOP/s"),
        String::new(),
        format!(
            "{:<9}  {:>11}  {:>11}  {:>11}  {:>7}  {:>9}  {:>10}",
            "case", "median ms", "min ms", "max ms", "repeats", "GFLOP", "efficiency"
        ) + if on_gpu { "       GPU ms   launches" } else { "" }
            + if compared { "  baseline  of baseline" } else { "" },
    ];
    for Row {
        case, repeats, median_ms, min_ms, max_ms, gflop, efficiency, launches, gpu_ms, compared: against, ..
    } in rows
    {
        let [median, min, max] = [median_ms, min_ms, max_ms].map(|time| number(*time));
        let gflop = gflop.map_or("-".into(), number);
        let efficiency = efficiency.map_or("-".into(), |share| format!("{share:.3}"));
        let row = format!("{case:<9}  {median:>11}  {min:>11}  {max:>11}  {repeats:>7}  {gflop:>9}  {efficiency:>10}");
        let [gpu_ms, launches] = [gpu_ms, launches].map(|figure| figure.map_or("-".into(), number));
        let row = if on_gpu { format!("{row}  {gpu_ms:>11}  {launches:>9}") } else { row };
        let [recorded, share] = against
            .map_or([None; 2], |against| [Some(against.baseline_efficiency), Some(against.of_baseline)])
            .map(|figure| figure.map_or("-".into(), |figure| format!("{figure:.3}")));
        lines.push(if compared { format!("{row}  {recorded:>8}  {share:>11}") } else { row });
    }
    for side_by_side in rows.iter().filter_map(|row| row.side_by_side) {
        lines.push(side_by_side.text());
    }
    lines.join("\n") + "\n"
}

/// Formats the rows of several tasks as a table, one line each.
#[must_use]
pub fn tasks_table(rows: &[Row]) -> String {
    let Some(Row { common, .. }) = rows.first() else { return String::new() };
    let settings = if common.settings.is_empty() { String::new() } else { format!("; {}", common.settings.join(", ")) };
    let width = rows.iter().map(|row| row.common.task.len()).max().unwrap_or_default();
    let mut lines = vec![
        format!("simulation alone, one thread{settings}"),
        String::new(),
        format!(
            "{:<width$}  {:>15}  {:>12}  {:>11}  {:>7}",
            "task", "control steps/s", "x real time", "median ms", "repeats"
        ),
    ];
    for Row { common, repeats, median_ms, pace, side_by_side, .. } in rows {
        let [steps, factor] = [pace.map(|pace| pace.control_steps_per_second), pace.map(|pace| pace.real_time_factor)]
            .map(|figure| figure.map_or("-".into(), number));
        let median = number(*median_ms);
        let together = side_by_side.map_or_else(String::new, |together| format!("  {}", together.text()));
        let row = format!("{:<width$}  {steps:>15}  {factor:>12}  {median:>11}  {repeats:>7}", common.task);
        lines.push(row + &together);
    }
    lines.join("\n") + "\n"
}

/// Formats a number with its significant digits.
fn number(value: f64) -> String {
    match value {
        x if x >= 1000.0 => format!("{x:.0}"),
        x if x >= 100.0 => format!("{x:.1}"),
        x if x >= 1.0 => format!("{x:.2}"),
        x => format!("{x:.4}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn row(case: &'static str, gflop: Option<f64>) -> Row {
        let common = Common {
            task: "cartpole-swingup",
            preset: "tiny".into(),
            settings: vec!["planner.samples=64".into()],
            engine: "plain",
            device: "cpu".into(),
            threads: 2,
        };
        let efficiency = gflop.map(|gflop| efficiency(gflop, 100.0, 500.0));
        let (repeats, median_ms, min_ms, max_ms) = (5, 500.0, 499.5, 1200.25);
        let (launches, gpu_ms) = (None, None);
        let sgemm_gflops = 100.0;
        let (pace, compared, side_by_side) = (None, None, None);
        Row {
            case,
            common,
            repeats,
            median_ms,
            min_ms,
            max_ms,
            gflop,
            sgemm_gflops,
            efficiency,
            launches,
            gpu_ms,
            pace,
            compared,
            side_by_side,
        }
    }

    #[test]
    fn pace_counts_control_steps_and_their_time() {
        // A decision of two control steps of 20 ms each takes 4 ms.
        let pace = Pace::new(4.0, 2, 0.02);
        assert!((pace.control_steps_per_second - 500.0).abs() < 1e-9 && (pace.real_time_factor - 10.0).abs() < 1e-9);
        let text = tasks_table(&[Row { pace: Some(pace), ..row("env", None) }]);
        let last = text.lines().last().unwrap_or_default();
        assert!(last.starts_with("cartpole-swingup ") && last.contains("500.0") && last.contains("10.00"), "{text}");
    }

    #[test]
    fn environments_side_by_side_are_compared_with_one_alone() {
        // A decision of two control steps takes 4 ms alone, and eight together 16 ms.
        let side_by_side = SideBySide::new(8, 16.0 / 8.0, 4.0, 2);
        assert!((side_by_side.control_steps_per_second - 1000.0).abs() < 1e-9, "{side_by_side:?}");
        assert!((side_by_side.speed_up - 2.0).abs() < 1e-12, "{side_by_side:?}");
        let rows = [Row { side_by_side: Some(side_by_side), ..row("env", None) }];
        let expected = "8 side by side: 1000 control steps/s, 2.00 times the rate of one alone\n";
        assert!(table(&rows).ends_with(expected) && tasks_table(&rows).ends_with(expected), "{}", table(&rows));
    }

    #[test]
    fn efficiency_is_the_share_of_the_time_that_products_need() {
        // 10 GFLOP take 0.1 s at 100 GFLOP/s, a fifth of half a second.
        assert!((row("plan", Some(10.0)).efficiency.unwrap() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn the_table_lines_up() {
        let text = table(&[row("reanalyze", Some(10.0)), row("env", None)]);
        let expected = "\
cartpole-swingup, preset tiny, planner.samples=64, engine plain
device cpu, 2 threads; matrix products at 100 GFLOP/s

case         median ms       min ms       max ms  repeats      GFLOP  efficiency
reanalyze        500.0        499.5         1200        5      10.00       0.200
env              500.0        499.5         1200        5          -           -
";
        assert_eq!(text, expected);
        assert_eq!(table(&[]), "");
        let on_gpu =
            table(&[Row { gpu_ms: Some(3.25), launches: Some(26.0), ..row("plan", Some(10.0)) }, row("env", None)]);
        let widths: Vec<usize> = on_gpu.lines().skip(3).map(|line| line.chars().count()).collect();
        assert!(on_gpu.contains("3.25      26.00\n") && widths == [widths[0]; 3], "{on_gpu}");
        let against = Some(Compared { baseline_efficiency: 0.25, of_baseline: 0.8 });
        let compared = table(&[Row { compared: against, ..row("plan", Some(10.0)) }, row("env", None)]);
        let widths: Vec<usize> = compared.lines().skip(3).map(|line| line.chars().count()).collect();
        assert!(compared.contains("0.250        0.800\n") && widths == [widths[0]; 3], "{compared}");
    }
}
