//! `trend`: Natural logarithm of (rows in the window + 1) / (rows in the window before it + 1): 0 is steady, below 0 declining.

use super::{Example, Kind, OfCounts};
use crate::observe::{Counts, Parameters, PastView};

/// See the module.
pub struct Trend;

impl Kind for Trend {
    fn name(&self) -> &'static str {
        "trend"
    }

    fn documentation(&self) -> &'static str {
        "Natural logarithm of (rows in the window + 1) / (rows in the window before it + 1): 0 is steady, below 0 declining."
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
        Example::days(&[-40, -3], 30, 0.0)
    }
}

fn value(counts: Counts, _: &Parameters) -> f64 {
    ((f64::from(counts.now) + 1.0) / (f64::from(counts.before) + 1.0)).ln()
}
