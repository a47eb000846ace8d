//! Logistic regression by Newton's method, with a ridge where it is asked for.

use super::Matrix;
use crate::stats::linear::Cholesky;

/// Newton steps at most.
const MOST_STEPS: usize = 60;
/// Largest mean gradient of a fit that counts as converged.
const TOLERANCE: f64 = 1e-11;
/// Linear predictors beyond this mean that a combination of columns separates the classes.
const SEPARATED: f64 = 35.0;

/// A fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Logit {
    /// One coefficient per column.
    pub coefficients: Vec<f64>,
    /// Whether the gradient vanished.
    pub converged: bool,
}

impl Logit {
    /// P(y = 1) of rows.
    #[must_use]
    pub fn predict(&self, rows: &Matrix) -> Vec<f64> {
        rows.times(&self.coefficients).into_iter().map(sigmoid).collect()
    }
}

/// 1/(1 + e⁻ˣ).
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// [`logit_with`] one intercept, the first column.
#[must_use]
pub fn logit(rows: &Matrix, y: &[f64], weights: &[f64], ridge: f64) -> Logit {
    logit_with(rows, y, weights, ridge, 1)
}

/// argmin −ℓ(b) + ridge/2·Σ b², the first `free` coefficients (intercepts) without ridge; rows weigh `weights`. A fit
/// without ridge on separable classes does not converge, and says so; the coefficients are then those of the last step.
#[must_use]
pub fn logit_with(rows: &Matrix, y: &[f64], weights: &[f64], ridge: f64, free: usize) -> Logit {
    let problem = Problem { rows, y, weights, ridge, free };
    let width = rows.width;
    let total: f64 = weights.iter().sum();
    let mut fit = Logit { coefficients: vec![0.0; width], converged: false };
    let mut loss = problem.objective(&fit.coefficients);
    for _ in 0..MOST_STEPS {
        let linear = rows.times(&fit.coefficients);
        let gradient = problem.gradient(&linear, &fit.coefficients);
        let largest = gradient.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let separated = linear.iter().any(|value| value.abs() > SEPARATED);
        if largest <= TOLERANCE * total {
            fit.converged = ridge > 0.0 || !separated;
            return fit;
        }
        let Some(step) = problem.newton_step(&linear, &gradient) else { return fit };
        let mut scale = 1.0;
        loop {
            let next: Vec<f64> = fit.coefficients.iter().zip(&step).map(|(old, step)| old + scale * step).collect();
            let next_loss = problem.objective(&next);
            // Near the optimum the loss no longer changes in its last digits; full steps then still improve the gradient.
            if next_loss <= loss + 1e-12 * loss.abs() {
                (fit.coefficients, loss) = (next, next_loss);
                break;
            }
            scale /= 2.0;
            if scale < 1e-10 {
                return fit;
            }
        }
    }
    fit
}

/// What is minimised.
struct Problem<'a> {
    rows: &'a Matrix,
    y: &'a [f64],
    weights: &'a [f64],
    ridge: f64,
    free: usize,
}

impl Problem<'_> {
    fn objective(&self, coefficients: &[f64]) -> f64 {
        let linear = self.rows.times(coefficients);
        let term = |((eta, y), weight): ((&f64, &f64), &f64)| {
            let log_sum = if *eta > 0.0 { eta + (-eta).exp().ln_1p() } else { eta.exp().ln_1p() };
            weight * (log_sum - y * eta)
        };
        let loss: f64 = linear.iter().zip(self.y).zip(self.weights).map(term).sum();
        loss + 0.5 * self.ridge * coefficients[self.free..].iter().map(|value| value * value).sum::<f64>()
    }

    /// The gradient of −objective.
    fn gradient(&self, linear: &[f64], coefficients: &[f64]) -> Vec<f64> {
        let terms = linear.iter().zip(self.y).zip(self.weights);
        let residual: Vec<f64> = terms.map(|((eta, y), weight)| weight * (y - sigmoid(*eta))).collect();
        let mut gradient = self.rows.weighted_sum(&residual);
        for (slope, coefficient) in gradient[self.free..].iter_mut().zip(&coefficients[self.free..]) {
            *slope -= self.ridge * coefficient;
        }
        gradient
    }

    fn newton_step(&self, linear: &[f64], gradient: &[f64]) -> Option<Vec<f64>> {
        let width = self.rows.width;
        let slope = |(eta, weight): (&f64, &f64)| {
            let p = sigmoid(*eta);
            weight * p * (1.0 - p)
        };
        let curvature: Vec<f64> = linear.iter().zip(self.weights).map(slope).collect();
        let mut hessian = self.rows.gram(&curvature);
        for column in self.free..width {
            hessian[column * width + column] += self.ridge;
        }
        let step = Cholesky::new(hessian, width).ok()?.solve(gradient);
        step.iter().all(|value| value.is_finite()).then_some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(x: &[f64]) -> Matrix {
        Matrix { width: 2, values: x.iter().flat_map(|x| [1.0, *x]).collect() }
    }

    #[test]
    fn a_fit_has_no_gradient_and_equals_statsmodels() {
        let x = rows(&[-1.0, -0.5, 0.0, 0.3, 0.8, 1.5, 2.0]);
        let y = [0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let fit = logit(&x, &y, &[1.0; 7], 0.0);
        assert!(fit.converged);
        let residual: f64 = fit.predict(&x).iter().zip(&y).map(|(p, y)| y - p).sum();
        assert!(residual.abs() < 1e-9);
    }

    #[test]
    fn separable_classes_do_not_converge_without_a_ridge_and_do_with_one() {
        let x = rows(&[-2.0, -1.0, 1.0, 2.0]);
        let y = [0.0, 0.0, 1.0, 1.0];
        assert!(!logit(&x, &y, &[1.0; 4], 0.0).converged);
        assert!(logit(&x, &y, &[1.0; 4], 0.1).converged);
    }
}
