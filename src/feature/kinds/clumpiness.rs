//! `clumpiness`: 1 + Σ x·ln x / ln(n + 1) over the gaps of the window, ends included, as shares of it: 0 even, towards 1 in bursts (Zhang, Bradlow, Small 2013). Without rows: undefined.

use super::shared::KEPT_DAYS;
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

    fn prepared(&self, at: Parameters) -> Parameters {
        let window = at.window.unwrap_or(0);
        let longest = i32::try_from(window).unwrap_or(0).min(KEPT_DAYS);
        Parameters { kept: (0..=longest).map(|gap| term(gap, window)).collect(), ..at }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let Some(window) = at.window else { return f64::NAN };
        let term = |gap: i32| {
            let kept = usize::try_from(gap).ok().and_then(|gap| at.kept.get(gap));
            kept.copied().unwrap_or_else(|| term(gap, window))
        };
        let mut last = past.as_of().saturating_sub_unsigned(window) - 1;
        let (mut entropy, mut distinct) = (0.0, 0);
        for &day in past.days(past.rows(at.window)) {
            if day != last {
                entropy += term(day - last);
                distinct += 1;
                last = day;
            }
        }
        if distinct == 0 {
            return f64::NAN;
        }
        1.0 + (entropy + term(past.as_of() - last)) / (f64::from(distinct) + 1.0).ln()
    }

    fn example(&self) -> Example {
        Example::days(&[-2], 3, 0.0)
    }
}

/// x·ln x of a gap as a share of the window.
fn term(gap: i32, window: u32) -> f64 {
    let share = f64::from(gap) / (f64::from(window) + 1.0);
    if share > 0.0 { share * share.ln() } else { 0.0 }
}
