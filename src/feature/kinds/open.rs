//! `open`: Rows begun in the window and not ended by the cutoff. None: 0.

use super::shared::is_open;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Open;

impl Kind for Open {
    fn name(&self) -> &'static str {
        "open"
    }

    fn documentation(&self) -> &'static str {
        "Rows begun in the window and not ended by the cutoff. None: 0."
    }

    fn reads(&self) -> Reads {
        Reads { column: None, until: true, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        past.rows(at.window).filter(|&row| is_open(past, at, row)).count() as f64
    }

    fn example(&self) -> Example {
        Example::spans(&[(-20, Some(-4), 1.0), (-10, None, 1.0)], None, 1.0)
    }
}
