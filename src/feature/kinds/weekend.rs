//! `weekend`: Share of the rows of the window on Saturdays and Sundays. None: undefined.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Weekend;

impl Kind for Weekend {
    fn name(&self) -> &'static str {
        "weekend"
    }

    fn documentation(&self) -> &'static str {
        "Share of the rows of the window on Saturdays and Sundays. None: undefined."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let days = past.days(past.rows(at.window));
        let weekend: u32 = days.iter().map(|day| u32::from((*day + 3).rem_euclid(7) >= 5)).sum();
        if days.is_empty() { f64::NAN } else { f64::from(weekend) / days.len() as f64 }
    }

    fn example(&self) -> Example {
        Example::days(&[-5, -3], 30, 0.5)
    }
}
