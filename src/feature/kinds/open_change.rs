//! `open_change`: Sum of a column over the rows open at the cutoff minus the same at the beginning of the window. Nothing open at either: undefined.

use super::shared::open_sum;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct OpenChange;

impl Kind for OpenChange {
    fn name(&self) -> &'static str {
        "open_change"
    }

    fn documentation(&self) -> &'static str {
        "Sum of a column over the rows open at the cutoff minus the same at the beginning of the window. Nothing open at either: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: true, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let start = past.as_of().saturating_sub_unsigned(at.window.unwrap_or(0));
        let (now, then) = (open_sum(past, at, past.as_of()), open_sum(past, at, start));
        if now.1 + then.1 == 0 { f64::NAN } else { now.0 - then.0 }
    }

    fn example(&self) -> Example {
        Example::spans(&[(-120, Some(-40), 5.0), (-40, None, 7.0)], Some(90), 2.0)
    }
}
