//! `decline`: Consecutive blocks of 30 days, counted back from the cutoff, each with fewer rows than the one before it.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Decline;

impl Kind for Decline {
    fn name(&self) -> &'static str {
        "decline"
    }

    fn documentation(&self) -> &'static str {
        "Consecutive blocks of 30 days, counted back from the cutoff, each with fewer rows than the one before it."
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let blocks = i32::try_from(at.window.unwrap_or(360) / 30).unwrap_or(12);
        let mut rest = past.days(past.rows(None));
        let mut rows = |block: i32| {
            let start = past.as_of() - 30 * (block + 1);
            let inside = rest.iter().rev().take_while(|day| **day >= start).count();
            rest = &rest[..rest.len() - inside];
            inside
        };
        let mut later = rows(0);
        let falls = |block: &i32| {
            let earlier = rows(block + 1);
            std::mem::replace(&mut later, earlier) < earlier
        };
        (0..blocks).take_while(falls).count() as f64
    }

    fn example(&self) -> Example {
        Example::days(&[-70, -65, -62, -50, -40, -5], 360, 2.0)
    }
}
