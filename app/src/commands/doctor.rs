//! `bootstride doctor`: what this machine has, and whether it computes right.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, ensure};
use bootstride_core::config::EngineChoice;
use bootstride_core::planner::{PlannerBackend, vector_instructions};
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use serde::Serialize;

use crate::device::{AdapterReport, Adapters, Choice, Chosen, Request, choose};
use crate::failure::{Failure, UsageError as _, print, print_json};
use crate::hardware::{Cpu, operating_system, threads};

/// Show processor, graphics adapters and the device that `auto` picks, and check that they compute.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For the CPU and the chosen device it says which engine plans there, why, and what the other engines would be: \
`--set run.engine=plain` (or fused) forces one.

The CPU and the chosen device multiply two small matrices, and the products are compared with plain Rust. \
`auto` never picks a software adapter (llvmpipe, SwiftShader): it computes on the CPU, slower than the CPU device. \
No Vulkan, Metal or DirectX driver is needed: without one, the CPU is used.

Examples:
  bootstride doctor
  bootstride doctor --device gpu:1
  bootstride doctor --json")]
pub struct Args {
    /// The device to check beside the CPU: auto, cpu, gpu or gpu:N.
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
    /// What products on the CPU use.
    compute: Compute,
    engines: Vec<Engines>,
    checks: Vec<Check>,
}

/// What computes on the CPU.
#[derive(Serialize)]
struct Compute {
    /// The vector instructions chosen for this processor.
    instructions: &'static str,
    /// Threads that share the work: `RAYON_NUM_THREADS`, or as many as this process may use.
    threads: usize,
}

/// The engines on one device, each as a line that says which it is and why.
#[derive(Serialize)]
struct Engines {
    device: String,
    /// What `run.engine=auto` takes.
    auto: String,
    /// What the other values of `run.engine` take.
    forced: Vec<Forced>,
}

#[derive(Serialize)]
struct Forced {
    setting: &'static str,
    engine: String,
}

/// What `auto` picks.
#[derive(Serialize)]
struct Pick {
    device: String,
    reason: String,
}

/// Whether a device multiplies matrices right.
#[derive(Serialize)]
struct Check {
    device: String,
    passed: bool,
    /// Largest difference from plain Rust, relative to the largest entry of the product.
    error: Option<f64>,
    /// What went wrong.
    message: Option<String>,
}

/// Products differ by rounding alone: far less than this, also with 32-bit sums in another order.
const TOLERANCE: f64 = 1e-5;

/// Runs the command.
///
/// # Errors
///
/// A usage failure for a device that is not there; a failure when a device computes wrongly.
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
        Some(check) => Err(anyhow::anyhow!("{} does not compute right", check.device).into()),
        None => Ok(()),
    }
}

/// As `--device` calls it.
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
    // A driver that fails in the middle of a kernel makes Burn panic; doctor is there to tell, not to fall over.
    let outcome = catch_unwind(AssertUnwindSafe(|| largest_error(&open()?)))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("the device failed while computing")));
    let (error, message) = match outcome {
        Ok(error) if error < TOLERANCE => (Some(error), None),
        Ok(error) => (Some(error), Some("the product is wrong".to_owned())),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Check { device: device.into(), passed: message.is_none(), error, message }
}

/// Multiplies two matrices on the device and in plain Rust; sizes are no multiples of any tile.
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
    // Not a fraction of a power of two: sums of those would be exact and show no rounding.
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
        lines.push("adapters  none found (no graphics driver, or none that can compute)".into());
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
        lines.push(format!("engine    {device}: auto takes {auto}"));
        for Forced { setting, engine } in forced {
            lines.push(format!("          --set {setting} takes {engine}"));
        }
    }
    for Check { device, error, message, .. } in checks {
        let error = error.map(|error| format!(" (largest error {error:.0e})")).unwrap_or_default();
        let message = message.as_deref().unwrap_or("matrix product right");
        lines.push(format!("check     {device}: {message}{error}"));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_computes_right_and_a_device_that_does_not_open_is_told() {
        let good = check("cpu", || Ok(Device::flex()));
        assert!(good.passed, "{:?}", good.message);
        assert!(good.error.unwrap() < TOLERANCE);
        let bad = check("gpu:0", || anyhow::bail!("the driver refused"));
        assert!(!bad.passed);
        assert_eq!(bad.message.as_deref(), Some("the driver refused"));
    }
}
