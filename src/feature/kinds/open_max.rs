//! `open_max`: Largest number of a column among the rows not ended by the cutoff. None: undefined.

use super::shared::is_open;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct OpenMax;

impl Kind for OpenMax {
    fn name(&self) -> &'static str {
        "open_max"
    }

    fn documentation(&self) -> &'static str {
        "Largest number of a column among the rows not ended by the cutoff. None: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: true, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let open = past.rows(at.window).filter(|&row| is_open(past, at, row));
        open.map(|row| past.number(at.column, row)).fold(f64::NAN, f64::max)
    }

    fn example(&self) -> Example {
        Example::spans(&[(-20, None, 5.0), (-10, None, 7.0)], None, 7.0)
    }
}
