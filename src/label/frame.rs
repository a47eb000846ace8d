//! What the label stage hands on: one block per cutoff, aligned with the feature blocks.

use serde::Serialize;

use crate::time::Day;

/// What happened in a label window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The target's event did not happen.
    No,
    /// The target's event happened.
    Yes,
    /// Not yet known: the window (gap, horizon, grace) is not over or not covered.
    Unknown,
}

impl Outcome {
    /// A known outcome.
    #[must_use]
    pub const fn of(happened: bool) -> Self {
        if happened { Self::Yes } else { Self::No }
    }

    /// 0, 1 or nothing.
    #[must_use]
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::No => Some(false),
            Self::Yes => Some(true),
            Self::Unknown => None,
        }
    }
}

/// Outcomes of one target at all cutoffs.
#[derive(Debug, Clone)]
pub struct Labels {
    /// The target's name.
    pub target: String,
    /// One block per cutoff, ascending, in step with the feature frame's blocks.
    pub blocks: Vec<LabelBlock>,
}

impl Labels {
    /// Adds the outcomes of later customers at the same cutoffs.
    pub fn append(&mut self, later: Self) {
        for (block, mut later) in self.blocks.iter_mut().zip(later.blocks) {
            block.outcome.append(&mut later.outcome);
            block.eligible.append(&mut later.eligible);
        }
    }
}

/// Outcomes at one cutoff; row i belongs to row i of the feature block of the same cutoff.
#[derive(Debug, Clone)]
pub struct LabelBlock {
    /// The cutoff.
    pub as_of: Day,
    /// What happened.
    pub outcome: Vec<Outcome>,
    /// Whether the customer could show the outcome at all: active before D, subscribed, no notice given, ...
    /// A customer who is not eligible is neither trained on nor scored for this target.
    pub eligible: Vec<bool>,
}
