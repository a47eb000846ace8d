//! `trend`: Natural logarithm of (rows in the window + 1) / (rows in the window before it + 1): 0 is steady, below 0 declining.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

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

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let (now, before) = (past.rows(at.window).len(), past.rows_before(at.window).len());
        ((now as f64 + 1.0) / (before as f64 + 1.0)).ln()
    }

    fn example(&self) -> Example {
        Example::days(&[-40, -3], 30, 0.0)
    }
}
