//! `pauses`: How often a row began more than a day after all earlier ones had ended: interruptions. None: 0.

use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Pauses;

impl Kind for Pauses {
    fn name(&self) -> &'static str {
        "pauses"
    }

    fn documentation(&self) -> &'static str {
        "How often a row began more than a day after all earlier ones had ended: interruptions. None: 0."
    }

    fn reads(&self) -> Reads {
        Reads { column: None, until: true, ..Reads::ROWS }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let (mut covered, mut pauses) = (None, 0);
        for row in past.rows(at.window) {
            let begin = past.days(row..row + 1)[0];
            pauses += u32::from(covered.is_some_and(|covered: i32| begin > covered.saturating_add(1)));
            let end = past.day(at.until, row).unwrap_or(i32::MAX);
            covered = Some(covered.map_or(end, |covered: i32| covered.max(end)));
        }
        f64::from(pauses)
    }

    fn example(&self) -> Example {
        Example::spans(&[(-60, Some(-40), 1.0), (-20, None, 1.0)], None, 1.0)
    }
}
