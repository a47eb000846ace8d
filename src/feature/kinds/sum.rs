//! `sum`: Sum of a column over the rows of the window. No row: 0; rows without a number add nothing.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView, Wants};
use crate::tables::ColumnType;

/// See the module.
pub struct Sum;

impl Kind for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn documentation(&self) -> &'static str {
        "Sum of a column over the rows of the window. No row: 0; rows without a number add nothing."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, wants: Wants::SUMS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        past.sum(at.column, at.window).0
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-40, 5.0), (-3, 7.5), (-1, -2.5)], 30, 5.0)
    }
}
