//! `gap_median`: Median of the gaps in days between consecutive distinct days. Fewer than two days: undefined.

use super::shared::median_gap;
use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct GapMedian;

impl Kind for GapMedian {
    fn name(&self) -> &'static str {
        "gap_median"
    }

    fn documentation(&self) -> &'static str {
        "Median of the gaps in days between consecutive distinct days. Fewer than two days: undefined."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        median_gap(past, past.rows(at.window))
    }

    fn example(&self) -> Example {
        Example::days(&[-20, -10, -9, -5], 30, 4.0)
    }
}
