//! A difference between two arms with its interval and p, and the same as a relative change.

use crate::stats::Interval;
use crate::stats::distribution::{normal_quantile, normal_two_sided, student_quantile, student_two_sided};

/// An arm's estimated mean and the variance of that estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// The estimate.
    pub mean: f64,
    /// Its squared standard error.
    pub variance: f64,
}

/// A difference treated − control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The treated arm's mean, adjusted where the method adjusts.
    pub treated: f64,
    /// The control's.
    pub control: f64,
    /// treated − control.
    pub effect: f64,
    /// Standard error of the effect.
    pub error: f64,
    /// Interval of the effect.
    pub interval: Interval,
    /// Two-sided p of no effect.
    pub p: f64,
    /// treated/control − 1 with its interval; NaN where the control is 0, infinite ends where nothing bounds it.
    pub relative: (f64, f64, f64),
}

impl Estimate {
    /// Normal law at `confidence`.
    #[must_use]
    pub fn normal(treated: Level, control: Level, confidence: f64) -> Self {
        let z = normal_quantile(0.5 + confidence / 2.0);
        Self::with(treated, control, z, normal_two_sided)
    }

    /// Student's law with `dof` degrees of freedom at `confidence`.
    #[must_use]
    pub fn student(treated: Level, control: Level, dof: f64, confidence: f64) -> Self {
        Self::with(treated, control, t_multiplier(dof, confidence), |t| t_two_sided(t, dof))
    }

    fn with(treated: Level, control: Level, multiplier: f64, p_of: impl Fn(f64) -> f64) -> Self {
        let effect = treated.mean - control.mean;
        let error = (treated.variance + control.variance).sqrt();
        let p = if effect == 0.0 { 1.0 } else { p_of(effect / error) };
        Self {
            treated: treated.mean,
            control: control.mean,
            effect,
            error,
            interval: Interval::around(effect, multiplier * error),
            p,
            relative: relative(treated, control, multiplier),
        }
    }
}

/// treated/control − 1 with its interval: delta method, Fieller's where the control is within 3 standard errors of 0.
///
/// Delta: Var(R) ≈ (v₁ + R²v₀)/m₀². Fieller: the R with (m₁ − R·m₀)² ≤ z²(v₁ + R²v₀); unbounded when the control's own
/// interval holds 0.
#[must_use]
pub fn relative(treated: Level, control: Level, multiplier: f64) -> (f64, f64, f64) {
    let (m1, m0) = (treated.mean, control.mean);
    if m0 == 0.0 || !m0.is_finite() || !m1.is_finite() {
        return (f64::NAN, f64::NAN, f64::NAN);
    }
    let ratio = m1 / m0;
    if m0.abs() > 3.0 * control.variance.sqrt() {
        let half = multiplier * ((treated.variance + ratio * ratio * control.variance) / (m0 * m0)).sqrt();
        return (ratio - 1.0, ratio - 1.0 - half, ratio - 1.0 + half);
    }
    let z2 = multiplier * multiplier;
    let (a, b, c) = (m0 * m0 - z2 * control.variance, -2.0 * m1 * m0, m1 * m1 - z2 * treated.variance);
    let discriminant = b * b - 4.0 * a * c;
    if a <= 0.0 || discriminant < 0.0 {
        return (ratio - 1.0, f64::NEG_INFINITY, f64::INFINITY);
    }
    let root = discriminant.sqrt();
    (ratio - 1.0, (-b - root) / (2.0 * a) - 1.0, (-b + root) / (2.0 * a) - 1.0)
}

/// The multiplier of a two-sided Student interval. Above 2,000 degrees of freedom Fisher's expansion around the normal
/// quantile, which is then exact to the last digits, where the continued fraction underneath tires.
#[must_use]
pub fn t_multiplier(dof: f64, confidence: f64) -> f64 {
    if dof < 2_000.0 {
        return student_quantile(0.5 + confidence / 2.0, dof);
    }
    let z = normal_quantile(0.5 + confidence / 2.0);
    let (z3, z5) = (z.powi(3), z.powi(5));
    let second = (5.0 * z5 + 16.0 * z3 + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / 384.0;
    z + (z3 + z) / 4.0 / dof + second / (dof * dof) + third / dof.powi(3)
}

/// Two-sided p of Student's t; far beyond 10⁶ degrees of freedom that of the normal law.
#[must_use]
pub fn t_two_sided(t: f64, dof: f64) -> f64 {
    if dof > 1e6 {
        return normal_two_sided(t - (t.powi(3) + t) / (4.0 * dof));
    }
    student_two_sided(t, dof)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::distribution::Z95;

    #[test]
    fn students_expansion_meets_the_exact_quantile() {
        // scipy.stats.t.ppf(.975, [2000, 50000])
        assert!((t_multiplier(2_000.0, 0.95) - 1.961_150_826_099_437_7).abs() < 1e-11);
        assert!((t_multiplier(50_000.0, 0.95) - 1.960_011_431_093_679_8).abs() < 1e-11);
    }

    #[test]
    fn a_control_near_zero_gets_fiellers_interval_and_one_at_zero_none() {
        let treated = Level { mean: 0.3, variance: 0.01 };
        let near = relative(treated, Level { mean: 0.25, variance: 0.01 }, Z95);
        assert!(near.1 < near.0 && near.2 - near.0 > near.0 - near.1, "{near:?}");
        let at = relative(treated, Level { mean: 0.1, variance: 0.01 }, Z95);
        assert_eq!((at.1, at.2), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(relative(treated, Level { mean: 0.0, variance: 0.0 }, Z95).0.is_nan());
    }
}
