//! The glossary of the quantities that several panes show: name, symbol in the papers, and a short explanation. Terms of
//! one pane are in its description.

/// A quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The key used by panes.
    pub key: &'static str,
    /// The name.
    pub name: &'static str,
    /// The symbol in the papers; empty if there is none.
    pub symbol: &'static str,
    /// The explanation, for readers who know what a reward is.
    pub meaning: &'static str,
    /// The source; empty for common knowledge.
    pub source: &'static str,
}

/// Returns the term with this key, if there is one.
#[must_use]
pub fn find(key: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.key == key)
}

/// Creates a term: key, name, symbol, source and meaning.
#[must_use]
pub const fn term(
    key: &'static str,
    name: &'static str,
    symbol: &'static str,
    source: &'static str,
    meaning: &'static str,
) -> Term {
    Term { key, name, symbol, meaning, source }
}

const MPPI: &str = "MPPI, as guided in TD-MPC2 and BMPC";
/// The source "BMPC".
pub const BMPC: &str = "BMPC";

/// The shared terms.
pub const TERMS: &[Term] = &[
    term("return", "Return", "R", "", "The sum of an episode's rewards, at most 1,000 in these tasks."),
    term(
        "value_g",
        "Predicted return",
        "G",
        MPPI,
        "The world model's estimate for an action sequence: the discounted predicted rewards over the horizon plus the value of the final state.",
    ),
    term(
        "value",
        "Value",
        "V(z)",
        BMPC,
        "The discounted return that the networks expect from a state onwards if the policy acts. Agents that learn Q estimate it for a state and an action.",
    ),
    term(
        "delta_q",
        "What planning adds",
        "ΔQ",
        "BMPC, Eq. 5",
        "Predicted return of the chosen plan minus the mean predicted return of the policy's own proposals. It shrinks as the policy learns from the planner.",
    ),
    term(
        "kl",
        "Divergence from the expert",
        "KL(π, expert)",
        BMPC,
        "How far the policy's action distribution is from the planner's, in nats. The policy learns by minimising it.",
    ),
    term(
        "samples",
        "Samples",
        "N",
        MPPI,
        "Action sequences that are imagined and evaluated in each iteration, including the policy's own.",
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
        "Sequences that the policy proposes. They are part of the samples of every iteration, so the search starts from what the policy has learned.",
    ),
    term(
        "iterations",
        "Iterations",
        "J",
        MPPI,
        "Number of rounds in which samples are drawn and evaluated and the search narrows around the best.",
    ),
    term(
        "horizon",
        "Horizon",
        "H",
        MPPI,
        "Number of steps that the planner imagines ahead. Rewards beyond the horizon are estimated by the value.",
    ),
    term(
        "temperature",
        "Temperature",
        "τ",
        MPPI,
        "How strongly better elites outweigh the others: weights grow as exp(τ G). At 0 all elites count equally.",
    ),
    term(
        "std_min",
        "Smallest spread",
        "σ min",
        MPPI,
        "The search never narrows below this standard deviation, so it keeps exploring.",
    ),
    term(
        "std_max",
        "Largest spread",
        "σ max",
        MPPI,
        "The initial standard deviation of the search, in units of actions, which range over [-1, 1].",
    ),
    term(
        "spread",
        "Spread of the search",
        "σ",
        MPPI,
        "Standard deviation of the distribution that actions are drawn from, for each action and step.",
    ),
    term(
        "mean",
        "Mean of the search",
        "μ",
        MPPI,
        "Weighted mean of the elites' actions, for each action and step. Shifted by one step, it starts the search for the next decision.",
    ),
    term("elite", "Elite", "", MPPI, "One of the best samples of an iteration."),
    term(
        "weights",
        "Elite weights",
        "w",
        MPPI,
        "How much each elite counts: exp(τ (G - best G)), normalised to sum to 1. The chosen sequence is drawn with these probabilities.",
    ),
    term(
        "expert",
        "Expert",
        "N(μ, σ)",
        BMPC,
        "The planner's action distribution at a state. It is stored in the replay buffer, and the policy learns to imitate it.",
    ),
    term(
        "reanalyze",
        "Reanalyze",
        "",
        "Lazy reanalyze, BMPC",
        "Plans again at states from the replay buffer with the current networks, and replaces the old experts with the new ones.",
    ),
    term(
        "reanalyze_interval",
        "Reanalyze interval",
        "k",
        "Lazy reanalyze, BMPC",
        "Number of updates between two rounds of reanalyze. A small k keeps experts fresh but costs time.",
    ),
    term(
        "reanalyze_delta_q",
        "Gain from reanalyze",
        "ΔQ",
        "BMPC, Eq. 5",
        "What planning adds to the policy at states from the replay buffer, averaged over the newest experts.",
    ),
    term(
        "environments",
        "Environments",
        "",
        "",
        "Number of copies of the task that collect experience at the same time. The planner plans for all of them at once; the lab shows the first.",
    ),
    term(
        "updates_per_decision",
        "Updates per decision",
        "",
        "",
        "Updates of the networks for each decision in each environment. Fewer make a run faster, but it learns less from the same experience.",
    ),
    term(
        "sequence",
        "Training sequence",
        "",
        "",
        "Number of steps of the sequences that the world model learns from. 0 makes them as long as the planner's horizon.",
    ),
    term(
        "scale",
        "Scale",
        "S",
        "TD-MPC2; imitation as in BMPC",
        "Range between the 5% and 95% quantiles of the quantity in the policy's loss (KL or Q), as a moving average of at least 1. The loss is divided by it, so that one learning rate fits all tasks.",
    ),
    term(
        "two_hot",
        "Two-hot value",
        "",
        "Discrete regression, as in TD-MPC2",
        "Rewards and values are learned as distributions over 101 bins, evenly spaced on a logarithmic scale (symlog). A number is encoded in its two nearest bins; a distribution is decoded as the symexp of its mean.",
    ),
    term(
        "ensemble",
        "Ensemble disagreement",
        "",
        BMPC,
        "Several value networks learn the same targets from different initial weights. Where they disagree, the agent has seen too little data.",
    ),
    term(
        "actual",
        "Actual return",
        "",
        "",
        "The discounted return that was actually earned from this state onwards. If only part of it is recorded, the value at the end of the record replaces the rest.",
    ),
    term(
        "calibration",
        "Calibration",
        "",
        "",
        "How accurate predictions are: the predicted return of each decision against its actual discounted return.",
    ),
    term("discount", "Discount", "γ", "", "A reward that comes one decision later counts γ times as much."),
    term(
        "gap",
        "Policy-planner gap",
        "",
        BMPC,
        "How much less the bare policy earns than the planner it guides, in percent of the planner's return.",
    ),
    term(
        "confidence",
        "Confidence band",
        "",
        "",
        "95% confidence interval of the mean over evaluation episodes (Student's t distribution).",
    ),
    term(
        "consistency_loss",
        "Consistency loss",
        "",
        "TD-MPC2",
        "Distance in latent space between the predicted next state and the encoding of the real one.",
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
        "termination_loss",
        "Termination loss",
        "",
        "TD-MPC2",
        "Binary cross-entropy between the predicted and real ends of episodes, if the agent learns to predict them.",
    ),
    term(
        "total_loss",
        "Total loss",
        "",
        "TD-MPC2",
        "The weighted sum of the consistency, reward and value losses that the world model minimises.",
    ),
    term(
        "policy_loss",
        "Policy loss",
        "",
        BMPC,
        "What the policy minimises: the divergence from the experts (or -Q) divided by the scale S, minus a small entropy bonus.",
    ),
    term(
        "grad_norm",
        "Gradient norm",
        "",
        "",
        "Norm of the gradient before it is clipped at 20. Peaks indicate surprising batches.",
    ),
    term(
        "entropy",
        "Entropy",
        "H(π)",
        "",
        "How random the policy is, in nats. It falls as the policy becomes more certain.",
    ),
    term(
        "policy_std",
        "Spread of the policy",
        "σ",
        "",
        "Standard deviation of the policy's actions, averaged over actions.",
    ),
    term("reward", "Reward", "r", "", "The task's reward for a decision, summed over its control steps."),
    term("replay", "Replay buffer", "", "", "Past transitions and their experts. Training batches are drawn from it."),
];
