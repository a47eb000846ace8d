//! `recency_of`: Days from the latest day a later time holds, such as the last click, to the cutoff. None known: undefined.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct RecencyOf;

impl Kind for RecencyOf {
    fn name(&self) -> &'static str {
        "recency_of"
    }

    fn documentation(&self) -> &'static str {
        "Days from the latest day a later time holds, such as the last click, to the cutoff. None known: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Time), until: false, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let days = past.rows(at.window).filter_map(|row| past.day(at.column, row));
        days.max().map_or(f64::NAN, |day| f64::from(past.as_of() - day))
    }

    fn example(&self) -> Example {
        Example::spans(&[(-20, Some(-4), 0.0), (-10, None, 0.0)], None, 4.0)
    }
}
