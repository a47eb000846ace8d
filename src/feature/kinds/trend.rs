//! `trend`: Natural logarithm of (rows in the window + 1) / (rows in the window before it + 1): 0 is steady, below 0 declining.

use std::sync::LazyLock;

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
    let known = (counts.now < SMALL && counts.before < SMALL).then_some((counts.now * SMALL + counts.before) as usize);
    known.map_or_else(|| trend(counts.now, counts.before), |place| TRENDS[place])
}

/// Counts below this are looked up.
const SMALL: u32 = 32;

static TRENDS: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..SMALL * SMALL).map(|place| trend(place / SMALL, place % SMALL)).collect());

fn trend(now: u32, before: u32) -> f64 {
    ((f64::from(now) + 1.0) / (f64::from(before) + 1.0)).ln()
}
