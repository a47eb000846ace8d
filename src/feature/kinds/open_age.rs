//! `open_age`: Days from the start of the oldest row not ended by the cutoff. No open row: undefined.

use super::shared::is_open;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct OpenAge;

impl Kind for OpenAge {
    fn name(&self) -> &'static str {
        "open_age"
    }

    fn documentation(&self) -> &'static str {
        "Days from the start of the oldest row not ended by the cutoff. No open row: undefined."
    }

    fn reads(&self) -> Reads {
        Reads { column: None, until: true, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let mut open = past.rows(at.window).filter(|&row| is_open(past, at, row));
        open.next().map_or(f64::NAN, |row| f64::from(past.as_of() - past.days(row..row + 1)[0]))
    }

    fn example(&self) -> Example {
        Example::spans(&[(-20, None, 5.0), (-10, None, 7.0)], None, 20.0)
    }
}
