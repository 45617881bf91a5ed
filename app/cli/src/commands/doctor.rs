//! `bootstride doctor`: reports the hardware and checks that it computes correctly.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, ensure};
use bootstride_core::planner::{EngineChoice, PlannerBackend, vector_instructions};
use bootstride_session::device::{AdapterReport, Adapters, Choice, Chosen, Request, choose};
use bootstride_session::failure::{Failure, UsageError as _, print, print_json};
use bootstride_session::hardware::{Cpu, operating_system, threads};
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use serde::Serialize;

/// Show the processor, the graphics adapters and the device that `auto` picks, and check that they compute correctly.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For the CPU and the chosen device, shows which planning engine is used and why, and what the other settings would \
use: `--set run.engine=plain` (or fused) forces one.

As a check, the CPU and the chosen device multiply two small matrices, and the products are compared with plain Rust. \
`auto` never picks a software adapter (llvmpipe, SwiftShader), which also computes on the CPU but is slower than the \
CPU device. No Vulkan, Metal or DirectX driver is required: without one, the CPU is used.

Examples:
  bootstride doctor
  bootstride doctor --device gpu:1
  bootstride doctor --json")]
pub struct Args {
    /// Device to check in addition to the CPU: auto, cpu, gpu or gpu:N.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: Request,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    os: String,
    cpu: Cpu,
    adapters: Vec<AdapterReport>,
    auto: Pick,
    /// How matrix products are computed on the CPU.
    compute: Compute,
    engines: Vec<Engines>,
    checks: Vec<Check>,
}

/// CPU resources for matrix products.
#[derive(Serialize)]
struct Compute {
    /// Vector instructions chosen for this processor.
    instructions: &'static str,
    /// Number of threads: `RAYON_NUM_THREADS`, or as many as this process may use.
    threads: usize,
}

/// The engines on one device, each with the reason for its choice.
#[derive(Serialize)]
struct Engines {
    device: String,
    /// The engine used with `run.engine=auto`.
    auto: String,
    /// The engines used with the other values of `run.engine`.
    forced: Vec<Forced>,
}

#[derive(Serialize)]
struct Forced {
    setting: &'static str,
    engine: String,
}

/// The device that `auto` picks.
#[derive(Serialize)]
struct Pick {
    device: String,
    reason: String,
}

/// The result of a device's matrix product check.
#[derive(Serialize)]
struct Check {
    device: String,
    passed: bool,
    /// Largest difference from plain Rust, relative to the largest entry of the product.
    error: Option<f64>,
    /// The problem, if the check failed.
    message: Option<String>,
}

/// Correct products differ only by rounding: far less than this, even if 32-bit sums are taken in another order.
const TOLERANCE: f64 = 1e-5;

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure for a device that does not exist, and a failure if a device computes wrong results.
pub fn run(args: &Args) -> Result<(), Failure> {
    let adapters = block_on(Adapters::find());
    let auto = choose(Request::Auto, adapters.reports())?;
    let checked = choose(args.device, adapters.reports()).usage()?;

    let mut checks = vec![check("cpu", || Ok(Device::flex()))];
    let mut engines = vec![engines_on("cpu", &Device::flex())];
    if let Chosen::Gpu(index) = checked.chosen {
        checks.push(check(&checked.label, || {
            let device = block_on(adapters.open(index))?;
            engines.push(engines_on(&name(&checked), &device));
            Ok(device)
        }));
    }
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        os: operating_system(),
        cpu: Cpu::detect(),
        adapters: adapters.reports().to_vec(),
        auto: Pick { device: name(&auto), reason: auto.reason },
        compute: Compute { instructions: vector_instructions(), threads: threads() },
        engines,
        checks,
    };
    let printed = if args.json { print_json(&report) } else { print(&text(&report)) };
    printed?;
    match report.checks.iter().find(|check| !check.passed) {
        Some(check) => Err(anyhow::anyhow!("{} produced wrong results", check.device).into()),
        None => Ok(()),
    }
}

/// Returns the device's name, as for `--device`.
fn name(choice: &Choice) -> String {
    match choice.chosen {
        Chosen::Cpu => "cpu".into(),
        Chosen::Gpu(index) => Request::GpuIndex(index).to_string(),
    }
}

fn engines_on(name: &str, device: &Device) -> Engines {
    let forced = [("run.engine=plain", EngineChoice::Plain), ("run.engine=fused", EngineChoice::Fused)];
    Engines {
        device: name.into(),
        auto: PlannerBackend::explain(EngineChoice::Auto, device),
        forced: forced
            .map(|(setting, choice)| Forced { setting, engine: PlannerBackend::explain(choice, device) })
            .into(),
    }
}

