//! Entropy balancing (Hainmueller 2012): control weights as equal as possible with exactly the treated's covariate means.
//!
//! The dual is convex: minimise ln Σ꜀ exp(λᵀ(x − x̄ₜ)) by Newton's method. Standard error by the influence function with
//! the weighted regression of y on x in the controls, in which the estimate is linear (Zhao and Percival 2017).

use super::Study;
use crate::campaign::effect::{Estimate, Level};
use crate::campaign::rows::{Matrix, least_squares};
use crate::stats::linear::Cholesky;

const MOST_STEPS: usize = 200;
/// Largest difference of means, in standard deviations, that counts as balanced.
const BALANCED: f64 = 1e-10;

/// The effect on the treated; `None` when no weights balance.
#[must_use]
pub fn entropy_balance(study: &Study, y: &[f64]) -> Option<Estimate> {
    let group = |wanted: bool| -> Vec<usize> { (0..y.len()).filter(|at| study.is_treated[*at] == wanted).collect() };
    let (treated, controls) = (group(true), group(false));
    let (z_treated, mut z) = (study.regressors.pick(&treated), study.regressors.pick(&controls));
    let n1 = treated.len() as f64;
    let target = z_treated.weighted_sum(&vec![1.0 / n1; treated.len()]);
    centre(&mut z, &target);
    let weights = weights(&z)?;
    let y0: Vec<f64> = controls.iter().map(|at| y[*at]).collect();
    let y1: Vec<f64> = treated.iter().map(|at| y[*at]).collect();
    // The intercept went with centring; put it back for the regression.
    let mut with_intercept = z;
    with_intercept.values.chunks_exact_mut(with_intercept.width).for_each(|row| row[0] = 1.0);
    let fit = least_squares(&with_intercept, &y0, &weights, 0.0)?;
    let mut z1 = z_treated;
    centre(&mut z1, &target);
    z1.values.chunks_exact_mut(z1.width).for_each(|row| row[0] = 1.0);
    let residual =
        |y: &[f64], z: &Matrix| -> Vec<f64> { fit.predict(z).iter().zip(y).map(|(fitted, y)| y - fitted).collect() };
    let (r1, r0) = (residual(&y1, &z1), residual(&y0, &with_intercept));
    let m1 = r1.iter().sum::<f64>() / n1;
    let m0: f64 = r0.iter().zip(&weights).map(|(r, w)| r * w).sum();
    let v1 = r1.iter().map(|r| (r - m1).powi(2)).sum::<f64>() / (n1 * n1);
    let v0 = r0.iter().zip(&weights).map(|(r, w)| (w * (r - m0)).powi(2)).sum();
    let mean1 = y1.iter().sum::<f64>() / n1;
    let mean0 = y0.iter().zip(&weights).map(|(y, w)| y * w).sum();
    Some(Estimate::normal(Level { mean: mean1, variance: v1 }, Level { mean: mean0, variance: v0 }, 0.95))
}

fn centre(rows: &mut Matrix, target: &[f64]) {
    let width = rows.width.max(1);
    for row in rows.values.chunks_exact_mut(width) {
        for (value, target) in row.iter_mut().zip(target) {
            *value -= target;
        }
    }
}

/// Weights that sum to 1 and under which every column of `z` (the first is all 0) has mean 0.
fn weights(z: &Matrix) -> Option<Vec<f64>> {
    let width = z.width;
    let mut lambda = vec![0.0; width];
    let mut value = dual(z, &lambda).0;
    for _ in 0..MOST_STEPS {
        let (_, weights) = dual(z, &lambda);
        let gradient = z.weighted_sum(&weights);
        if gradient.iter().all(|slope| slope.abs() <= BALANCED) {
            return Some(weights);
        }
        let mut hessian = z.gram(&weights);
        for i in 0..width {
            for j in 0..=i {
                hessian[i * width + j] -= gradient[i] * gradient[j];
            }
        }
        hessian[0] = 1.0;
        let step = Cholesky::new(hessian, width).ok()?.solve(&gradient);
        let mut scale = 1.0;
        loop {
            let next: Vec<f64> = lambda.iter().zip(&step).map(|(old, step)| old - scale * step).collect();
            let next_value = dual(z, &next).0;
            if next_value <= value + 1e-13 * value.abs() {
                (lambda, value) = (next, next_value);
                break;
            }
            scale /= 2.0;
            if scale < 1e-12 {
                return None;
            }
        }
    }
    None
}

/// ln Σ exp(zᵀλ) and the weights exp(zᵀλ)/Σ.
fn dual(z: &Matrix, lambda: &[f64]) -> (f64, Vec<f64>) {
    let linear = z.times(lambda);
    let largest = linear.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = linear.iter().map(|value| (value - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    (largest + sum.ln(), powers.into_iter().map(|power| power / sum).collect())
}
