//! `steps_down`: How often a column fell from one row to the next begun in the window. None: 0.

use super::shared::steps;
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::tables::ColumnType;

/// See the module.
pub struct StepsDown;

impl Kind for StepsDown {
    fn name(&self) -> &'static str {
        "steps_down"
    }

    fn documentation(&self) -> &'static str {
        "How often a column fell from one row to the next begun in the window. None: 0."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        f64::from(steps(past, at).1)
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-60, 5.0), (-10, 7.0), (-5, 6.0)], 30, 1.0)
    }
}
