//! The start of every fit: `linfa-logistic` on a subsample of the rows.
//!
//! Facts about linfa-logistic 0.8.1 that matter here: its positive class is the more frequent one, so the sign is read from
//! `labels()`; its tolerance applies to the summed loss, so it is scaled by the rows; a Fortran-order matrix is 2.4 × faster.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ShapeBuilder};

use super::matrix::every;
use super::{Column, Problem};

/// Rows linfa sees at most: enough to land near the optimum, small enough to cost nothing.
const ROWS: usize = 4_000;

/// Start parameters (β, then the intercept). Where linfa gives up, the prior and the base rate's log-odds.
pub fn parameters(problem: Problem<'_>) -> Vec<f64> {
    let fallback = || plain(problem);
    if !problem.matrix.groups.is_empty() || problem.matrix.dense.is_empty() {
        return fallback();
    }
    by_linfa(problem).filter(|found| found.iter().all(|value| value.is_finite())).unwrap_or_else(fallback)
}

fn plain(problem: Problem<'_>) -> Vec<f64> {
    let events = problem.outcome.iter().filter(|&&event| event).count() as f64;
    let odds = (events + 0.5) / (problem.outcome.len() as f64 - events + 0.5);
    problem.prior.iter().copied().chain([odds.ln()]).collect()
}

fn by_linfa(problem: Problem<'_>) -> Option<Vec<f64>> {
    let stride = problem.outcome.len().div_ceil(ROWS).max(1);
    let targets = Array1::from_vec(every(problem.outcome, stride));
    let (rows, columns) = (targets.len(), problem.matrix.dense.len());
    let thin = |column: &Column| column.every(problem.outcome.len(), stride, None).to_vec();
    let values: Vec<f64> = problem.matrix.dense.iter().flat_map(thin).collect();
    let records = Array2::from_shape_vec((rows, columns).f(), values).ok()?;
    let mean_penalty = problem.penalty.iter().sum::<f64>() / columns as f64;
    let fitted = LogisticRegression::default()
        .alpha(mean_penalty * rows as f64 / problem.outcome.len() as f64)
        .gradient_tolerance(1e-2 * rows as f64)
        .max_iterations(20)
        .fit(&DatasetBase::new(records, targets))
        .ok()?;
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    Some(fitted.params().iter().chain([&fitted.intercept()]).map(|value| sign * value).collect())
}
