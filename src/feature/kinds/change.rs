//! `change`: The latest number of a column minus the one before it, in the window. Fewer than two: undefined.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct Change;

impl Kind for Change {
    fn name(&self) -> &'static str {
        "change"
    }

    fn documentation(&self) -> &'static str {
        "The latest number of a column minus the one before it, in the window. Fewer than two: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let mut latest = past.numbers(at.column, past.rows(at.window)).rev();
        match (latest.next(), latest.next()) {
            (Some(last), Some(previous)) => last - previous,
            _ => f64::NAN,
        }
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-5, 9.0), (-3, 7.0)], 30, -2.0)
    }
}
