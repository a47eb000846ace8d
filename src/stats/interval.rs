//! Confidence intervals of the quantities this engine reports.

use serde::{Deserialize, Serialize};

use super::distribution::{fair_binomial_cdf, normal_quantile, student_quantile};

/// A two-sided interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// `centre ± half`.
    #[must_use]
    pub fn around(centre: f64, half: f64) -> Self {
        Self { low: centre - half, high: centre + half }
    }

    /// Whether `value` lies inside, ends included.
    #[must_use]
    pub fn covers(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Whether the two intervals have a point in common.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// The normal multiplier of a two-sided interval at `confidence`, such as 1.96 at 0.95.
#[must_use]
pub fn multiplier(confidence: f64) -> f64 {
    normal_quantile(0.5 + confidence / 2.0)
}

/// Wilson's score interval of a share `k` of `n`; `None` when `n` is 0.
///
/// (p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n). `k` may be fractional (weighted counts).
#[must_use]
pub fn wilson(k: f64, n: f64, confidence: f64) -> Option<Interval> {
    if n <= 0.0 || n.is_nan() {
        return None;
    }
    let z = multiplier(confidence);
    let (p, z2) = (k / n, z * z);
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).max(0.0).sqrt() / (1.0 + z2 / n);
    let low = if k <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if k >= n { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { low, high })
}

/// Newcombe's hybrid score interval of the difference k1/n1 − k0/n0; `None` when a group is empty.
#[must_use]
pub fn newcombe(k1: f64, n1: f64, k0: f64, n0: f64, confidence: f64) -> Option<Interval> {
    let (one, zero) = (wilson(k1, n1, confidence)?, wilson(k0, n0, confidence)?);
    let (p1, p0) = (k1 / n1, k0 / n0);
    let below = ((p1 - one.low).powi(2) + (zero.high - p0).powi(2)).sqrt();
    let above = ((one.high - p1).powi(2) + (p0 - zero.low).powi(2)).sqrt();
    Some(Interval { low: p1 - p0 - below, high: p1 - p0 + above })
}

/// Student's interval of a mean from mean, sample variance (ddof 1) and count; `None` below two observations.
#[must_use]
pub fn mean_interval(mean: f64, variance: f64, n: f64, confidence: f64) -> Option<Interval> {
    if n < 2.0 || variance.is_nan() {
        return None;
    }
    let half = student_quantile(0.5 + confidence / 2.0, n - 1.0) * (variance / n).sqrt();
    Some(Interval::around(mean, half))
}

/// Delta-method interval of a ratio of means R = ȳ/x̄ from n pairs with sample (co)variances (ddof 1).
///
/// Var(R) ≈ (`s_yy` − 2R `s_xy` + R² `s_xx`) / (n x̄²). `None` when x̄ is 0 or n < 2.
#[must_use]
pub fn ratio_interval(means: (f64, f64), covariance: (f64, f64, f64), n: f64, confidence: f64) -> Option<Interval> {
    let ((y, x), (s_yy, s_xy, s_xx)) = (means, covariance);
    if n < 2.0 || x == 0.0 {
        return None;
    }
    let ratio = y / x;
    let variance = (s_yy - 2.0 * ratio * s_xy + ratio * ratio * s_xx).max(0.0) / (n * x * x);
    Some(Interval::around(ratio, multiplier(confidence) * variance.sqrt()))
}

/// Distribution-free interval of the median: the order statistics l and n − l + 1 (1-based) with the largest l for which
/// P(Bin(n, ½) < l) ≤ (1 − confidence)/2. `sorted` ascending; `None` when even the extremes cover less.
#[must_use]
pub fn median_interval(sorted: &[f64], confidence: f64) -> Option<Interval> {
    let n = sorted.len();
    let position = if n <= 1000 { exact_position(n, confidence) } else { normal_position(n, confidence) };
    (position >= 1).then(|| Interval { low: sorted[position - 1], high: sorted[n - position] })
}

fn exact_position(n: usize, confidence: f64) -> usize {
    let tail = (1.0 - confidence) / 2.0;
    let within = |l: &usize| fair_binomial_cdf(*l as u64 - 1, n as u64) <= tail;
    (1..=n / 2).take_while(within).last().unwrap_or(0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position inside a slice of over 1000")]
fn normal_position(n: usize, confidence: f64) -> usize {
    let n = n as f64;
    (n / 2.0 - multiplier(confidence) * n.sqrt() / 2.0).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn wilson_equals_statsmodels() {
        let interval = wilson(7.0, 20.0, 0.95).expect("not empty");
        close(interval.low, 0.181_191_824_101_082_03);
        close(interval.high, 0.567_145_723_314_763_8);
        assert_eq!(wilson(0.0, 0.0, 0.95), None);
        close(wilson(0.0, 10.0, 0.95).expect("not empty").low, 0.0);
    }

    #[test]
    fn newcombe_equals_the_paper() {
        // Newcombe 1998, method 10, example (a): 56/70 − 48/80.
        let interval = newcombe(56.0, 70.0, 48.0, 80.0, 0.95).expect("not empty");
        assert!((interval.low - 0.0524).abs() < 5e-5 && (interval.high - 0.3339).abs() < 5e-5, "{interval:?}");
    }

    #[test]
    fn the_median_needs_six_observations() {
        let five: Vec<f64> = (0..5).map(f64::from).collect();
        let six: Vec<f64> = (0..6).map(f64::from).collect();
        assert_eq!(median_interval(&five, 0.95), None);
        assert_eq!(median_interval(&six, 0.95), Some(Interval { low: 0.0, high: 5.0 }));
    }
}
