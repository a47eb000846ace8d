//! `count`: Number of rows in the window. None: 0.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Count;

impl Kind for Count {
    fn name(&self) -> &'static str {
        "count"
    }

    fn documentation(&self) -> &'static str {
        "Number of rows in the window. None: 0."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        past.rows(at.window).len() as f64
    }

    fn example(&self) -> Example {
        Example::days(&[-40, -10, -3], 30, 2.0)
    }
}
