//! `gap_cv`: Standard deviation of the gaps between consecutive distinct days over their mean: 0 is clockwork. Fewer than three days: undefined.

use super::shared::gap_moments;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView, Wants};

/// See the module.
pub struct GapCv;

impl Kind for GapCv {
    fn name(&self) -> &'static str {
        "gap_cv"
    }

    fn documentation(&self) -> &'static str {
        "Standard deviation of the gaps between consecutive distinct days over their mean: 0 is clockwork. Fewer than three days: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: None, until: false, wants: Wants::DAYS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        if past.distinct_days(at.window) < 3 {
            return f64::NAN;
        }
        gap_moments(past, at.window).map_or(f64::NAN, |(mean, deviation)| deviation / mean)
    }

    fn example(&self) -> Example {
        Example::days(&[-9, -6, -3], 30, 0.0)
    }
}
