//! `has`: 1 if there is any row in the window, else 0.

use super::{Example, Kind, OfCounts};
use crate::observe::{Counts, Parameters, PastView};

/// See the module.
pub struct Has;

impl Kind for Has {
    fn name(&self) -> &'static str {
        "has"
    }

    fn documentation(&self) -> &'static str {
        "1 if there is any row in the window, else 0."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn of_counts(&self) -> Option<OfCounts> {
        Some(value)
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        value(past.counts(at.window), at)
    }

    fn example(&self) -> Example {
        Example::days(&[-40], 30, 0.0)
    }
}

fn value(counts: Counts, _: &Parameters) -> f64 {
    f64::from(counts.now > 0)
}
