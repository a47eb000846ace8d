//! `gap_std`: Population standard deviation of the gaps in days between consecutive distinct days. Fewer than two days: undefined.

use super::shared::gap_moments;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView, Wants};

/// See the module.
pub struct GapStd;

impl Kind for GapStd {
    fn name(&self) -> &'static str {
        "gap_std"
    }

    fn documentation(&self) -> &'static str {
        "Population standard deviation of the gaps in days between consecutive distinct days. Fewer than two days: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: None, until: false, wants: Wants::DAYS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        gap_moments(past, at.window).map_or(f64::NAN, |(_, deviation)| deviation)
    }

    fn example(&self) -> Example {
        Example::days(&[-10, -6, -2, 0 - 1], 30, (2.0f64).sqrt())
    }
}
