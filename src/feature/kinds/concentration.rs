//! `concentration`: Σ share² over the levels of a text column in the window: 1 is all on one. No row with a level: undefined.

use super::shared::sum_of_shares;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct Concentration;

impl Kind for Concentration {
    fn name(&self) -> &'static str {
        "concentration"
    }

    fn documentation(&self) -> &'static str {
        "Σ share² over the levels of a text column in the window: 1 is all on one. No row with a level: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Text), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        sum_of_shares(past.levels(at.column, past.rows(at.window)), |share| share.powi(2))
    }

    fn example(&self) -> Example {
        Example::levels(&[(-5, 0), (-4, 1), (-3, 0), (-2, 0)], 30, 0.625)
    }
}
