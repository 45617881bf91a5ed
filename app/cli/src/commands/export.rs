//! `bootstride export`: writes the agent of a run to a small self-contained folder for sharing.

use std::fs::remove_dir;
use std::path::{Path, PathBuf};

use bootstride_core::inspect::{MotionDecoder, Player, StepObserver, load_agent};
use bootstride_core::math::tensors::{Element, read_tensors, write_tensors_as};
use bootstride_core::run::{ExportOptions, Exported, RunFolder};
use bootstride_core::shell::quote_path;
use bootstride_core::vfs as fs;
use bootstride_session::MOTION;
use bootstride_session::failure::{Failure, UsageError as _, print_report};
use bootstride_session::recorded::claim_folder;
use burn::tensor::Device;
use clap::ValueEnum;
use pollster::block_on;

use super::count::{STEPS, count};
use crate::progress::{Meter, grouped, mean, settled};

/// Decisions between two rounds of the decoder's updates, and updates of a round.
const LEARN_EVERY: u32 = 50;
const UPDATES_EACH: usize = 100;

/// Export a trained agent to a small self-contained folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The folder contains what is needed to run the agent (configuration and networks) and to verify it: a README.md with \
its origin, learning curve, measured returns and the command that reproduces the training. `bootstride lab` and \
`bootstride eval` open it like any run. Training cannot be resumed from it: optimiser state, replay buffer and target \
network are not exported.

Examples:
  bootstride export runs/walker-walk/bmpc-seed1
  bootstride export runs/walker-walk/bmpc-seed1 --step 36000 --out walker
  bootstride export runs/walker-walk/bmpc-seed1/checkpoints/step_000036000 --precision full")]
pub struct Args {
    /// Run folder (its newest intact checkpoint is exported) or a single checkpoint.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Folder to create [default: exports/NAME, named after the run].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Precision of the exported weights.
    #[arg(long, value_enum, default_value = "half")]
    precision: Precision,
    /// Environment steps of the checkpoint to export [default: the newest intact one].
    #[arg(long, value_name = "ENV_STEPS", value_parser = count::<usize>(STEPS), allow_negative_numbers = true)]
    step: Option<usize>,
    /// Decisions that the agent plays to train the small decoder head with which the lab draws what the agent imagines;
    /// with 0, the lab trains it instead.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = count::<u32>(0..=u32::MAX.into()),
        allow_negative_numbers = true)]
    play: u32,
}

/// Precision of the exported weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Precision {
    /// 16-bit floating point, rounded to nearest.
    Half,
    /// Exactly as trained.
    Full,
}

/// Runs the command.
///
/// # Errors
///
/// Returns a usage failure if the agent does not exist or the output folder already exists, and any other failure to
/// write.
pub fn run(args: &Args) -> Result<(), Failure> {
    let element = match args.precision {
        Precision::Half => Element::F16,
        Precision::Full => Element::F32,
    };
    let options = ExportOptions { env_step: args.step, element };
    let exported = match &args.out {
        Some(out) => RunFolder::export(&args.run, out, options).usage()?,
        None => export_to_default(&args.run, options).usage()?,
    };
    if args.play > 0 {
        let motion = block_on(train_decoder(&exported.folder, args.play))?;
        fs::write(exported.folder.join(MOTION), motion)?;
    }
    print_report(&text(&exported), &format!("the agent is exported to {}", exported.folder.display()))
}

/// Plays the exported agent, trains the motion decoder on the observations, and returns the contents of its file.
async fn train_decoder(folder: &Path, decisions: u32) -> Result<Vec<u8>, Failure> {
    let trained = RunFolder::trained(folder)?;
    let weights = read_tensors(trained.checkpoint.parts.get("weights.safetensors")?)?;
    let model = load_agent(&trained.config, &weights, &Device::flex())?;
    let mut decoder = MotionDecoder::new(&model, trained.config.run.seed);
    let mut player = Player::new(&trained.config, model.clone(), trained.config.run.seed, true)?;
    let mut meter = Meter::new("training the decoder", decisions as usize, "decisions");
    for decision in 0..decisions {
        meter.at(decision as usize);
        decoder.note(player.environment());
        player.step(&mut StepObserver::default()).await?;
        if decision % LEARN_EVERY == LEARN_EVERY - 1 {
            decoder.learn(&model, UPDATES_EACH).await?;
        }
    }
    meter.finish(decisions as usize);
    Ok(write_tensors_as(&decoder.store().await?, Element::F32)?)
}

/// Exports to `exports/NAME`, with -2, -3, ... appended if that exists; removes the folder after a failure.
fn export_to_default(run: &Path, options: ExportOptions) -> anyhow::Result<Exported> {
    let out = claim_folder(&default_folder(run)?)?;
    let exported = RunFolder::export(run, &out, options);
    if exported.is_err() {
        // Removes the folder only if it is empty; the export's own failure is the one to report.
        let _ = remove_dir(&out);
    }
    Ok(exported?)
}

/// Returns `exports/NAME` with the name of the run folder.
fn default_folder(path: &Path) -> anyhow::Result<PathBuf> {
    let run = RunFolder::trained(path)?.run;
    // Needs the full path, since `.` has no name.
    let full = fs::canonicalize(&run)?;
    Ok(Path::new("exports").join(full.file_name().unwrap_or_else(|| "agent".as_ref())))
}

fn text(exported: &Exported) -> String {
    let Exported { folder, task, env_step, evaluation, bytes } = exported;
    let mut lines = vec![format!("{task} after {} environment steps, {} kB", grouped(*env_step), bytes.div_ceil(1000))];
    if let Some(evaluation) = evaluation {
        lines.push(format!(
            "mean return at {} steps: planner {:.1}, policy {:.1}",
            grouped(evaluation.env_step),
            settled(mean(&evaluation.planner), 1),
            settled(mean(&evaluation.network), 1)
        ));
    }
    lines.push(format!("exported to: {}", folder.display()));
    lines.push(format!("watch it:    bootstride lab {}", quote_path(folder)));
    lines.join("\n") + "\n"
}
