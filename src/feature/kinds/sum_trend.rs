//! `sum_trend`: Natural logarithm of (sum in the window + 1) / (sum in the window before it + 1), negative sums as 0.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView, Wants};
use crate::tables::ColumnType;

/// See the module.
pub struct SumTrend;

impl Kind for SumTrend {
    fn name(&self) -> &'static str {
        "sum_trend"
    }

    fn documentation(&self) -> &'static str {
        "Natural logarithm of (sum in the window + 1) / (sum in the window before it + 1), negative sums as 0."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, wants: Wants::SUMS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        Some(at.window?.saturating_mul(2))
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let now = past.sum(at.column, at.window).0.max(0.0);
        let before = past.sum_before(at.column, at.window).0.max(0.0);
        ((now + 1.0) / (before + 1.0)).ln()
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-40, 9.0), (-3, 9.0)], 30, 0.0)
    }
}
