//! `distinct`: Distinct levels of a text column in the window. None: 0.

use super::shared::count_levels;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct Distinct;

impl Kind for Distinct {
    fn name(&self) -> &'static str {
        "distinct"
    }

    fn documentation(&self) -> &'static str {
        "Distinct levels of a text column in the window. None: 0."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Text), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        f64::from(count_levels(past.levels(at.column, past.rows(at.window))))
    }

    fn example(&self) -> Example {
        Example::levels(&[(-40, 2), (-5, 0), (-4, 1), (-3, 0)], 30, 2.0)
    }
}
