//! The README of an exported folder.

use super::{Source, records};
use crate::math::tensors::Element;
use crate::run::Manifest;
use crate::shell::quote;
use crate::task::CUSTOM_BODY;

/// Returns the text of the folder's README.md.
pub(super) fn text(source: &Source) -> String {
    let Source { config, manifest, checkpoint, element, events, .. } = source;
    let Manifest { version, algorithm, preset, seed, .. } = manifest;
    let task = if config.task.name == CUSTOM_BODY { "the task of body.json" } else { &config.task.name };
    let env_step = checkpoint.env_step;
    let mut sections = vec![
        format!("# An agent for {task}"),
        format!(
            "{} trained for {env_step} environment steps at preset {preset}, seed {seed}.",
            algorithm.to_uppercase()
        ),
        returns(source),
    ];
    sections.extend(afterwards(source));
    let rounding = match element {
        Element::F32 => "The weights are exactly those of the checkpoint.",
        Element::F16 => {
            "The weights are stored as 16-bit floating-point numbers, rounded to the nearest (ties to even) and widened \
             to 32 bits when read. The returns above were measured before rounding."
        }
    };
    sections.push(rounding.into());
    sections.push(reproduce(source, version));
    let warnings = records::warnings(events);
    if !warnings.is_empty() {
        let lines: Vec<_> = warnings.iter().map(|warning| format!("- {warning}")).collect();
        sections.push(format!("Warnings and manual changes during training:\n\n{}", lines.join("\n")));
    }
    sections.push(
        "`bootstride lab FOLDER` shows the agent, `bootstride eval FOLDER` evaluates it. It can be played, but not \
         trained further: optimiser, replay buffer, target value ensemble and random state are left out."
            .into(),
    );
    sections.join("\n\n") + "\n"
}

/// Returns the evaluation results at the checkpoint.
fn returns(source: &Source) -> String {
    let Some(evaluation) = records::last_evaluation(&source.events) else {
        return "It was not evaluated during training.".into();
    };
    let when = if evaluation.env_step == source.checkpoint.env_step {
        "at this checkpoint".into()
    } else {
        format!("at {} steps, the last time before this checkpoint", evaluation.env_step)
    };
    format!(
        "Mean return measured {when}: planner {}, bare policy {}.",
        in_words(&evaluation.planner),
        in_words(&evaluation.network)
    )
}

/// `812.3 (5 episodes: 790 to 840)`
fn in_words(returns: &[f32]) -> String {
    let (low, high) = (returns.iter().copied().reduce(f32::min), returns.iter().copied().reduce(f32::max));
    let (Some(low), Some(high)) = (low, high) else { return "not measured".into() };
    #[allow(clippy::cast_precision_loss, reason = "a few episodes")]
    let mean = returns.iter().map(|one| f64::from(*one)).sum::<f64>() / returns.len() as f64;
    let episodes = if returns.len() == 1 { "1 episode".into() } else { format!("{} episodes", returns.len()) };
    format!("{mean:.1} ({episodes}: {low:.0} to {high:.0})")
}

/// Returns the last result after the checkpoint, if the run continued beyond it.
fn afterwards(source: &Source) -> Option<String> {
    let mut header = source.evaluations.lines().next()?.split(',');
    let column = header.position(|name| name == "planner_mean")?;
    let last: Vec<&str> = source.evaluations.lines().last()?.split(',').collect();
    let env_step = last.first()?.parse::<usize>().ok().filter(|step| *step > source.checkpoint.env_step)?;
    let mean = last.get(column)?.parse::<f32>().ok()?;
    Some(format!("The run continued: at {env_step} steps its planner's mean return was {mean:.1}."))
}

/// Returns how to train the agent again.
fn reproduce(source: &Source, version: &str) -> String {
    let command = &source.manifest.command_line;
    let named = |option: &str| command.iter().any(|word| word == option || word.starts_with(&format!("{option}=")));
    // A run that was started in the lab, or from files that are not included, is described by its configuration alone.
    let is_whole = command.get(1).is_some_and(|word| word == "train")
        && !["--config", "--body", "--resume"].into_iter().any(named);
    let command = if is_whole {
        quoted(command)
    } else if source.config.task.name == CUSTOM_BODY {
        "bootstride train --config config.toml --body body.json".into()
    } else {
        "bootstride train --config config.toml".into()
    };
    format!(
        "Trained with Bootstride {version}:\n\n```sh\n{command}\n```\n\nconfig.toml has every setting. The \
         same version reproduces this agent on a CPU with the same vector instructions, as checkpoint {:09}; elsewhere \
         the agent differs in the last digits of its numbers, and so eventually in its actions.",
        source.checkpoint.env_step
    )
}

/// Returns a command line with quotes around words that need them.
fn quoted(words: &[String]) -> String {
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_blanks_and_quotes_survive_a_shell() {
        let words = ["bootstride", "train", "--set", "run.device=gpu:0", "it's here"].map(String::from);
        assert_eq!(quoted(&words), r"bootstride train --set run.device=gpu:0 'it'\''s here'");
    }

    #[test]
    fn returns_have_their_range() {
        assert_eq!(in_words(&[1.0, 4.0]), "2.5 (2 episodes: 1 to 4)");
        assert_eq!((in_words(&[3.0]), in_words(&[])), ("3.0 (1 episode: 3 to 3)".into(), "not measured".into()));
    }
}
