//! `days`: Distinct local days with a row in the window. None: 0.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView, Wants};

/// See the module.
pub struct Days;

impl Kind for Days {
    fn name(&self) -> &'static str {
        "days"
    }

    fn documentation(&self) -> &'static str {
        "Distinct local days with a row in the window. None: 0."
    }

    fn reads(&self) -> Reads {
        Reads { column: None, until: false, wants: Wants::DAYS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        f64::from(past.distinct_days(at.window))
    }

    fn example(&self) -> Example {
        Example::days(&[-3, -3, -2], 7, 2.0)
    }
}
