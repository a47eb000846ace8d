//! `trend_ratio`: (rows in the window + 1) / (rows in the window before it + 1).

use super::{Example, Kind, OfCounts};
use crate::observe::{Counts, Parameters, PastView};

/// See the module.
pub struct TrendRatio;

impl Kind for TrendRatio {
    fn name(&self) -> &'static str {
        "trend_ratio"
    }

    fn documentation(&self) -> &'static str {
        "(rows in the window + 1) / (rows in the window before it + 1)."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        Some(at.window?.saturating_mul(2))
    }

    fn of_counts(&self) -> Option<OfCounts> {
        Some(value)
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        value(past.counts(at.window), at)
    }

    fn example(&self) -> Example {
        Example::days(&[-40, -35, -33, -3], 30, 0.5)
    }
}

fn value(counts: Counts, _: &Parameters) -> f64 {
    (f64::from(counts.now) + 1.0) / (f64::from(counts.before) + 1.0)
}
