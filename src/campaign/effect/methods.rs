//! The estimators that need no more than second-order statistics of the two arms.

use super::estimate::{Estimate, Level};
use crate::campaign::moments::{ArmMoments, Moments};
use crate::stats::distribution::normal_two_sided;
use crate::stats::{Interval, newcombe as newcombe_interval};

/// Rows at which the always-valid interval is narrowest, if no plan says otherwise.
pub const TUNED_FOR: f64 = 5_000.0;

/// Difference of two shares: Newcombe's hybrid interval, pooled z test, relative change by binomial variances.
#[must_use]
pub fn newcombe(treated: &Moments, control: &Moments, confidence: f64) -> Option<Estimate> {
    let (k1, k0) = (treated.successes(), control.successes());
    let interval = newcombe_interval(k1, treated.n, k0, control.n, confidence)?;
    let (p1, p0) = (k1 / treated.n, k0 / control.n);
    let pooled = (k1 + k0) / (treated.n + control.n);
    let null_error = (pooled * (1.0 - pooled) * (1.0 / treated.n + 1.0 / control.n)).sqrt();
    let p = if p1 == p0 { 1.0 } else { normal_two_sided((p1 - p0) / null_error) };
    let level = |p: f64, n: f64| Level { mean: p, variance: p * (1.0 - p) / n };
    let plain = Estimate::normal(level(p1, treated.n), level(p0, control.n), confidence);
    Some(Estimate { interval, p, ..plain })
}

/// Welch: difference of means, own variance per arm, Satterthwaite's degrees of freedom.
#[must_use]
pub fn welch(treated: &Moments, control: &Moments, confidence: f64) -> Option<Estimate> {
    let level = |arm: &Moments| Level { mean: arm.y, variance: arm.variance() / arm.n };
    satterthwaite(level(treated), treated.n, level(control), control.n, confidence)
}

/// CUPED: y − θ(x − x̄), θ = Cov(y, x)/Var(x) over all rows of the two arms that have both (ddof 1), arm ignored; then
/// Welch. A row without the covariate stays unadjusted (Deng et al. 2013).
#[must_use]
pub fn cuped(treated: &ArmMoments, control: &ArmMoments, confidence: f64) -> Option<Estimate> {
    let pooled = treated.complete.merged(control.complete);
    if pooled.n < 3.0 || pooled.xx <= 0.0 {
        return None;
    }
    let theta = pooled.xy / pooled.xx;
    let level = |arm: &ArmMoments| {
        let complete = arm.complete;
        let adjusted = Moments {
            n: complete.n,
            y: complete.y - theta * (complete.x - pooled.x),
            yy: complete.yy - 2.0 * theta * complete.xy + theta * theta * complete.xx,
            ..Moments::default()
        };
        let all = adjusted.merged(Moments { x: 0.0, xx: 0.0, xy: 0.0, ..arm.without_x });
        (Level { mean: all.y, variance: all.variance() / all.n }, all.n)
    };
    let ((one, n1), (zero, n0)) = (level(treated), level(control));
    satterthwaite(one, n1, zero, n0, confidence)
}

/// Always-valid: the Gaussian-mixture asymptotic confidence sequence (Waudby-Smith et al. 2021) of the plain difference,
/// true at every look at once; p is the smallest level whose sequence leaves 0 out.
///
/// half = se·√(2(nρ² + 1)/(nρ²) · ln(√(nρ² + 1)/α)), n = rows of both arms, ρ chosen to be narrowest at `tuned_for` rows.
#[must_use]
pub fn always_valid(treated: &Moments, control: &Moments, tuned_for: f64, confidence: f64) -> Option<Estimate> {
    let level = |arm: &Moments| Level { mean: arm.y, variance: arm.variance() / arm.n };
    let plain = welch(treated, control, confidence)?;
    let alpha = 1.0 - confidence;
    let log = -2.0 * alpha.ln();
    let rho2 = (log + (log + 1.0).ln()) / tuned_for;
    let m = (treated.n + control.n) * rho2;
    let stretch = (2.0 * (m + 1.0) / m * ((m + 1.0).sqrt() / alpha).ln()).sqrt();
    let t = plain.effect / plain.error;
    let evidence = (t * t * m / (2.0 * (m + 1.0))).exp() / (m + 1.0).sqrt();
    let p = if plain.effect == 0.0 { 1.0 } else { (1.0 / evidence).min(1.0) };
    let relative = super::estimate::relative(level(treated), level(control), stretch);
    Some(Estimate { interval: Interval::around(plain.effect, stretch * plain.error), p, relative, ..plain })
}

fn satterthwaite(treated: Level, n1: f64, control: Level, n0: f64, confidence: f64) -> Option<Estimate> {
    if n1 < 2.0 || n0 < 2.0 {
        return None;
    }
    let (v1, v0) = (treated.variance, control.variance);
    let freedom = (v1 + v0).powi(2) / (v1 * v1 / (n1 - 1.0) + v0 * v0 / (n0 - 1.0));
    if freedom.is_nan() {
        // Both arms are constant: the difference is what it is.
        return Some(Estimate::normal(treated, control, confidence));
    }
    Some(Estimate::student(treated, control, freedom, confidence))
}

/// Cochran's test that effects of k groups are one: Q = Σ(dᵢ − d̄)²/seᵢ² on k − 1 degrees of freedom.
#[must_use]
pub fn heterogeneity(effects: &[(f64, f64)]) -> Option<(f64, f64)> {
    let usable = || effects.iter().filter(|(effect, error)| effect.is_finite() && *error > 0.0);
    let weights: f64 = usable().map(|(_, error)| 1.0 / (error * error)).sum();
    let mean = usable().map(|(effect, error)| effect / (error * error)).sum::<f64>() / weights;
    let groups = usable().count();
    if groups < 2 {
        return None;
    }
    let q = usable().map(|(effect, error)| ((effect - mean) / error).powi(2)).sum();
    Some((q, crate::stats::distribution::chi_squared_sf(q, groups as f64 - 1.0)))
}

/// The confidence of each of `tests` intervals that hold together with 95 % (Bonferroni, Holm's first step).
#[must_use]
pub fn simultaneous(tests: usize) -> f64 {
    1.0 - 0.05 / tests.max(1) as f64
}
