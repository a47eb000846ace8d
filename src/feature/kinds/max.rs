//! `max`: Largest number of a column in the window. None: undefined.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct Max;

impl Kind for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn documentation(&self) -> &'static str {
        "Largest number of a column in the window. None: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        past.numbers(at.column, past.rows(at.window)).fold(f64::NAN, f64::max)
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-5, 1.0), (-4, 3.0), (-3, 2.0)], 30, 3.0)
    }
}
