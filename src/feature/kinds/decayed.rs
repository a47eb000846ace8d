//! `decayed`: Sum over all rows of 2^(-age / half-life).

use super::shared::{KEPT_DAYS, decayed};
use super::{Example, Kind};
use crate::observe::{Parameters, PastView};
use crate::stats::ExactSum;

/// See the module.
pub struct Decayed;

impl Kind for Decayed {
    fn name(&self) -> &'static str {
        "decayed"
    }

    fn documentation(&self) -> &'static str {
        "Sum over all rows of 2^(-age / half-life)."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn prepared(&self, at: Parameters) -> Parameters {
        let kept_units = (0..KEPT_DAYS).filter_map(|age| weight(age, at.half_life).units()).collect();
        Parameters { kept_units, ..at }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        // A weight is at most 2^50 units, so that these add up without overflow.
        let total = past.days(past.rows(at.window)).chunks(4096).map(|days| {
            let (mut kept, mut older) = (0, ExactSum::ZERO);
            for day in days {
                let age = past.as_of() - day;
                match usize::try_from(age).ok().and_then(|age| at.kept_units.get(age)) {
                    Some(units) => kept += units,
                    None => older += weight(age, at.half_life),
                }
            }
            older + ExactSum::of_units(kept)
        });
        total.sum::<ExactSum>().value()
    }

    fn example(&self) -> Example {
        Example::days(&[-60, -30], 0, 0.75)
    }
}

fn weight(age: i32, half_life: f64) -> ExactSum {
    decayed(age, half_life).into()
}
