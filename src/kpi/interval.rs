//! 95 % intervals of the statistics KPIs are made of.
//!
//! All functions take sufficient statistics, return `(low, high)`, and never NaN: where the data do not allow an
//! interval they return `None`.

use crate::stats::{self, Interval};

/// Confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// Wilson score interval of a share; `None` where hits are not within 0 and trials (data errors).
#[must_use]
pub fn wilson(hits: f64, trials: f64) -> Option<(f64, f64)> {
    if hits < 0.0 || hits > trials {
        return None;
    }
    stats::wilson(hits, trials, CONFIDENCE).map(ends)
}

/// Student's t interval of a mean: x̄ ± t(0.975, n−1) · s/√n, from n, Σx and Σx².
#[must_use]
pub fn student(n: f64, sum: f64, sum_of_squares: f64) -> Option<(f64, f64)> {
    if n < 2.0 {
        return None;
    }
    let mean = sum / n;
    let variance = ((sum_of_squares - sum * mean) / (n - 1.0)).max(0.0);
    stats::mean_interval(mean, variance, n, CONFIDENCE).map(ends)
}

/// Normal interval of a mean with the population variance: x̄ ± z √((Σx²/n − x̄²)/n).
///
/// For net promoters (x = 1, 0, −1) this is Var = (p + d − (p − d)²)/n.
#[must_use]
pub fn normal_mean(n: f64, sum: f64, sum_of_squares: f64) -> Option<(f64, f64)> {
    if n < 1.0 {
        return None;
    }
    let mean = sum / n;
    around(mean, z() * ((sum_of_squares / n - mean * mean).max(0.0) / n).sqrt())
}

/// Sums of pairs (x, y) over independent units.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PairSums {
    /// Units.
    pub n: f64,
    /// Σx.
    pub x: f64,
    /// Σy.
    pub y: f64,
    /// Σx².
    pub xx: f64,
    /// Σxy.
    pub xy: f64,
    /// Σy².
    pub yy: f64,
}

/// Delta-method interval of a ratio of means r = Σx/Σy over n independent units.
///
/// Var(r) ≈ n/(n−1) · Σ(x − r·y)² / (Σy)²; z = 1.96. Source: Deng et al., KDD 2018, §3.
#[must_use]
pub fn delta_ratio(sums: &PairSums) -> Option<(f64, f64)> {
    if sums.n < 2.0 || sums.y == 0.0 {
        return None;
    }
    let ratio = sums.x / sums.y;
    let residual = (sums.xx - 2.0 * ratio * sums.xy + ratio * ratio * sums.yy).max(0.0);
    let variance = sums.n / (sums.n - 1.0) * residual / (sums.y * sums.y);
    around(ratio, z() * variance.sqrt())
}

/// Interval of a total over a Poisson number of units: Σx ± z √Σx² (compound Poisson: Var Σx = E Σx²).
#[must_use]
pub fn total(sum: f64, sum_of_squares: f64) -> Option<(f64, f64)> {
    around(sum, z() * sum_of_squares.max(0.0).sqrt())
}

/// Order-statistic interval of the median of `sorted` values; below n = 6 there is none.
#[must_use]
pub fn median(sorted: &[f64]) -> Option<(f64, f64)> {
    stats::median_interval(sorted, CONFIDENCE).map(ends)
}

/// Interval of the difference `new − old` of two independent estimates from their own intervals.
///
/// Square-and-add (MOVER): for shares with Wilson intervals this is Newcombe's hybrid score interval.
/// Source: Newcombe 1998 (method 10); Zou and Donner 2008.
#[must_use]
pub fn difference(new: (f64, f64, f64), old: (f64, f64, f64)) -> (f64, f64) {
    let (value, low, high) = new;
    let (old_value, old_low, old_high) = old;
    let change = value - old_value;
    (change - (value - low).hypot(old_high - old_value), change + (high - value).hypot(old_value - old_low))
}

fn z() -> f64 {
    stats::multiplier(CONFIDENCE)
}

const fn ends(interval: Interval) -> (f64, f64) {
    (interval.low, interval.high)
}

fn around(centre: f64, half: f64) -> Option<(f64, f64)> {
    half.is_finite().then_some((centre - half, centre + half))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<(f64, f64)>, low: f64, high: f64) {
        let (got_low, got_high) = got.expect("an interval");
        assert!((got_low - low).abs() < 1e-9 && (got_high - high).abs() < 1e-9, "{got_low} {got_high}");
    }

    #[test]
    fn wilson_agrees_with_statsmodels() {
        // statsmodels.stats.proportion.proportion_confint(100, 1000, method="wilson")
        near(wilson(100.0, 1000.0), 0.082_909_443_593_095_71, 0.120_151_963_195_348_4);
        assert_eq!(wilson(0.0, 10.0).map(|interval| interval.0), Some(0.0));
        assert_eq!(wilson(3.0, 2.0), None);
    }

    #[test]
    fn one_value_has_no_t_interval() {
        assert_eq!(student(1.0, 5.0, 25.0), None);
        // scipy.stats.t.interval(0.95, 2, loc=2, scale=1/sqrt(3)) for 1, 2, 3
        near(student(3.0, 6.0, 14.0), -0.484_137_711_750_330_27, 4.484_137_711_750_33);
    }

    #[test]
    fn six_values_are_the_fewest_with_a_median_interval() {
        assert_eq!(median(&[1.0, 2.0, 3.0, 4.0, 5.0]), None);
        assert_eq!(median(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), Some((1.0, 6.0)));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(median(&hundred), Some((40.0, 61.0)));
    }

    #[test]
    fn the_difference_of_shares_is_newcombes() {
        // Newcombe 1998, table II: 56/70 − 48/80 → 0.0524 to 0.3339.
        let share = |hits: f64, trials: f64| {
            let (low, high) = wilson(hits, trials).expect("an interval");
            (hits / trials, low, high)
        };
        let (low, high) = difference(share(56.0, 70.0), share(48.0, 80.0));
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
    }
}
