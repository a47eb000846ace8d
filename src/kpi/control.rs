//! Control limits: what a KPI's own course lets expect, so that an alert means more than a wiggle.
//!
//! From the m complete periods before (at most 12, at least 8, without gaps), as a chart of individual values: centre
//! x̄, spread s = mean moving range / 1.128, not less than the standard error of the value itself, so that a small group
//! is not blamed for its chance. Limits: x̄ ± t(0.99865; ν) · s · √(1 + 1/m) with ν = 0.62 (m − 1), the freedom of a mean
//! moving range: a course without a change leaves them in about 3 of 1,000 periods, as with three sigmas of a known
//! spread. A trend or a season widens the moving range less than it moves the values: then the alert says so.
//! Sources: Montgomery, Introduction to Statistical Quality Control, ch. 6 (individuals chart); Wheeler 1995.

use serde::Serialize;

use super::statistic::Estimate;
use crate::stats;

/// Fewer earlier periods allow no limits.
const FEWEST: usize = 8;
/// More earlier periods are not looked at.
pub const MOST: usize = 12;
/// Mean moving range of two normal values in units of their spread.
const RANGE_PER_SPREAD: f64 = 1.128;
/// Freedom of the spread estimated from m − 1 moving ranges, per range.
const FREEDOM_PER_RANGE: f64 = 0.62;
/// One side of what three sigmas of a known spread enclose.
const QUANTILE: f64 = 0.998_65;

/// Limits of a value, and whether it lies within them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Control {
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
    /// On which side it left them.
    pub alert: Option<Side>,
}

/// A side of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Higher than expected.
    Above,
    /// Lower than expected.
    Below,
}

impl Side {
    /// Its name in result tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

impl Control {
    /// The limits of an estimate after the earlier values, oldest first; `None` with too few of them.
    #[must_use]
    pub fn of(estimate: &Estimate, earlier: &[f64]) -> Option<Self> {
        let value = estimate.value?;
        let earlier = &earlier[earlier.len().saturating_sub(MOST)..];
        if earlier.len() < FEWEST {
            return None;
        }
        let m = earlier.len() as f64;
        let centre = earlier.iter().sum::<f64>() / m;
        let ranges: f64 = earlier.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let spread = (ranges / (m - 1.0) / RANGE_PER_SPREAD).max(standard_error(estimate).unwrap_or(0.0));
        let quantile = stats::distribution::student_quantile(QUANTILE, FREEDOM_PER_RANGE * (m - 1.0));
        let half = quantile * spread * (1.0 + 1.0 / m).sqrt();
        let (low, high) = (centre - half, centre + half);
        // Sums of equal values may differ in their last bits: that is no signal.
        let rounding = 1e-9 * centre.abs().max(value.abs());
        let alert = match value {
            above if above > high + rounding => Some(Side::Above),
            below if below < low - rounding => Some(Side::Below),
            _ => None,
        };
        (low.is_finite() && high.is_finite()).then_some(Self { low, high, alert })
    }
}

fn standard_error(estimate: &Estimate) -> Option<f64> {
    Some((estimate.high? - estimate.low?) / (2.0 * stats::multiplier(super::interval::CONFIDENCE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(value: f64) -> Estimate {
        Estimate { value: Some(value), ..Estimate::default() }
    }

    /// Uniform on 0 to 1, by the bits of a multiplied step: chance enough for a rate, and always the same.
    fn uniform(step: u64) -> f64 {
        let mixed = (step ^ (step >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(step: u64) -> f64 {
        stats::distribution::normal_quantile(uniform(step + 1).clamp(1e-12, 1.0 - 1e-12))
    }

    #[test]
    fn a_course_without_change_seldom_leaves_its_limits() {
        let trials = 4_000;
        let alarms = (0..trials)
            .filter(|trial| {
                let course: Vec<f64> = (0..13).map(|step| 50.0 + normal(trial * 13 + step)).collect();
                Control::of(&exact(course[12]), &course[..12]).is_some_and(|control| control.alert.is_some())
            })
            .count();
        // 0.27 % wanted of 4,000: 11; six standard deviations above that are 31.
        assert!(alarms <= 31, "{alarms} of {trials}");
    }

    #[test]
    fn a_step_is_seen_on_its_side() {
        let course: Vec<f64> = (0..12).map(|step| 50.0 + normal(step)).collect();
        let side = |value| Control::of(&exact(value), &course).expect("limits").alert;
        assert_eq!([side(70.0), side(50.5), side(30.0)], [Some(Side::Above), None, Some(Side::Below)]);
    }

    #[test]
    fn a_small_group_is_not_blamed_for_its_chance() {
        let course = [0.5; 12];
        let wide = Estimate { value: Some(0.7), low: Some(0.4), high: Some(0.9), ..Estimate::default() };
        assert_eq!(Control::of(&wide, &course).expect("limits").alert, None);
        let narrow = Estimate { value: Some(0.7), low: Some(0.69), high: Some(0.71), ..Estimate::default() };
        assert_eq!(Control::of(&narrow, &course).expect("limits").alert, Some(Side::Above));
    }

    #[test]
    fn seven_periods_are_too_few() {
        assert_eq!(Control::of(&exact(1.0), &[1.0; 7]), None);
        assert_eq!(Control::of(&exact(1.0), &[1.0; 8]).map(|control| control.alert), Some(None));
    }
}
