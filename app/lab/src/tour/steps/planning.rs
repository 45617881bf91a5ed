//! Steps 1 to 4: how one decision is planned.

use bootstride_core::planner::PlannerConfig;

use crate::tour::measure::{Facts, total};
use crate::tour::step::{Action, Condition, Control, Figure, Moment, Step};
use crate::ui::number::{figure, percent, real, short, signed_figure};
use crate::view::Tab;

/// Differences of G below this are considered zero.
const SMALL: f32 = 0.005;

/// Number of sequences at the start of the first step.
const FEW: usize = 16;

pub const SHOOTING: Step = Step {
    title: "Random shooting",
    text: &[
        "To choose an action, this agent imagines. It takes a *sequence* of the next H actions, lets its *world \
         model* (a network trained on what the body did) predict what would follow, and adds up the predicted \
         rewards. The sum is the sequence's *predicted return G*.",
        "The simplest planner draws {sample|N sequences} at random, imagines all of them and takes {plan|the best \
         one} as its plan. That is *random shooting*. It learns nothing from one draw for the next.",
    ],
    reference: "BMPC, section 3: Eq. 4 is G",
    setup: &[
        Action::Freeze(Moment::Present),
        Action::Planner(shooting),
        Action::Iteration(None),
        Action::Kinds([false, true, false, true]),
        Action::Play(15.0),
    ],
    task: "Draw more samples: drag samples N to 128 or more.",
    done: Condition::SamplesAtLeast(128),
    controls: &[Control::Samples],
    exhibits: &[Figure::TwoValues, Figure::Trials(Control::Samples)],
    look: "Each grey bar counts sequences with about the same G. Random draws pile up on the left; the plan is just \
           the one furthest to the right.",
    reveal: |facts| Some(shooting_reveal(facts)),
    tab: Tab::Decision,
};

/// Returns settings for random shooting: one round, no policy, one elite.
fn shooting(base: &PlannerConfig) -> PlannerConfig {
    PlannerConfig {
        samples: FEW,
        elites: 1,
        policy_samples: 0,
        iterations: 1,
        many_actions_iterations: 0,
        ..base.clone()
    }
}

fn shooting_reveal(facts: &Facts<'_>) -> String {
    let (few, many) = (facts.setup, facts.tried);
    let more = many.plan.value - few.plan.value;
    let times = real(many.planner.samples) / real(few.planner.samples);
    let verdict = if more > SMALL {
        format!("{} better, for {} times the work", figure(more), short(f64::from(times)))
    } else {
        format!("no better here, for {} times the work", short(f64::from(times)))
    };
    format!(
        "On this state the best of {{sample|{} sequences}} reached G = *{}*; the best of {{sample|{}}} reached \
         *{}*: {verdict}. Your own planner reaches *{}*. The next steps show how it gets there without drawing more.",
        few.planner.samples,
        figure(few.plan.value),
        many.planner.samples,
        figure(many.plan.value),
        figure(facts.reference.plan.value),
    )
}

pub const MPPI: Step = Step {
    title: "MPPI: search that learns",
    text: &[
        "*MPPI* learns while it searches. It keeps a bell curve over actions, with a mean *\u{3bc}* and a spread \
         *\u{3c3}*, for every step of the sequence.",
        "It draws {sample|N sequences} from the curve, imagines them, keeps {elite|the best K, the elites}, and moves \
         \u{3bc} and \u{3c3} to fit them. Then it draws again. So each round, called an *iteration*, searches where \
         the previous one found good sequences.",
        "No policy helps it yet: it finds everything by trying.",
    ],
    reference: "BMPC, section 3: Eq. 3",
    setup: &[
        Action::Freeze(Moment::Present),
        Action::Planner(unguided),
        Action::Iteration(Some(0)),
        Action::Kinds([false, true, true, true]),
        Action::Play(15.0),
    ],
    task: "Scrub slowly through the iterations, from the first to the last.",
    done: Condition::Scrubbed,
    controls: &[Control::Iteration],
    exhibits: &[Figure::Values, Figure::Narrowing],
    look: "The grey hill moves to the right and narrows: the search converges.",
    reveal: mppi_reveal,
    tab: Tab::Decision,
};

/// Returns the user's own MPPI settings without the policy's sequences.
fn unguided(base: &PlannerConfig) -> PlannerConfig {
    PlannerConfig { policy_samples: 0, ..base.clone() }
}

fn mppi_reveal(facts: &Facts<'_>) -> Option<String> {
    let trial = facts.setup;
    let iterations = trial.plan.iterations.len();
    let (first, last) = (trial.drawn(0), trial.drawn(iterations.checked_sub(1)?));
    let climb = if last > first { "rose" } else { "went" };
    Some(format!(
        "The average {{sample|sample}} {climb} from G = *{}* in iteration 1 to *{}* in iteration {iterations}. The \
         first round drew with \u{3c3} = *{}*; after the last, \u{3c3} of the first action is *{}*. {{plan|The plan}} \
         reaches *{}*.",
        figure(first),
        figure(last),
        figure(trial.planner.max_std),
        figure(trial.spread()),
        figure(trial.plan.value),
    ))
}

