//! The wall clock, read once, for the default of `--as-of`.

use crate::time::{Day, Zone};

/// Today in the zone.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where today is asked for")]
pub fn today(zone: &Zone) -> Day {
    zone.day_of(jiff::Timestamp::now())
}
