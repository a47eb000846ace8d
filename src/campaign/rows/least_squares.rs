//! Weighted least squares, with a ridge where it is asked for.

use super::Matrix;
use crate::stats::linear::{Cholesky, dot};

/// A fit.
#[derive(Debug, Clone)]
pub struct LeastSquares {
    /// One coefficient per column.
    pub coefficients: Vec<f64>,
    /// The factor of Σ w z zᵀ + ridge.
    pub factor: Cholesky,
}

impl LeastSquares {
    /// Fitted values of rows.
    #[must_use]
    pub fn predict(&self, rows: &Matrix) -> Vec<f64> {
        rows.times(&self.coefficients)
    }

    /// zᵀ (ZᵀZ)⁻¹ z: the leverage of a row, where there were no weights.
    #[must_use]
    pub fn leverage(&self, row: &[f64]) -> f64 {
        let half = self.factor.solve_lower(row);
        dot(&half, &half)
    }
}

/// argmin Σ w (y − zᵀb)² + ridge·Σ b², the first coefficient (the intercept) free; `None` when there is no unique one.
#[must_use]
pub fn least_squares(rows: &Matrix, y: &[f64], weights: &[f64], ridge: f64) -> Option<LeastSquares> {
    let width = rows.width;
    let mut gram = rows.gram(weights);
    for column in 1..width {
        gram[column * width + column] += ridge;
    }
    let factor = Cholesky::new(gram, width).ok()?;
    let weighted: Vec<f64> = y.iter().zip(weights).map(|(y, weight)| y * weight).collect();
    let coefficients = factor.solve(&rows.weighted_sum(&weighted));
    coefficients.iter().all(|value| value.is_finite()).then_some(LeastSquares { coefficients, factor })
}
