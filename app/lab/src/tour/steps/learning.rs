//! Steps 5 to 8: how planning and learning improve each other.

use bootstride_core::planner::PlannerConfig;

use crate::tour::measure::{Facts, kl, quantiles, recorded_delta_q, widest};
use crate::tour::step::{Action, Condition, Control, Figure, Moment, Step};
use crate::ui::number::{figure, grouped, percent, real, signed_figure};
use crate::view::Tab;

/// Returns the user's own planner.
fn own(base: &PlannerConfig) -> PlannerConfig {
    base.clone()
}

pub const IMITATION: Step = Step {
    title: "Imitating the expert",
    text: &[
        "Planning is slow: hundreds of imagined sequences for one action. So {policy|the policy} is trained to predict \
         directly what {plan|planning} would find. The planner is its *expert*.",
        "Each decision yields a bell curve over the action: the {plan|expert's} \u{3bc} and \u{3c3}. It is stored \
         with the state. The policy learns to match it by lowering *KL*: a number that is 0 when two bell curves are \
         the same and grows as they diverge.",
        "A better policy is a better guide, and a better guided planner is a better teacher. That cycle is the \
         *bootstrap* in bootstrapped MPC.",
    ],
    reference: "BMPC, section 4.2: Eq. 6",
    setup: &[
        Action::Freeze(Moment::Newest),
        Action::Planner(own),
        Action::Iteration(None),
        Action::Kinds([true, false, false, true]),
    ],
    task: "Go back to an earlier decision, here or on the timeline.",
    done: Condition::Earlier,
    controls: &[Control::Decision],
    exhibits: &[Figure::Gaussians, Figure::Added],
    look: "Magenta is the expert of the recorded decision; blue is the current policy in the same state.",
    reveal: imitation_reveal,
    tab: Tab::Decision,
};

fn imitation_reveal(facts: &Facts<'_>) -> Option<String> {
    let planned = facts.decision.planned.as_ref()?;
    let policy = &facts.reference.plan.policy;
    let dim = widest(&policy.mean, &planned.expert_mean);
    let at = |list: &[f32]| list.get(dim).copied().map(figure);
    let apart = kl((&policy.mean, &policy.std), (&planned.expert_mean, &planned.expert_std));
    let learned = facts.reference.plan.updates.saturating_sub(facts.decision.updates);
    let since = match learned {
        0 => "The networks have not changed since.".to_owned(),
        updates => format!("The networks have been updated {} times since.", grouped(usize::try_from(updates).ok()?)),
    };
    let joint =
        if policy.mean.len() > 1 { format!(" (action {}, where they differ most)", dim + 1) } else { String::new() };
    Some(format!(
        "At decision {} the {{plan|expert}} chose *{}\u{a0}\u{b1}\u{a0}{}*{joint}; the current {{policy|policy}} \
         gives *{}\u{a0}\u{b1}\u{a0}{}*. KL(\u{3c0}, expert) is *{}*. {since}",
        grouped(usize::try_from(facts.decision.number).ok()?),
        at(&planned.expert_mean)?,
        at(&planned.expert_std)?,
        at(&policy.mean)?,
        at(&policy.std)?,
        figure(apart),
    ))
}

pub const BOOTSTRAPPING: Step = Step {
    title: "Value beyond the horizon",
    text: &[
        "The planner looks only H steps ahead, and a walk has hundreds. The rest is estimated by a *value network V*: \
         the expected return from the last imagined state onwards. For H = 3, G = r\u{2080} + \u{3b3}r\u{2081} + \
         \u{3b3}\u{b2}r\u{2082} + \u{3b3}\u{b3}V, where *\u{3b3}*, a little below 1, makes later rewards count less.",
        "V has no ground truth to learn from. It learns from itself: V of a state should equal the next predicted \
         reward plus \u{3b3} times V of the state after it. Correcting one estimate by the next, slightly better \
         informed one is *bootstrapping*. BMPC takes these steps with {policy|the current policy}, inside the world \
         model, so that V always describes the current policy.",
    ],
    reference: "BMPC, section 4.2: Eq. 7; TD-MPC2 learns Q(z, a) from replayed steps instead",
    setup: &[
        Action::Freeze(Moment::Present),
        Action::Planner(own),
        Action::Iteration(None),
        Action::Kinds([true, false, false, true]),
        Action::Play(15.0),
    ],
    task: "Change how far the planner looks ahead: drag horizon H.",
    done: Condition::OtherHorizon,
    controls: &[Control::Horizon],
    exhibits: &[Figure::Terms, Figure::Trials(Control::Horizon)],
    look: "The last bar is V. How much of G does the planner imagine itself, and how much does it take from V?",
    reveal: |facts| Some(bootstrapping_reveal(facts)),
    tab: Tab::Values,
};

fn bootstrapping_reveal(facts: &Facts<'_>) -> String {
    let (before, after) = (facts.setup, facts.tried);
    let longer = after.planner.horizon > before.planner.horizon;
    let moral = if longer {
        "A longer horizon relies less on V and more on the world model, whose errors accumulate."
    } else {
        "A shorter horizon relies less on the world model and more on V."
    };
    format!(
        "With H = {} the value at the end is *{}* of G = {}. With H = {} it is *{}* of G = {}, and the plan took {} ms \
         instead of {}. {moral}",
        before.planner.horizon,
        percent(before.terminal_share()),
        figure(before.plan.value),
        after.planner.horizon,
        percent(after.terminal_share()),
        figure(after.plan.value),
        figure(after.plan_ms),
        figure(before.plan_ms),
    )
}

