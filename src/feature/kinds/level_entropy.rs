//! `level_entropy`: Entropy in bits of the levels of a text column in the window. No row with a level: undefined.

use super::shared::entropy_bits;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct LevelEntropy;

impl Kind for LevelEntropy {
    fn name(&self) -> &'static str {
        "level_entropy"
    }

    fn documentation(&self) -> &'static str {
        "Entropy in bits of the levels of a text column in the window. No row with a level: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Text), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        entropy_bits(past.levels(at.column, past.rows(at.window)))
    }

    fn example(&self) -> Example {
        Example::levels(&[(-5, 0), (-4, 1), (-3, 0), (-2, 1)], 30, 1.0)
    }
}
