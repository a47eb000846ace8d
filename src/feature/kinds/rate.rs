//! `rate`: Rows per 30 days, over the window or the time since the customer was first seen, whichever is shorter.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

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

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let observed = at
            .window
            .map_or(past.tenure_days(), |days| past.tenure_days().min(i32::try_from(days).unwrap_or(i32::MAX)));
        past.rows(at.window).len() as f64 * 30.0 / f64::from(observed.max(1))
    }

    fn example(&self) -> Example {
        Example::days(&[-10, -5], 90, 6.0)
    }
}
