//! What an exported folder says about itself.

use super::{Source, records};
use crate::config::CUSTOM_BODY;
use crate::math::tensors::Element;
use crate::run::Manifest;
use crate::shell::quote;

/// The text of the folder's README.md.
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
        Element::F32 => "Weights are those of the checkpoint, to the bit.",
        Element::F16 => {
            "Weights are kept as 16-bit floating-point numbers, each rounded to the nearest (ties to even) and widened to 32 \
             bits when it is read. The returns above were measured before that."
        }
    };
    sections.push(rounding.into());
    sections.push(reproduce(source, version));
    let warnings = records::warnings(events);
    if !warnings.is_empty() {
        let lines: Vec<_> = warnings.iter().map(|warning| format!("- {warning}")).collect();
        sections.push(format!("In training the run was warned, or changed by hand:\n\n{}", lines.join("\n")));
    }
    sections.push(
        "`bootstride lab FOLDER` shows the agent, `bootstride eval FOLDER` measures it. It is there to play: what training \
         would go on with (optimiser, replay buffer, target value ensemble, random state) is left out."
            .into(),
    );
    sections.join("\n\n") + "\n"
}

/// What was measured at the checkpoint.
fn returns(source: &Source) -> String {
    let Some(evaluation) = records::last_evaluation(&source.events) else {
        return "It was never evaluated in training.".into();
    };
    let when = if evaluation.env_step == source.checkpoint.env_step {
        "there".into()
    } else {
        format!("at {} steps, the last time before", evaluation.env_step)
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

/// Whether the run went on, and how well; for an agent that is not the run's last.
fn afterwards(source: &Source) -> Option<String> {
    let mut header = source.evaluations.lines().next()?.split(',');
    let column = header.position(|name| name == "planner_mean")?;
    let last: Vec<&str> = source.evaluations.lines().last()?.split(',').collect();
    let env_step = last.first()?.parse::<usize>().ok().filter(|step| *step > source.checkpoint.env_step)?;
    let mean = last.get(column)?.parse::<f32>().ok()?;
    Some(format!("The run went on: at {env_step} steps its planner's mean return was {mean:.1}."))
}

/// How to train it again.
fn reproduce(source: &Source, version: &str) -> String {
    let command = &source.manifest.command_line;
    let named = |option: &str| command.iter().any(|word| word == option || word.starts_with(&format!("{option}=")));
    // A run that was begun in the lab, or from files that are not here, is told by its configuration alone.
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
        "Trained with Bootstride {version} by\n\n```sh\n{command}\n```\n\nconfig.toml has every setting. The same version gives \
         the same agent on a CPU with the same vector instructions, as checkpoint {:09}; elsewhere one that differs in its \
         numbers' last digits, and so in the end in its moves.",
        source.checkpoint.env_step
    )
}

/// A command line with quotes around words that need them.
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
    fn returns_are_told_with_their_range() {
        assert_eq!(in_words(&[1.0, 4.0]), "2.5 (2 episodes: 1 to 4)");
        assert_eq!((in_words(&[3.0]), in_words(&[])), ("3.0 (1 episode: 3 to 3)".into(), "not measured".into()));
    }
}
