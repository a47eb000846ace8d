//! `recency`: Days from the last row in the window to the cutoff, at least 1. None: undefined.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Recency;

impl Kind for Recency {
    fn name(&self) -> &'static str {
        "recency"
    }

    fn documentation(&self) -> &'static str {
        "Days from the last row in the window to the cutoff, at least 1. None: undefined."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        past.last_day(past.rows(at.window)).map_or(f64::NAN, |day| f64::from(past.as_of() - day))
    }

    fn example(&self) -> Example {
        Example::days(&[-40, -10], 30, 10.0)
    }
}
