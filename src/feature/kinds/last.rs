//! `last`: The latest number of a column in the window. None: undefined. Of several on one day, the largest.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct Last;

impl Kind for Last {
    fn name(&self) -> &'static str {
        "last"
    }

    fn documentation(&self) -> &'static str {
        "The latest number of a column in the window. None: undefined. Of several on one day, the largest."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let rows = past.rows(at.window);
        let known = rows.clone().rev().find(|&row| !past.number(at.column, row).is_nan());
        let Some(last) = known else { return f64::NAN };
        let day = past.days(last..last + 1)[0];
        past.numbers(at.column, past.between(day, day + 1)).fold(f64::NAN, f64::max)
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-5, 1.0), (-4, 3.0), (-3, f64::NAN)], 30, 3.0)
    }
}
