//! `narrowing`: Distinct levels in the window minus those in the window before it: below 0 the customer uses less.

use super::shared::count_levels;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct Narrowing;

impl Kind for Narrowing {
    fn name(&self) -> &'static str {
        "narrowing"
    }

    fn documentation(&self) -> &'static str {
        "Distinct levels in the window minus those in the window before it: below 0 the customer uses less."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Text), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        Some(at.window?.saturating_mul(2))
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let now = count_levels(past.levels(at.column, past.rows(at.window)));
        f64::from(now) - f64::from(count_levels(past.levels(at.column, past.rows_before(at.window))))
    }

    fn example(&self) -> Example {
        Example::levels(&[(-40, 2), (-35, 0), (-3, 0)], 30, -1.0)
    }
}
