//! `weeks`: Distinct weeks, counted back from the cutoff, with a row in the window. None: 0.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Weeks;

impl Kind for Weeks {
    fn name(&self) -> &'static str {
        "weeks"
    }

    fn documentation(&self) -> &'static str {
        "Distinct weeks, counted back from the cutoff, with a row in the window. None: 0."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let (mut weeks, mut last) = (0, None);
        for day in past.days(past.rows(at.window)) {
            let week = Some((past.as_of() - 1 - day) / 7);
            weeks += u32::from(week != last);
            last = week;
        }
        f64::from(weeks)
    }

    fn example(&self) -> Example {
        Example::days(&[-9, -8, -7, -1], 30, 2.0)
    }
}
