//! `age`: Days from the first row in the window to the cutoff. None: undefined.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Age;

impl Kind for Age {
    fn name(&self) -> &'static str {
        "age"
    }

    fn documentation(&self) -> &'static str {
        "Days from the first row in the window to the cutoff. None: undefined."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let rows = past.rows(at.window);
        past.days(rows).first().map_or(f64::NAN, |day| f64::from(past.as_of() - day))
    }

    fn example(&self) -> Example {
        Example::days(&[-40, -10], 30, 10.0)
    }
}
