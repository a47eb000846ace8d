//! `has`: 1 if there is any row in the window, else 0.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

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

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        f64::from(!past.rows(at.window).is_empty())
    }

    fn example(&self) -> Example {
        Example::days(&[-40], 30, 0.0)
    }
}
