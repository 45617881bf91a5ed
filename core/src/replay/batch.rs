//! A batch of sequences, as the update reads it.

/// B sequences of H transitions and H + 1 observations. All arrays are flat, time first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Sequences (B).
    pub size: usize,
    /// Transitions per sequence (H).
    pub horizon: usize,
    /// `[H + 1, B, observation]`.
    pub observations: Vec<f32>,
    /// `[H, B, action]`.
    pub actions: Vec<f32>,
    /// `[H, B]`.
    pub rewards: Vec<f32>,
    /// 1 where the transition led to a terminal state, `[H, B]`.
    pub terminated: Vec<f32>,
    /// Mean of the stored expert distribution, `[H, B, action]`.
    pub expert_means: Vec<f32>,
    /// Its standard deviation, `[H, B, action]`.
    pub expert_stds: Vec<f32>,
    /// Number of each sequence's first transition since the start of the run, `[B]`: where new experts are written
    /// back.
    pub starts: Vec<u64>,
}
