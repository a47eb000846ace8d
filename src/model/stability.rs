//! Whether the coefficients hold in every period.
//!
//! For every term j and training cutoff k the score test of "term j has the pooled coefficient at cutoff k": with
//! g = Σ x(y − p) and v = Σ x²p(1 − p) over the rows of k, z = g / √v, and one Newton step away lies the coefficient the
//! period would like, g / v. What is beyond Bonferroni's bound for all terms and cutoffs at 5 % is told.

use rayon::prelude::*;

use super::column::Column;
use super::explain::probability;
use super::matrix::BLOCK;
use super::panel::Panel;
use super::recipe::FittedModel;
use crate::evaluate::Drift;
use crate::stats::distribution::normal_quantile;
use crate::stats::linear::dot;

/// Drifts told, the surest first.
const MOST: usize = 10;

/// The terms that move between training cutoffs; none with one cutoff. `margin` holds the fit's log-odds of the rows.
pub fn drifts(panel: &Panel<'_>, fitted: &FittedModel, margin: &[f64]) -> Vec<Drift> {
    let cutoffs = panel.cutoffs();
    if cutoffs.len() < 2 {
        return Vec::new();
    }
    let (matrix, terms) = (&fitted.matrix, &fitted.model.terms);
    let (mut residual, mut weight) = (margin.to_vec(), margin.to_vec());
    for ((residual, weight), &event) in residual.iter_mut().zip(&mut weight).zip(&panel.outcome) {
        let p = probability(*residual);
        (*residual, *weight) = (f64::from(u8::from(event)) - p, p * (1.0 - p));
    }
    let bound = normal_quantile(1.0 - 0.025 / (terms.len() * cutoffs.len()) as f64);
    let mut found = Vec::new();
    for cutoff in cutoffs {
        let mut rows = (0..panel.len()).filter(|&row| panel.as_of(row) == cutoff);
        let Some(first) = rows.next() else { continue };
        let rows = first..rows.next_back().unwrap_or(first) + 1;
        let of_column = |column: &Column| pull(column, &residual[rows.clone()], &weight[rows.clone()], first);
        let sums: Vec<(f64, f64)> = matrix.dense.par_iter().map(of_column).collect();
        for (term, (slope, curvature)) in terms.iter().zip(sums) {
            let z = slope / curvature.sqrt();
            if curvature > 0.0 && z.abs() > bound {
                let read = term.shape.read(&fitted.model.features[term.feature].name);
                found.push(Drift { term: read, cutoff, pooled: term.coefficient, shift: slope / curvature, z });
            }
        }
    }
    found.sort_by(|a, b| {
        b.z.abs().total_cmp(&a.z.abs()).then_with(|| a.term.cmp(&b.term)).then(a.cutoff.cmp(&b.cutoff))
    });
    found.truncate(MOST);
    found
}

/// Σ x(y − p) and Σ x²p(1 − p) of a column over rows from `first` on.
fn pull(column: &Column, residual: &[f64], weight: &[f64], first: usize) -> (f64, f64) {
    let [mut room, mut weighted] = [[0.0; BLOCK]; 2];
    let (mut slope, mut curvature) = (0.0, 0.0);
    for (from, (residual, weight)) in (first..).step_by(BLOCK).zip(residual.chunks(BLOCK).zip(weight.chunks(BLOCK))) {
        let values = column.view(from, &mut room[..residual.len()]);
        let weighted = &mut weighted[..residual.len()];
        weighted.iter_mut().zip(values).zip(weight).for_each(|((out, value), weight)| *out = value * weight);
        slope += dot(values, residual);
        curvature += dot(values, weighted);
    }
    (slope, curvature)
}
