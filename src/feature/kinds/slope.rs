//! `slope`: Slope of a straight line through the weekly counts of the window, in rows per week and week.

use super::{Example, Kind};
use crate::observe::{Parameters, PastView};

/// See the module.
pub struct Slope;

impl Kind for Slope {
    fn name(&self) -> &'static str {
        "slope"
    }

    fn documentation(&self) -> &'static str {
        "Slope of a straight line through the weekly counts of the window, in rows per week and week."
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let weeks = i32::try_from(at.window.unwrap_or(84) / 7).unwrap_or(12).max(2);
        let middle = f64::from(weeks - 1) / 2.0;
        let (mut covariance, mut variance) = (0.0, 0.0);
        let mut rows = past.blocks(7, weeks);
        for week in 0..weeks {
            let offset = f64::from(week) - middle;
            covariance += offset * f64::from(rows.next().unwrap_or(0));
            variance += offset * offset;
        }
        covariance / variance
    }

    fn example(&self) -> Example {
        Example::days(&[-10, -3, -2], 14, 1.0)
    }
}
