//! A batch of sequences, as the update reads it.

/// B sequences of H transitions and H + 1 observations. All arrays are flat, time first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Sequences (B).
    pub size: usize,
    /// Transitions per sequence (H), the length of training sequences.
    pub length: usize,
    /// `[H + 1, B, observation]`.
    pub observations: Vec<f32>,
    /// `[H, B, action]`.
    pub actions: Vec<f32>,
    /// `[H, B]`.
    pub rewards: Vec<f32>,
    /// 1 where the transition led to a terminal state, `[H, B]`.
    pub terminated: Vec<f32>,
    /// The columns of numbers that the agent asked for.
    pub extras: Vec<Extra>,
    /// Number of each sequence's first transition since the start of the run, `[B]`: where new experts are written
    /// back.
    pub starts: Vec<u64>,
}

/// A column that an agent asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra {
    /// Its name.
    pub name: &'static str,
    /// `[H, B, width]`.
    pub values: Vec<f32>,
}

impl Batch {
    /// Returns the column `name`, `[H, B, width]`; empty if the buffer does not store it.
    #[must_use]
    pub fn extra(&self, name: &str) -> &[f32] {
        self.extras.iter().find(|extra| extra.name == name).map_or(&[], |extra| &extra.values)
    }

    /// Returns the column `name`, `[H, B, width]`, for changes; empty if the buffer does not store it.
    pub fn extra_mut(&mut self, name: &str) -> &mut [f32] {
        self.extras.iter_mut().find(|extra| extra.name == name).map_or(&mut [], |extra| &mut extra.values)
    }
}
