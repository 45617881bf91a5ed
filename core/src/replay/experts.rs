//! The columns of the planner's expert distributions, which an agent with an imitation policy asks for.

use super::ages::{Origin, Packed};
use super::columns::{Cell, Cells, Column};
use super::{Batch, Replay};

/// Name of the column with the means of the expert distributions, `[action]`.
pub const EXPERT_MEAN: &str = "expert_mean";
/// Name of the column with their standard deviations, `[action]`.
pub const EXPERT_STD: &str = "expert_std";
/// Name of the column with the predicted returns of the plans, `[1]`.
pub const EXPERT_VALUE: &str = "expert_value";
/// Name of the column with the origins of the experts, `[1]`, packed in a word.
pub(super) const EXPERT_ORIGIN: &str = "expert_origin";

/// The planner's distribution for the first action at a state, and the value that it expects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expert<'a> {
    /// `[action]`.
    pub mean: &'a [f32],
    /// `[action]`.
    pub std: &'a [f32],
    /// Predicted return of the plan.
    pub value: f32,
    /// When it was planned; `None` if unknown.
    pub origin: Option<Origin>,
}

/// Returns the columns that hold an [`Expert`] per transition. A transition without an expert, as after a random
/// action, has N(0, 1).
#[must_use]
pub fn expert_columns(action: usize) -> Vec<Column> {
    let number = |name, width, missing| Column { name, width, missing: Cell::Number(missing) };
    let Packed(unknown) = Packed::UNKNOWN;
    vec![
        number(EXPERT_MEAN, action, 0.0),
        number(EXPERT_STD, action, 1.0),
        number(EXPERT_VALUE, 1, 0.0),
        Column { name: EXPERT_ORIGIN, width: 1, missing: Cell::Word(unknown) },
    ]
}

impl<'a> Expert<'a> {
    /// Returns the expert as the elements of [`expert_columns`].
    #[must_use]
    pub fn cells(&self) -> [(&'static str, Cells<'a>); 4] {
        let Packed(origin) = Packed::new(self.origin);
        [
            (EXPERT_MEAN, Cells::Numbers(self.mean)),
            (EXPERT_STD, Cells::Numbers(self.std)),
            (EXPERT_VALUE, Cells::Number(self.value)),
            (EXPERT_ORIGIN, Cells::Word(origin)),
        ]
    }
}

impl Replay {
    /// Replaces the expert of transition number `number`, counted from the start of the run. Returns false if the
    /// buffer no longer holds the transition or stores no experts.
    pub fn write_expert(&mut self, number: u64, expert: Expert<'_>) -> bool {
        self.columns.place(EXPERT_MEAN).is_some() && self.replace(number, &expert.cells())
    }

    /// Returns the expert of transition number `number`, if the buffer holds it.
    #[must_use]
    pub fn expert(&self, number: u64) -> Option<Expert<'_>> {
        let Some(Cells::Numbers(mean)) = self.cells(number, EXPERT_MEAN) else { return None };
        let Some(Cells::Numbers(std)) = self.cells(number, EXPERT_STD) else { return None };
        let Some(Cells::Numbers(&[value])) = self.cells(number, EXPERT_VALUE) else { return None };
        let Some(Cells::Words(&[origin])) = self.cells(number, EXPERT_ORIGIN) else { return None };
        Some(Expert { mean, std, value, origin: Packed(origin).origin() })
    }
}

impl Batch {
    /// Returns the means of the stored expert distributions, `[H, B, action]`; empty if the buffer stores none.
    #[must_use]
    pub fn expert_means(&self) -> &[f32] {
        self.extra(EXPERT_MEAN)
    }

    /// Returns their standard deviations, `[H, B, action]`; empty if the buffer stores none.
    #[must_use]
    pub fn expert_stds(&self) -> &[f32] {
        self.extra(EXPERT_STD)
    }
}
