//! `mean`: Mean of a column over the rows of the window that have a number. None: undefined.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView, Wants};
use crate::tables::ColumnType;

/// See the module.
pub struct Mean;

impl Kind for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn documentation(&self) -> &'static str {
        "Mean of a column over the rows of the window that have a number. None: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, wants: Wants::SUMS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let (sum, count) = past.sum(at.column, at.window);
        if count == 0 { f64::NAN } else { sum / f64::from(count) }
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-5, 1.0), (-4, f64::NAN), (-3, 2.0)], 30, 1.5)
    }
}
