//! Distribution functions with honest tails: upper tails come from survival functions, never from 1 − cdf.
//!
//! statrs underneath, but for the normal law: its `erfc` is good to 1e-11 only, libm's to the last bit. What statrs lacks
//! (the two-sided Fisher test) is summed here.

use libm::erfc;
use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, FisherSnedecor, StudentsT};
use statrs::function::erf::erfc_inv;
use statrs::function::factorial::ln_binomial;

/// The 0.975 quantile of the standard normal: two-sided 95 % intervals.
pub const Z95: f64 = 1.959_963_984_540_054;

/// P(Z ≤ z) of the standard normal.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

/// P(Z > z) of the standard normal, accurate far into the tail.
#[must_use]
pub fn normal_sf(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// P(|Z| > |z|): the two-sided p of a z statistic.
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The z with P(Z ≤ z) = `p`, for `p` in (0, 1); infinite at the ends. Polished by one Newton step.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 || p.is_nan() {
        return if p.is_nan() { f64::NAN } else { (p - 0.5).signum() * f64::INFINITY };
    }
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let guess = -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p);
    let density = (-0.5 * guess * guess).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if density > 0.0 { guess - (normal_cdf(guess) - p) / density } else { guess }
}

/// P(|T| > |t|) of Student's t with `dof` > 0 degrees of freedom.
#[must_use]
pub fn student_two_sided(t: f64, dof: f64) -> f64 {
    StudentsT::new(0.0, 1.0, dof).map_or(f64::NAN, |law| 2.0 * law.sf(t.abs()))
}

/// The t with P(T ≤ t) = `p` of Student's t with `dof` > 0 degrees of freedom.
#[must_use]
pub fn student_quantile(p: f64, dof: f64) -> f64 {
    StudentsT::new(0.0, 1.0, dof).map_or(f64::NAN, |law| law.inverse_cdf(p))
}

/// P(X > x) of χ² with `dof` > 0 degrees of freedom; 1 for `x` ≤ 0.
#[must_use]
pub fn chi_squared_sf(x: f64, dof: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    ChiSquared::new(dof).map_or(f64::NAN, |law| law.sf(x))
}

/// P(F > x) of the F distribution.
#[must_use]
pub fn f_sf(x: f64, dof_above: f64, dof_below: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    FisherSnedecor::new(dof_above, dof_below).map_or(f64::NAN, |law| law.sf(x))
}

/// The x with P(X ≤ x) = `p` of Beta(a, b).
#[must_use]
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |law| law.inverse_cdf(p))
}

/// ln C(n, k).
#[must_use]
pub fn ln_choose(n: u64, k: u64) -> f64 {
    ln_binomial(n, k)
}

/// P(X ≤ k) of Binomial(n, 1/2), the law of order statistics around the median.
#[must_use]
pub fn fair_binomial_cdf(k: u64, n: u64) -> f64 {
    let ln_total = n as f64 * std::f64::consts::LN_2;
    (0..=k.min(n)).map(|i| (ln_choose(n, i) - ln_total).exp()).sum::<f64>().min(1.0)
}

/// Two-sided p of Fisher's exact test for the 2 × 2 table `[[a, b], [c, d]]`: the probability of all tables with these
/// margins that are no likelier than this one (R's and scipy's rule).
#[must_use]
pub fn fisher_exact(a: u64, b: u64, c: u64, d: u64) -> f64 {
    let (row, column, total) = (a + b, a + c, a + b + c + d);
    let ln_probability = |x: u64| ln_choose(row, x) + ln_choose(total - row, column - x) - ln_choose(total, column);
    let (lowest, highest) = ((row + column).saturating_sub(total), row.min(column));
    let observed = ln_probability(a);
    let tolerance = 1e-7;
    let tail: f64 = (lowest..=highest).map(ln_probability).filter(|ln| *ln <= observed + tolerance).map(f64::exp).sum();
    tail.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected.abs(), "{found} is not {expected}");
    }

    #[test]
    fn tails_equal_scipy() {
        close(normal_sf(10.0), 7.619_853_024_160_495e-24, 1e-9);
        close(normal_quantile(0.975), Z95, 1e-14);
        close(normal_quantile(1e-9), -5.997_807_015_007_686_5, 1e-12);
        close(student_quantile(0.975, 9.0), 2.262_157_162_798_205, 1e-9);
        close(student_two_sided(3.0, 5.0), 0.030_099_247_897_462_586, 1e-9);
        close(chi_squared_sf(30.0, 3.0), 1.380_057_031_293_255_3e-6, 1e-9);
        close(f_sf(4.0, 2.0, 30.0), 0.028_844_623_295_696_835, 1e-9);
    }

    #[test]
    fn fisher_equals_scipy() {
        close(fisher_exact(8, 2, 1, 5), 0.034_965_034_965_034_975, 1e-9);
        close(fisher_exact(0, 30, 500, 500), 1.704_434_368_404_590_2e-9, 1e-7);
        assert!(fisher_exact(5, 5, 5, 5) > 0.999);
    }
}
