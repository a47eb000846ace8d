//! `gap_mean`: Mean of the gaps in days between consecutive distinct days of the window. Fewer than two days: undefined.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView, Wants};

/// See the module.
pub struct GapMean;

impl Kind for GapMean {
    fn name(&self) -> &'static str {
        "gap_mean"
    }

    fn documentation(&self) -> &'static str {
        "Mean of the gaps in days between consecutive distinct days of the window. Fewer than two days: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: None, until: false, wants: Wants::DAYS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let gaps = past.distinct_days(at.window).saturating_sub(1);
        let days = past.days(past.rows(at.window));
        match (days.first(), days.last()) {
            (Some(first), Some(last)) if gaps > 0 => f64::from(last - first) / f64::from(gaps),
            _ => f64::NAN,
        }
    }

    fn example(&self) -> Example {
        Example::days(&[-10, -10, -6, -1], 30, 4.5)
    }
}
