//! Lin's regression: y on treatment, centred covariates and their products, standard errors HC2.
//!
//! With all products in, the two arms are fitted apart: the effect is the difference of the two regressions at the
//! covariates' mean over both arms, and its variance is the sum of theirs (Lin 2013). HC2 of a prediction c:
//! Σ (cᵀ(ZᵀZ)⁻¹zᵢ)² eᵢ²/(1 − hᵢ).

use super::estimate::{Estimate, Level};
use crate::campaign::rows::{Matrix, Rows, least_squares};
use crate::stats::linear::dot;

/// Lin's estimate of one arm against the control; `None` when an arm has too few rows for the covariates.
#[must_use]
pub fn lin(rows: &Rows, treated: usize, control: usize, outcome: usize, confidence: f64) -> Option<Estimate> {
    let (positions, is_treated) = rows.pair(treated, control, outcome);
    let mut regressors = rows.regressors(&positions);
    centre(&mut regressors);
    let y = rows.outcome(outcome, &positions);
    let arm = |wanted: bool| {
        let own: Vec<usize> = (0..positions.len()).filter(|at| is_treated[*at] == wanted).collect();
        let values: Vec<f64> = own.iter().map(|at| y[*at]).collect();
        at_the_mean(&regressors.pick(&own), &values)
    };
    let (one, zero) = (arm(true)?, arm(false)?);
    let freedom = positions.len() as f64 - 2.0 * regressors.width as f64;
    Some(Estimate::student(one, zero, freedom, confidence))
}

/// Subtracts every column's mean, but for the intercept's.
fn centre(regressors: &mut Matrix) {
    let n = regressors.len().max(1) as f64;
    let mut means = regressors.weighted_sum(&vec![1.0 / n; regressors.len()]);
    if let Some(intercept) = means.first_mut() {
        *intercept = 0.0;
    }
    let width = regressors.width.max(1);
    for row in regressors.values.chunks_exact_mut(width) {
        for (value, mean) in row.iter_mut().zip(&means) {
            *value -= mean;
        }
    }
}

/// The fitted value where all covariates are 0, with its HC2 variance.
fn at_the_mean(rows: &Matrix, y: &[f64]) -> Option<Level> {
    if rows.len() < rows.width + 2 {
        return None;
    }
    let fit = least_squares(rows, y, &vec![1.0; y.len()], 0.0)?;
    let mut origin = vec![0.0; rows.width];
    origin[0] = 1.0;
    let weight = fit.factor.solve(&origin);
    let terms = rows.rows().zip(y).map(|(row, y)| {
        let residual = y - dot(row, &fit.coefficients);
        let free = (1.0 - fit.leverage(row)).max(f64::EPSILON);
        (dot(row, &weight) * residual).powi(2) / free
    });
    Some(Level { mean: fit.coefficients[0], variance: terms.sum() })
}
