//! 95 % intervals of the statistics KPIs are made of.
//!
//! All functions take sufficient statistics, return `(low, high)`, and never NaN: where the data do not allow an
//! interval they return `None`.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

/// z of a two-sided 95 % normal interval: Φ⁻¹(0.975).
pub const Z95: f64 = 1.959_963_984_540_054;

/// Wilson score interval of a share.
///
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), p = hits/n. Source: Wilson 1927.
/// `hits` in `[0, trials]`; outside (refunded clicks, data errors) there is no interval.
#[must_use]
pub fn wilson(hits: f64, trials: f64) -> Option<(f64, f64)> {
    if trials <= 0.0 || hits < 0.0 || hits > trials {
        return None;
    }
    let share = hits / trials;
    let z2 = Z95 * Z95 / trials;
    let centre = share + z2 / 2.0;
    let half = Z95 * (share * (1.0 - share) / trials + z2 / (4.0 * trials)).sqrt();
    // At 0 and 1 the bound is exact; rounding must not push it past.
    let low = if hits == 0.0 { 0.0 } else { ((centre - half) / (1.0 + z2)).max(0.0) };
    let high = if hits == trials { 1.0 } else { ((centre + half) / (1.0 + z2)).min(1.0) };
    Some((low, high))
}

/// Student's t interval of a mean: x̄ ± t(0.975, n−1) · s/√n, from n, Σx and Σx².
#[must_use]
pub fn student(n: f64, sum: f64, sum_of_squares: f64) -> Option<(f64, f64)> {
    if n < 2.0 {
        return None;
    }
    let mean = sum / n;
    let variance = ((sum_of_squares - sum * mean) / (n - 1.0)).max(0.0);
    around(mean, t_quantile(n - 1.0)? * (variance / n).sqrt())
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
    around(mean, Z95 * ((sum_of_squares / n - mean * mean).max(0.0) / n).sqrt())
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
/// Var(r) ≈ n/(n−1) · Σ(x − r·y)² / (Σy)²; t with n − 1 degrees of freedom. Source: Deng et al., KDD 2018, §3.
#[must_use]
pub fn delta_ratio(sums: &PairSums) -> Option<(f64, f64)> {
    if sums.n < 2.0 || sums.y == 0.0 {
        return None;
    }
    let ratio = sums.x / sums.y;
    let residual = (sums.xx - 2.0 * ratio * sums.xy + ratio * ratio * sums.yy).max(0.0);
    let variance = sums.n / (sums.n - 1.0) * residual / (sums.y * sums.y);
    around(ratio, t_quantile(sums.n - 1.0)? * variance.sqrt())
}

/// Interval of a total over a Poisson number of units: Σx ± z √Σx² (compound Poisson: Var Σx = E Σx²).
#[must_use]
pub fn total(sum: f64, sum_of_squares: f64) -> Option<(f64, f64)> {
    around(sum, Z95 * sum_of_squares.max(0.0).sqrt())
}

/// Order-statistic interval of the median of `sorted` values: ranks from Binomial(n, ½), coverage at least 95 %.
///
/// Lower rank l = the largest with P(B < l) ≤ 2.5 %; upper rank n + 1 − l. Below n = 6 no such ranks exist.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "ranks are at most the length of a slice")]
pub fn median(sorted: &[f64]) -> Option<(f64, f64)> {
    let n = sorted.len() as u64;
    let binomial = Binomial::new(0.5, n).ok()?;
    let mut rank = binomial.inverse_cdf(0.025);
    while rank > 0 && binomial.cdf(rank - 1) > 0.025 {
        rank -= 1;
    }
    let lower = (rank as usize).checked_sub(1)?;
    Some((sorted[lower], sorted[sorted.len() - 1 - lower]))
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

fn t_quantile(degrees: f64) -> Option<f64> {
    StudentsT::new(0.0, 1.0, degrees).ok().map(|t| t.inverse_cdf(0.975))
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
        near(wilson(100.0, 1000.0), 0.082_908_643_968_270_69, 0.120_153_471_354_646_46);
        assert_eq!(wilson(0.0, 10.0).map(|interval| interval.0), Some(0.0));
        assert_eq!(wilson(3.0, 2.0), None);
    }

    #[test]
    fn one_value_has_no_t_interval() {
        assert_eq!(student(1.0, 5.0, 25.0), None);
        // scipy.stats.t.interval(0.95, 2, loc=2, scale=1/sqrt(3)) for 1, 2, 3
        near(student(3.0, 6.0, 14.0), -0.484_137_711_671_206_1, 4.484_137_711_671_206);
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
