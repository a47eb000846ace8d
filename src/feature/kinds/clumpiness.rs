//! `clumpiness`: 1 + Σ x·ln x / ln(n + 1) over the gaps of the window, ends included, as shares of it: 0 even, towards 1 in bursts (Zhang, Bradlow, Small 2013). Without rows: undefined.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Clumpiness;

impl Kind for Clumpiness {
    fn name(&self) -> &'static str {
        "clumpiness"
    }

    fn documentation(&self) -> &'static str {
        "1 + Σ x·ln x / ln(n + 1) over the gaps of the window, ends included, as shares of it: 0 even, towards 1 in bursts (Zhang, Bradlow, Small 2013). Without rows: undefined."
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let Some(window) = at.window else { return f64::NAN };
        let mut days = past.days(past.rows(at.window)).to_vec();
        days.dedup();
        if days.is_empty() {
            return f64::NAN;
        }
        let start = past.as_of().saturating_sub_unsigned(window) - 1;
        let ends = days.iter().copied().chain([past.as_of()]);
        let gaps = ends.scan(start, |last, day| Some(f64::from(day - std::mem::replace(last, day))));
        let share = |gap: f64| gap / (f64::from(window) + 1.0);
        let entropy: f64 = gaps.map(share).filter(|x| *x > 0.0).map(|x| x * x.ln()).sum();
        1.0 + entropy / (days.len() as f64 + 1.0).ln()
    }

    fn example(&self) -> Example {
        Example::days(&[-2], 3, 0.0)
    }
}
