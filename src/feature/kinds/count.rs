//! `count`: Number of rows in the window. None: 0.

use super::{Example, Kind, OfCounts};
use crate::observe::{Counts, Parameters, PastView};

/// See the module.
pub struct Count;

impl Kind for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn documentation(&self) -> &'static str {
        "Number of rows in the window. None: 0."
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
        Example::days(&[-40, -10, -3], 30, 2.0)
    }
}

fn value(counts: Counts, _: &Parameters) -> f64 {
    f64::from(counts.now)
}
