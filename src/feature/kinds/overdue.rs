//! `overdue`: Days since the last row over the median gap between distinct days: above 1 is later than usual. Fewer than two days: undefined.

use super::shared::median_gap;
use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Overdue;

impl Kind for Overdue {
    fn name(&self) -> &'static str {
        "overdue"
    }

    fn documentation(&self) -> &'static str {
        "Days since the last row over the median gap between distinct days: above 1 is later than usual. Fewer than two days: undefined."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let rows = past.rows(at.window);
        past.last_day(rows.clone()).map_or(f64::NAN, |day| f64::from(past.as_of() - day) / median_gap(past, rows))
    }

    fn example(&self) -> Example {
        Example::days(&[-20, -16, -12], 30, 3.0)
    }
}
