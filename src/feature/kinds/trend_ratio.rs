//! `trend_ratio`: (rows in the window + 1) / (rows in the window before it + 1).

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct TrendRatio;

impl Kind for TrendRatio {
    fn name(&self) -> &'static str {
        "trend_ratio"
    }

    fn documentation(&self) -> &'static str {
        "(rows in the window + 1) / (rows in the window before it + 1)."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        Some(at.window?.saturating_mul(2))
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let (now, before) = (past.rows(at.window).len(), past.rows_before(at.window).len());
        (now as f64 + 1.0) / (before as f64 + 1.0)
    }

    fn example(&self) -> Example {
        Example::days(&[-40, -35, -33, -3], 30, 0.5)
    }
}
