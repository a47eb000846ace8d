//! Whether the coefficients hold in every period.
//!
//! For every term j and training cutoff k the score test of "term j has the pooled coefficient at cutoff k": with
//! g = Σ x(y − p) and v = Σ x²p(1 − p) over the rows of k, z = g / √v, and one Newton step away lies the coefficient the
//! period would like, g / v. What is beyond Bonferroni's bound for all terms and cutoffs at 5 % is told.

use rayon::prelude::*;

use super::column::Column;
use super::explain::probability;
use super::panel::Panel;
use super::recipe::FittedModel;
use crate::evaluate::Drift;
use crate::stats::distribution::normal_quantile;

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
        let rows: Vec<usize> = (0..panel.len()).filter(|&row| panel.as_of(row) == cutoff).collect();
        let Some((&first, &last)) = rows.first().zip(rows.last()) else { continue };
        let of_column = |column: &Column| {
            let mut values = vec![0.0; last + 1 - first];
            column.write(first, &mut values);
            rows.iter().fold((0.0, 0.0), |(slope, curvature), &row| {
                let value = values[row - first];
                (slope + value * residual[row], curvature + value * value * weight[row])
            })
        };
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
