//! `number_entropy`: Entropy in bits of the distinct numbers of a column in the window, such as hours of the day. None: undefined.

use super::shared::{entropy_bits, ranks};
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct NumberEntropy;

impl Kind for NumberEntropy {
    fn name(&self) -> &'static str {
        "number_entropy"
    }

    fn documentation(&self) -> &'static str {
        "Entropy in bits of the distinct numbers of a column in the window, such as hours of the day. None: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        entropy_bits(ranks(past.numbers(at.column, past.rows(at.window))).into_iter())
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-5, 8.0), (-4, 20.0)], 30, 1.0)
    }
}
