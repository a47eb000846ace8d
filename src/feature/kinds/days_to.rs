//! `days_to`: Days from the cutoff to the earliest day a column holds that lies at or after it, over the rows not ended: days to expiry. None: undefined.

use super::shared::is_open;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct DaysTo;

impl Kind for DaysTo {
    fn name(&self) -> &'static str {
        "days_to"
    }

    fn documentation(&self) -> &'static str {
        "Days from the cutoff to the earliest day a column holds that lies at or after it, over the rows not ended: days to expiry. None: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Time), until: true, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let open = past.rows(at.window).filter(|&row| is_open(past, at, row));
        let ahead = open.filter_map(|row| past.day(at.column, row)).filter(|&day| day >= past.as_of());
        ahead.min().map_or(f64::NAN, |day| f64::from(day - past.as_of()))
    }

    fn example(&self) -> Example {
        Example::expiries(&[(-20, None, 12)], 12.0)
    }
}
