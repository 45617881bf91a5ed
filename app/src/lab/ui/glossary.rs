//! Every quantity that the lab shows: its name, its symbol in the papers, and what it means in a sentence or two.

/// A quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// What panes ask for it by.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its symbol in the papers; empty where there is none.
    pub symbol: &'static str,
    /// What it means, for a reader who knows what a reward is.
    pub meaning: &'static str,
    /// Where it comes from; empty where that needs no saying.
    pub source: &'static str,
}

/// The term of this key, if there is one.
#[must_use]
pub fn find(key: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.key == key)
}

const fn term(
    key: &'static str,
    name: &'static str,
    symbol: &'static str,
    source: &'static str,
    meaning: &'static str,
) -> Term {
    Term { key, name, symbol, meaning, source }
}

const MPPI: &str = "MPPI, as guided in TD-MPC2 and BMPC";
const BMPC: &str = "BMPC";

/// All terms.
pub const TERMS: &[Term] = &[
    term("return", "Return", "R", "", "The sum of an episode's rewards. Here at most 1,000."),
    term(
        "value_g",
        "Predicted return",
        "G",
        MPPI,
        "What the world model expects of an action sequence: its predicted rewards over the horizon, discounted, and the value of the state where they end.",
    ),
    term(
        "value",
        "Value",
        "V(z)",
        BMPC,
        "The discounted return that the networks expect from a state on when the policy acts. In agents that learn Q it belongs to a state and an action.",
    ),
    term(
        "delta_q",
        "What planning adds",
        "ΔQ",
        "BMPC, Eq. 5",
        "Predicted return of the chosen plan less the mean predicted return of the policy's own proposals. It shrinks as the policy learns from the planner.",
    ),
    term(
        "kl",
        "Divergence from the expert",
        "KL(π, expert)",
        BMPC,
        "How far the policy's distribution of actions is from the one that the planner found, in nats. The policy learns by making it small.",
    ),
    term(
        "samples",
        "Samples",
        "N",
        MPPI,
        "Action sequences that are imagined and valued in each iteration, the policy's own included.",
    ),
    term(
        "elites",
        "Elites",
        "K",
        MPPI,
        "The best of the samples. The next iteration searches around their weighted mean.",
    ),
    term(
        "policy_samples",
        "Policy guides",
        "P",
        MPPI,
        "Sequences that the policy proposes. They are among the samples of every iteration, so the search starts from what was learned.",
    ),
    term(
        "iterations",
        "Iterations",
        "J",
        MPPI,
        "How often samples are drawn, valued, and the search narrowed around the best.",
    ),
    term(
        "horizon",
        "Horizon",
        "H",
        MPPI,
        "Steps that the planner imagines ahead. What comes after them is left to the value.",
    ),
    term(
        "temperature",
        "Temperature",
        "τ",
        MPPI,
        "How much better elites outweigh the others: weights grow as exp(τ G). At 0 all elites count alike.",
    ),
    term(
        "std_min",
        "Smallest spread",
        "σ min",
        MPPI,
        "The search never narrows below this standard deviation, so that it keeps exploring.",
    ),
    term(
        "std_max",
        "Largest spread",
        "σ max",
        MPPI,
        "The standard deviation that the search starts with, in units of the whole range of actions [-1, 1].",
    ),
    term(
        "spread",
        "Spread of the search",
        "σ",
        MPPI,
        "Standard deviation of the distribution from which actions are drawn, for each action and step.",
    ),
    term(
        "mean",
        "Mean of the search",
        "μ",
        MPPI,
        "Weighted mean of the elites' actions, for each action and step. It is kept, moved by a step, for the next decision.",
    ),
    term("elite", "Elite", "", MPPI, "One of the best samples of an iteration."),
    term(
        "weights",
        "Elite weights",
        "w",
        MPPI,
        "How much each elite counts: exp(τ (G - best G)), adding up to 1. The chosen sequence is drawn with these chances.",
    ),
    term(
        "expert",
        "Expert",
        "N(μ, σ)",
        BMPC,
        "The planner's distribution of actions at a state. It is kept in the replay buffer, and the policy learns to imitate it.",
    ),
    term(
        "expert_age",
        "Age of experts",
        "",
        BMPC,
        "Updates since the expert was planned. Old experts come from weaker networks, and the policy that imitates them learns old habits.",
    ),
    term(
        "reanalyze",
        "Reanalyze",
        "",
        "Lazy reanalyze, BMPC",
        "Plans again, with the networks of now, at states in the replay buffer, and puts the new experts in place of the old.",
    ),
    term(
        "reanalyze_interval",
        "Reanalyze interval",
        "k",
        "Lazy reanalyze, BMPC",
        "Reanalyze takes place once in so many updates. A small k keeps experts fresh and costs time.",
    ),
    term(
        "reanalyze_delta_q",
        "What reanalyze finds",
        "ΔQ",
        "BMPC, Eq. 5",
        "What planning adds over the policy at states of the replay buffer, averaged over the experts just made.",
    ),
    term(
        "reanalyzed",
        "Reanalyzed",
        "",
        BMPC,
        "Fraction of transitions in the replay buffer whose expert was made by reanalyze.",
    ),
    term(
        "scale",
        "Scale",
        "S",
        "TD-MPC2; imitation as in BMPC",
        "Range from the 5% to the 95% quantile of what the policy's loss is made of (KL or Q), followed slowly and at least 1. The loss is divided by it, so that one learning rate fits all tasks.",
    ),
    term(
        "two_hot",
        "Two-hot value",
        "",
        "Discrete regression, as in TD-MPC2",
        "Rewards and values are learned as distributions over 101 bins, even on a logarithmic scale (symlog). A number is spread over its two nearest bins; a distribution is read as the symexp of its mean.",
    ),
    term(
        "ensemble",
        "Ensemble disagreement",
        "",
        BMPC,
        "Several value networks learn the same with different starts. Where they differ, the agent has not seen enough.",
    ),
    term(
        "came",
        "What came",
        "",
        "",
        "The discounted return that was really earned from this state on. Where it is known only in part, the value at the end of the record stands in for the rest.",
    ),
    term(
        "calibration",
        "Calibration",
        "",
        "",
        "Whether predictions come true: predicted return of each decision against the discounted return that then came.",
    ),
    term("discount", "Discount", "γ", "", "A reward one decision later counts γ times as much."),
    term(
        "gap",
        "Policy-planner gap",
        "",
        BMPC,
        "How much less the bare policy earns than the planner that it guides, in percent of the planner's return.",
    ),
    term(
        "confidence",
        "Confidence band",
        "",
        "",
        "95% interval of the mean over evaluation episodes, by Student's t distribution.",
    ),
    term(
        "consistency_loss",
        "Consistency loss",
        "",
        "TD-MPC2",
        "How far the imagined next state is from the encoding of the real one, in latent space.",
    ),
    term(
        "reward_loss",
        "Reward loss",
        "",
        "TD-MPC2",
        "Cross-entropy between predicted and real rewards as distributions over the bins.",
    ),
    term(
        "value_loss",
        "Value loss",
        "",
        "TD-MPC2",
        "Cross-entropy between predicted values and their targets as distributions over the bins.",
    ),
    term(
        "total_loss",
        "Total loss",
        "",
        "TD-MPC2",
        "The weighted sum that the world model learns from: consistency, reward and value.",
    ),
    term(
        "policy_loss",
        "Policy loss",
        "",
        BMPC,
        "What the policy minimises: the divergence from the experts (or -Q) over the scale S, less a little entropy.",
    ),
    term(
        "grad_norm",
        "Gradient norm",
        "",
        "",
        "Length of the gradient before it is clipped at 20. Peaks tell of surprising batches.",
    ),
    term(
        "entropy",
        "Entropy",
        "H(π)",
        "",
        "How random the policy is, in nats. It falls as the policy makes up its mind.",
    ),
    term(
        "policy_std",
        "Spread of the policy",
        "σ",
        "",
        "Standard deviation of the policy's actions, averaged over actions.",
    ),
    term(
        "real_time",
        "Real-time factor",
        "",
        "",
        "Simulated time over real time: at 2× the body moves twice as fast as it would.",
    ),
    term(
        "plan_ms",
        "Planning time",
        "",
        "",
        "Time that one plan takes. A plan that is faster than a control step could drive a real robot.",
    ),
    term(
        "decisions",
        "Decisions a second",
        "",
        "",
        "How many times a second the agent observes, plans, acts and learns.",
    ),
    term(
        "time_split",
        "Where the time goes",
        "",
        "",
        "Milliseconds of a decision, by what they are spent on, averaged over the last second.",
    ),
    term("reward", "Reward", "r", "", "What the task pays for a decision, summed over its control steps."),
    term(
        "replay",
        "Replay buffer",
        "",
        "",
        "Past transitions and their experts, from which batches are drawn to learn from.",
    ),
];
