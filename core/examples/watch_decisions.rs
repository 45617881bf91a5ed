//! Watches a trained agent decide: loads one that comes with the program, and prints what each iteration of the planner
//! found, and how much planning adds to the bare policy.
//!
//! ```sh
//! cargo run --package bootstride-core --example watch_decisions [RUN [DECISIONS]]
//! ```

use std::path::PathBuf;

use bootstride_core::inspect::AnalysisOptions;
use bootstride_core::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let shipped = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/checkpoints/cartpole-swingup");
    let run = arguments.next().map_or_else(shipped, PathBuf::from);
    let decisions: usize = arguments.next().map_or(Ok(8), |count| count.parse())?;

    // A run's folder, or that of one of its checkpoints: configuration and weights.
    let Trained { config, checkpoint, .. } = RunFolder::trained(run)?;
    let weights = read_tensors(checkpoint.parts.get("weights.safetensors")?)?;
    let model = load_agent(&config, &weights, &Device::flex())?;
    println!("{}, trained for {} steps", config.task.name, checkpoint.env_step);

    let mut player = Player::new(&config, model, 0, true)?;
    let mut spare = player.environment().clone();
    let mut observer = StepObserver { record: true, trace: true, ..StepObserver::default() };
    for _ in 0..decisions {
        let decision = pollster::block_on(player.step(&mut observer))?;
        let (Some(plan), Some(trace)) = (&observer.plan, &observer.plan_trace) else { continue };
        // Also splits the predicted return into rewards and value, for plan and policy; here without drawn paths.
        let mut analyzer = Analyzer {
            model: player.model(),
            settings: player.settings(),
            updates: 0,
            environment: &mut spare,
            decoder: None,
            options: AnalysisOptions { imagined: false, values: false, ..AnalysisOptions::default() },
        };
        let analysis = pollster::block_on(analyzer.analyze(&decision, plan, trace))?;
        println!(
            "decision {}: action {:.3?}, predicted return {:.3}, delta-Q {:+.3}, reward {:.3}",
            decision.number, decision.action, analysis.value, analysis.delta_q, decision.reward
        );
        for (i, iteration) in analysis.iterations.iter().enumerate() {
            let best = iteration.values.iter().copied().fold(f32::MIN, f32::max);
            println!(
                "  iteration {i}: best {best:.3}, elites {:?}",
                &iteration.elites[..iteration.elites.len().min(4)]
            );
        }
        let policy = &analysis.policy_terms;
        println!("  the bare policy would expect rewards {:.3?}, then {:.3}", policy.rewards, policy.terminal);
    }
    Ok(())
}
