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

    fn prepare(&self, at: &mut Parameters) {
        at.kept_sums = (0..KEPT_DAYS).map(|age| decayed(age, at.half_life).into()).collect();
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let weight = |&day: &i32| {
            let age = past.as_of() - day;
            let kept = usize::try_from(age).ok().and_then(|age| at.kept_sums.get(age));
            kept.copied().unwrap_or_else(|| decayed(age, at.half_life).into())
        };
        past.days(past.rows(at.window)).iter().map(weight).sum::<ExactSum>().value()
    }

    fn example(&self) -> Example {
        Example::days(&[-60, -30], 0, 0.75)
    }
}