pub const GAP: Step = Step {
    title: "What planning still adds",
    text: &[
        "*\u{394}Q* can be followed over training. It shows whether {policy|the student} keeps up with {plan|the \
        teacher}.",
        "Where the policy is learned without the planner, \u{394}Q may grow: planning gets better and the policy is \
         left behind. The value V then describes a weak policy and misleads the planner. Where the policy imitates \
         the planner, it follows closely and \u{394}Q stays small. It does not reach zero: looking ahead still \
         corrects small mistakes.",
    ],
    reference: "BMPC, section 4.1 and Figures 2 and 6",
    setup: &[
        Action::Freeze(Moment::Typical),
        Action::Planner(own),
        Action::Iteration(None),
        Action::Kinds([true, false, false, true]),
    ],
    task: "Find a moment when planning helped a lot: a \u{394}Q in the top quarter.",
    done: Condition::LargeDeltaQ,
    controls: &[Control::Decision],
    exhibits: &[Figure::DeltaQ, Figure::Added],
    look: "Compare the peaks with the body in the world: what happens when the policy alone was not enough?",
    reveal: gap_reveal,
    tab: Tab::Train,
};

fn gap_reveal(facts: &Facts<'_>) -> Option<String> {
    let here = facts.decision.planned.as_ref()?.delta_q;
    let recorded = recorded_delta_q(facts.history);
    let count = recorded.len();
    let [middle, upper] = quantiles(recorded, [50, 75]);
    let spreads = &facts.history.delta_q;
    let over_time = match (spreads.first(), spreads.last()) {
        (Some(first), Some(last)) if first.env_step < last.env_step => format!(
            "The median was *{}* up to step {} and is *{}* up to step {}.",
            signed_figure(first.quantiles[2]),
            grouped(first.env_step),
            signed_figure(last.quantiles[2]),
            grouped(last.env_step),
        ),
        _ => "More training has to be recorded for a comparison over time.".into(),
    };
    Some(format!(
        "At decision {} planning added \u{394}Q = *{}*; replanned with the current networks it adds *{}*. Over the {} \
         recorded decisions the median is *{}*, and a quarter lies above {}. {over_time}",
        grouped(usize::try_from(facts.decision.number).ok()?),
        signed_figure(here),
        signed_figure(facts.reference.plan.delta_q),
        grouped(count),
        signed_figure(middle),
        signed_figure(upper),
    ))
}

pub const REANALYZE: Step = Step {
    title: "Lazy reanalyze",
    text: &[
        "The policy learns from {plan|experts} in the replay buffer. But each was planned with earlier, weaker \
         networks. An old expert teaches old mistakes.",
        "Replanning every replayed state before each update would solve that but take far too long. *Lazy reanalyze* \
         plans only a few: at every k-th update it takes b sequences of the batch, plans their states with the newest \
         networks, and *writes the new experts back*. The buffer stays fresh enough at under one per cent of the cost.",
    ],
    reference: "BMPC, section 4.2, lazy reanalyze: Eq. 8 and Algorithm 1; Figure 7b varies k",
    setup: &[
        Action::Freeze(Moment::Newest),
        Action::Planner(own),
        Action::Iteration(None),
        Action::Kinds([true, false, true, true]),
    ],
    task: "Do it by hand: go to an old decision and press Replan.",
    done: Condition::Replanned,
    controls: &[Control::Decision, Control::Replan],
    exhibits: &[Figure::Gaussians, Figure::Ages],
    look: "Magenta is the stored expert, amber the one that the current networks plan for the same state.",
    reveal: reanalyze_reveal,
    tab: Tab::Train,
};

fn reanalyze_reveal(facts: &Facts<'_>) -> Option<String> {
    let stored = facts.decision.planned.as_ref()?;
    let renewed = &facts.reference.plan;
    let dim = widest(&renewed.expert_mean, &stored.expert_mean);
    let at = |list: &[f32]| list.get(dim).copied().map(figure);
    let apart = kl((&renewed.expert_mean, &renewed.expert_std), (&stored.expert_mean, &stored.expert_std));
    let updates = |updates: u64| usize::try_from(updates).map(grouped).ok();
    let aged = if renewed.updates > facts.decision.updates {
        format!(
            "planned at update {}; this plan uses update {}",
            updates(facts.decision.updates)?,
            updates(renewed.updates)?
        )
    } else {
        "planned with the current networks: this agent only plays, so its experts do not age".into()
    };
    let algorithm = facts.history.status.config.as_ref().map(|config| (&config.algorithm, config.training.batch));
    let rule = match algorithm {
        Some((algorithm, batch)) if algorithm.reanalyze_interval > 0 => {
            let (k, b) = (algorithm.reanalyze_interval, algorithm.reanalyze_batch);
            let share = real(b) / (real(k) * real(batch));
            format!(
                "Here k = {k} and b = {b} of {batch} sequences: *{}* of the replayed states are replanned.",
                percent(share)
            )
        }
        Some(_) => "This agent was trained without reanalyze.".into(),
        None => String::new(),
    };
    Some(format!(
        "The stored expert was {aged}. It chose *{}\u{a0}\u{b1}\u{a0}{}*, with G = {}; now it is \
         *{}\u{a0}\u{b1}\u{a0}{}*, with G = {}. KL(new, stored) is *{}*. {rule}",
        at(&stored.expert_mean)?,
        at(&stored.expert_std)?,
        figure(stored.value),
        at(&renewed.expert_mean)?,
        at(&renewed.expert_std)?,
        figure(renewed.value),
        figure(apart),
    ))
}
