//! Raw difference, inverse propensity weighting, and its augmented, cross-fitted form.

use super::{Study, odds_weights, propensity};
use crate::campaign::effect::{Estimate, Level, newcombe, welch};
use crate::campaign::moments::Moments;
use crate::campaign::rows::{least_squares, logit};
use crate::stats::linear::{Cholesky, dot};

/// Folds of cross-fitting.
const FOLDS: usize = 5;

/// The raw difference: Newcombe for shares, Welch for means.
#[must_use]
pub fn difference(study: &Study, y: &[f64], is_binary: bool) -> Option<Estimate> {
    let arm = |wanted: bool| {
        let own = || y.iter().zip(&study.is_treated).filter(move |(_, treated)| **treated == wanted).map(|(y, _)| *y);
        let n = own().count() as f64;
        let mean = own().sum::<f64>() / n;
        Moments { n, y: mean, yy: own().map(|y| (y - mean).powi(2)).sum(), ..Moments::default() }
    };
    let (treated, control) = (arm(true), arm(false));
    if is_binary { newcombe(&treated, &control, 0.95) } else { welch(&treated, &control, 0.95) }
}

/// Hájek weighting: ȳₜ − Σ꜀ w y / Σ꜀ w. The standard error knows that the propensity was estimated: the influence of a
/// row is (T(y − μ₁))/n₁ − ((1−T) w (y − μ₀))/W − Gᵀ I⁻¹ (T − e) z, with G = Σ꜀ w (y − μ₀) z / W, I = Σ e(1 − e) z zᵀ.
#[must_use]
pub fn ipw(study: &Study, y: &[f64]) -> Option<Estimate> {
    let n1 = study.treated();
    let controls = || (0..y.len()).filter(|at| !study.is_treated[*at]);
    let mu1 = (0..y.len()).filter(|at| study.is_treated[*at]).map(|at| y[at]).sum::<f64>() / n1;
    let total: f64 = controls().map(|at| study.weights[at]).sum();
    let mu0 = controls().map(|at| study.weights[at] * y[at]).sum::<f64>() / total;
    let e = study.propensity.predict(&study.regressors);
    let curvature: Vec<f64> = e.iter().map(|e| e * (1.0 - e)).collect();
    let information = Cholesky::new(study.regressors.gram(&curvature), study.regressors.width).ok()?;
    let pull: Vec<f64> = (0..y.len())
        .map(|at| if study.is_treated[at] { 0.0 } else { study.weights[at] * (y[at] - mu0) / total })
        .collect();
    let direction = information.solve(&study.regressors.weighted_sum(&pull));
    let variance: f64 = study
        .regressors
        .rows()
        .enumerate()
        .map(|(at, row)| {
            let t = f64::from(u8::from(study.is_treated[at]));
            let own = if study.is_treated[at] { (y[at] - mu1) / n1 } else { -pull[at] };
            (own - dot(&direction, row) * (t - e[at])).powi(2)
        })
        .sum();
    // Covariance of the arms lies in the joint variance; the split below only serves the relative change.
    let v1 = treated_variance(study, y, mu1, n1);
    let joint = Estimate::normal(Level { mean: mu1, variance }, Level { mean: mu0, variance: 0.0 }, 0.95);
    let split = Level { mean: mu0, variance: (variance - v1).max(0.0) };
    let relative = Estimate::normal(Level { mean: mu1, variance: v1 }, split, 0.95).relative;
    Some(Estimate { relative, ..joint })
}

fn treated_variance(study: &Study, y: &[f64], mean: f64, n: f64) -> f64 {
    let own = y.iter().zip(&study.is_treated).filter(|(_, treated)| **treated);
    own.map(|(y, _)| (y - mean).powi(2)).sum::<f64>() / (n * n)
}

/// Augmented weighting, cross-fitted on five folds: outcome model of the controls (logit for shares, least squares else)
/// and propensity never see the row they are applied to. Folds are taken in canonical order within each arm.
#[must_use]
pub fn aipw(study: &Study, y: &[f64], is_binary: bool) -> Option<Estimate> {
    let fold = folds(&study.is_treated);
    let mut weights = vec![0.0; y.len()];
    let mut expected = vec![0.0; y.len()];
    for held_out in 0..FOLDS {
        let seen: Vec<usize> = (0..y.len()).filter(|at| fold[*at] != held_out).collect();
        let unseen: Vec<usize> = (0..y.len()).filter(|at| fold[*at] == held_out).collect();
        let treated: Vec<bool> = seen.iter().map(|at| study.is_treated[*at]).collect();
        let model = propensity(&study.regressors.pick(&seen), &treated);
        let controls: Vec<usize> = seen.iter().copied().filter(|at| !study.is_treated[*at]).collect();
        let known: Vec<f64> = controls.iter().map(|at| y[*at]).collect();
        let rows = study.regressors.pick(&controls);
        let target = study.regressors.pick(&unseen);
        let ones = vec![1.0; known.len()];
        let shares = is_binary.then(|| logit(&rows, &known, &ones, 0.0)).filter(|fit| fit.converged);
        let predicted = match shares {
            Some(fit) => fit.predict(&target),
            None => least_squares(&rows, &known, &ones, 1e-9)?.predict(&target),
        };
        let unseen_treated: Vec<bool> = unseen.iter().map(|at| study.is_treated[*at]).collect();
        let odds = odds_weights(&model.coefficients, &target, &unseen_treated);
        for ((at, odds), predicted) in unseen.iter().zip(odds).zip(predicted) {
            (weights[*at], expected[*at]) = (odds, predicted);
        }
    }
    let residual = |at: usize| y[at] - expected[at];
    let group = |wanted: bool| (0..y.len()).filter(move |at| study.is_treated[*at] == wanted);
    let n1 = study.treated();
    let total: f64 = group(false).map(|at| weights[at]).sum();
    let first = group(true).map(residual).sum::<f64>() / n1;
    let second = group(false).map(|at| weights[at] * residual(at)).sum::<f64>() / total;
    let v1 = group(true).map(|at| (residual(at) - first).powi(2)).sum::<f64>() / (n1 * n1);
    let v0 = group(false).map(|at| (weights[at] * (residual(at) - second) / total).powi(2)).sum();
    let mu1 = group(true).map(|at| y[at]).sum::<f64>() / n1;
    let control = Level { mean: mu1 - (first - second), variance: v0 };
    Some(Estimate::normal(Level { mean: mu1, variance: v1 }, control, 0.95))
}

/// Fold of every row: its number within its arm, modulo [`FOLDS`].
fn folds(is_treated: &[bool]) -> Vec<usize> {
    let mut seen = [0usize; 2];
    let fold = |treated: &bool| {
        let number = &mut seen[usize::from(*treated)];
        *number += 1;
        (*number - 1) % FOLDS
    };
    is_treated.iter().map(fold).collect()
}