fn check(device: &str, open: impl FnOnce() -> anyhow::Result<Device>) -> Check {
    // A driver that fails during a kernel makes Burn panic; doctor reports that instead of crashing.
    let outcome = catch_unwind(AssertUnwindSafe(|| largest_error(&open()?)))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("the device failed while computing")));
    let (error, message) = match outcome {
        Ok(error) if error < TOLERANCE => (Some(error), None),
        Ok(error) => (Some(error), Some("the product is wrong".to_owned())),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Check { device: device.into(), passed: message.is_none(), error, message }
}

/// Multiplies two matrices on the device and in plain Rust and returns the largest relative error. The sizes are not
/// multiples of any tile.
fn largest_error(device: &Device) -> anyhow::Result<f64> {
    const ROWS: usize = 33;
    const INNER: usize = 65;
    const COLUMNS: usize = 50;
    let entries = |count: usize, stride: u8| -> Vec<f32> {
        (0..count).scan(0_u8, |at, _| Some(std::mem::replace(at, at.wrapping_add(stride)))).map(entry).collect()
    };
    let (a, b) = (entries(ROWS * INNER, 37), entries(INNER * COLUMNS, 91));
    let tensor =
        |values: &[f32], shape: [usize; 2]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), device);
    let product = tensor(&a, [ROWS, INNER]).matmul(tensor(&b, [INNER, COLUMNS]));
    let data = block_on(product.into_data_async()).context("the product could not be read back")?;
    let found = data.try_to_vec::<f32>().context("the product has the wrong type")?;
    ensure!(found.len() == ROWS * COLUMNS, "the product has the wrong size");

    let (mut error, mut largest) = (0.0_f64, 0.0_f64);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let right: f64 =
                (0..INNER).map(|k| f64::from(a[row * INNER + k]) * f64::from(b[k * COLUMNS + column])).sum();
            let here = f64::from(found[row * COLUMNS + column]);
            // `max` would drop a NaN.
            let difference = (here - right).abs();
            error = if difference > error || difference.is_nan() { difference } else { error };
            largest = largest.max(right.abs());
        }
    }
    Ok(error / largest)
}

fn entry(byte: u8) -> f32 {
    // Not a fraction with a power of two as denominator: sums of those would be exact and show no rounding.
    (f32::from(byte) - 127.0) / 100.0
}

fn text(report: &Report) -> String {
    let Report { version, os, cpu, adapters, auto, compute, engines, checks } = report;
    let mut lines = vec![
        format!("bootstride {version}"),
        format!("system    {os}"),
        format!("cpu       {}, {} threads, {}", cpu.name, cpu.threads, cpu.features.join(" ")),
    ];
    if adapters.is_empty() {
        lines.push("adapters  none found (no graphics driver, or none that supports compute)".into());
    }
    for adapter in adapters {
        let AdapterReport { device, name, backend, kind, driver, limits, f16, timestamps } = adapter;
        let yes_no = |yes: bool| if yes { "yes" } else { "no" };
        lines.push(format!("{device:<9} {name}"));
        lines.push(format!("          {kind}; {backend}, driver {driver}"));
        lines.push(format!(
            "          {} storage buffers per kernel, {} KiB workgroup memory, {} invocations, bindings to {} MiB",
            limits.storage_buffers_per_stage,
            limits.workgroup_storage_bytes / 1024,
            limits.workgroup_invocations,
            limits.storage_binding_bytes >> 20,
        ));
        lines.push(format!("          16-bit floats {}, timestamps {}", yes_no(*f16), yes_no(*timestamps)));
    }
    lines.push(format!("auto      {}: {}", auto.device, auto.reason));
    let Compute { instructions, threads } = compute;
    lines.push(format!("products  on the CPU with {instructions}, {threads} threads"));
    for Engines { device, auto, forced } in engines {
        lines.push(format!("engine    {device}: auto uses {auto}"));
        for Forced { setting, engine } in forced {
            lines.push(format!("          --set {setting} uses {engine}"));
        }
    }
    for Check { device, error, message, .. } in checks {
        let error = error.map(|error| format!(" (largest error {error:.0e})")).unwrap_or_default();
        let message = message.as_deref().unwrap_or("matrix product correct");
        lines.push(format!("check     {device}: {message}{error}"));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_computes_correctly_and_a_device_that_does_not_open_is_reported() {
        let good = check("cpu", || Ok(Device::flex()));
        assert!(good.passed, "{:?}", good.message);
        assert!(good.error.unwrap() < TOLERANCE);
        let bad = check("gpu:0", || anyhow::bail!("the driver refused"));
        assert!(!bad.passed);
        assert_eq!(bad.message.as_deref(), Some("the driver refused"));
    }
}