pub const GUIDE: Step = Step {
    title: "The policy as guide",
    text: &[
        "The agent also has a {policy|policy \u{3c0}}: a network that maps the state directly to an action. It is \
         fast, but never checks the outcome. MPPI checks, but starts without a clue. Together they do better.",
        "In *guided MPPI* the policy proposes {policy|P sequences}, which compete with {sample|the samples} in every \
         iteration. A good proposal becomes an {elite|elite} and draws \u{3bc} towards it; a poor one is simply not \
         used.",
        "What planning adds is called *\u{394}Q*: G of {plan|the plan} minus the average G of {policy|the policy's \
         proposals}.",
    ],
    reference: "BMPC, section 3, policy prior; Eq. 5 is \u{394}Q",
    setup: &[
        Action::Freeze(Moment::Present),
        Action::Planner(guided),
        Action::Iteration(None),
        Action::Kinds([true, true, true, true]),
        Action::Play(15.0),
    ],
    task: "Remove the guides: drag policy guides P to 0.",
    done: Condition::GuidesGone,
    controls: &[Control::Guides],
    exhibits: &[Figure::TwoValues, Figure::Trials(Control::Guides)],
    look: "Blue strokes are the policy's proposals. Where do they lie among the samples, and where is the plan \
           without them?",
    reveal: |facts| Some(guide_reveal(facts)),
    tab: Tab::Decision,
};

/// Returns the user's own planner, with guides if it has none.
fn guided(base: &PlannerConfig) -> PlannerConfig {
    let policy_samples = if base.policy_samples > 0 { base.policy_samples } else { (base.samples / 20).max(1) };
    PlannerConfig { policy_samples, ..base.clone() }
}

fn guide_reveal(facts: &Facts<'_>) -> String {
    let (with, without) = (facts.setup, facts.tried);
    // Without proposals a plan has no delta-Q; it is compared with the proposals at the same state.
    let proposed = total(&with.plan.policy_terms);
    let (guided, alone) = (with.plan.value - proposed, without.plan.value - proposed);
    let lost = guided - alone;
    let verdict = if lost > SMALL {
        format!("The guides were worth *{}* here, to a planner of the same size.", figure(lost))
    } else {
        "Here MPPI did as well alone, as it can if the action space is small.".into()
    };
    format!(
        "Same state, same random numbers: with {} guides the plan beats the policy's proposals by \u{394}Q = *{}*; \
         with {} it stands at *{}* against the same proposals. {verdict}",
        with.planner.policy_samples,
        signed_figure(guided),
        if without.planner.policy_samples == 0 { "none".into() } else { without.planner.policy_samples.to_string() },
        signed_figure(alone),
    )
}

pub const TEMPERATURE: Step = Step {
    title: "Elites and temperature",
    text: &[
        "Not every {elite|elite} counts the same. Each gets a weight: exp(\u{3c4} (G \u{2212} best G)), normalised to \
         sum to 1. The weighted elites make the next \u{3bc} and \u{3c3}, and at the end {plan|one elite is drawn} by \
         these weights.",
        "*\u{3c4}* is called temperature, but it acts as an inverse temperature. Near 0 all {elite|elites} count \
         equally, and the search averages. If it is large, only the best counts, and the search bets on one sequence \
         that the model may be wrong about.",
    ],
    reference: "MPPI as in TD-MPC2; BMPC keeps its \u{3c4} = 0.5",
    setup: &[
        Action::Freeze(Moment::Present),
        Action::Planner(guided_warm),
        Action::Iteration(None),
        Action::Kinds([false, false, true, true]),
        Action::Play(15.0),
    ],
    task: "Drag the temperature below 0.1. Then, if you like, to 10.",
    done: Condition::TemperatureBelow(0.1),
    controls: &[Control::Temperature],
    exhibits: &[Figure::Weights, Figure::Trials(Control::Temperature)],
    look: "The amber weights of the first iteration, best elite first: steep means few decide, flat means all do. The \
           line shows the previous weights.",
    reveal: |facts| Some(temperature_reveal(facts)),
    tab: Tab::Decision,
};

/// Returns the user's own planner, with the published temperature if its own is already flat.
fn guided_warm(base: &PlannerConfig) -> PlannerConfig {
    let temperature = if base.temperature < 0.1 { PlannerConfig::default().temperature } else { base.temperature };
    PlannerConfig { temperature, ..base.clone() }
}

fn temperature_reveal(facts: &Facts<'_>) -> String {
    let (before, after) = (facts.setup, facts.tried);
    let best = |weights: &[f32]| weights.first().copied().unwrap_or_default();
    let elites = real(before.weights().len());
    let moral = if before.effective_elites() > 0.95 * elites && after.effective_elites() > 0.95 * elites {
        " Here the elites are almost equally good, so their weights hardly matter."
    } else {
        ""
    };
    format!(
        "In the first iteration at \u{3c4} = {} the {{elite|best elite}} had *{}* of the weight, and {} of {} elites \
         really counted. At \u{3c4} = {} it has *{}*, and {} count. The plan's G went from *{}* to *{}*.{moral}",
        figure(before.planner.temperature),
        percent(best(before.weights())),
        figure(before.effective_elites()),
        before.weights().len(),
        figure(after.planner.temperature),
        percent(best(after.weights())),
        figure(after.effective_elites()),
        figure(before.plan.value),
        figure(after.plan.value),
    )
}
