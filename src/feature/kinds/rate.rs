//! `rate`: Rows per 30 days, over the window or the time since the customer was first seen, whichever is shorter.

use super::{Example, Kind, OfCounts};
use crate::observe::{Counts, Parameters, PastView};

/// See the module.
pub struct Rate;

impl Kind for Rate {
    fn name(&self) -> &'static str {
        "rate"
    }

    fn documentation(&self) -> &'static str {
        "Rows per 30 days, over the window or the time since the customer was first seen, whichever is shorter."
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
        Example::days(&[-10, -5], 90, 6.0)
    }
}

fn value(counts: Counts, at: &Parameters) -> f64 {
    let tenure = counts.tenure_days;
    let observed = at.window.map_or(tenure, |days| tenure.min(i32::try_from(days).unwrap_or(i32::MAX)));
    f64::from(counts.now) * 30.0 / f64::from(observed.max(1))
}
