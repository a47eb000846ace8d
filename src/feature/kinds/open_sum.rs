//! `open_sum`: Sum of a column over the rows not ended by the cutoff. No open row: 0.

use super::shared::is_open;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::stats::ExactSum;
use crate::tables::ColumnType;

/// See the module.
pub struct OpenSum;

impl Kind for OpenSum {
    fn name(&self) -> &'static str {
        "open_sum"
    }

    fn documentation(&self) -> &'static str {
        "Sum of a column over the rows not ended by the cutoff. No open row: 0."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: true, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let open = past.rows(at.window).filter(|&row| is_open(past, at, row));
        open.map(|row| past.number(at.column, row)).sum::<ExactSum>().value()
    }

    fn example(&self) -> Example {
        Example::spans(&[(-20, Some(-4), 5.0), (-10, None, 7.0)], None, 7.0)
    }
}
