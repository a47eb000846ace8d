//! The Hessian that steers the steps of a fit, corrected by what they learn (limited-memory BFGS).
//!
//! It decides how many steps are made, not where they end.

use crate::stats::linear::{Cholesky, dot};

/// Steps that correct the Hessian at once.
const MOST_CORRECTIONS: usize = 12;

/// A Hessian, and the steps made since.
#[derive(Debug, Clone)]
pub struct Curvature {
    hessian: Cholesky,
    /// The rows the Hessian is of, over those of the problem.
    share: f64,
    corrections: Vec<Correction>,
}

/// A step, the change of the gradient along it, and 1 / their product.
#[derive(Debug, Clone)]
struct Correction {
    step: Vec<f64>,
    change: Vec<f64>,
    inverse: f64,
}

impl Curvature {
    /// Of a Hessian.
    #[must_use]
    pub fn new(hessian: Cholesky) -> Self {
        Self { hessian, share: 1.0, corrections: Vec::new() }
    }

    /// The Hessian it began with.
    #[must_use]
    pub fn hessian(self) -> Cholesky {
        self.hessian
    }

    /// What it says of a problem of the same columns with more rows, of which its own are that share.
    #[must_use]
    pub fn of_more(mut self, share: f64) -> Self {
        self.share *= share;
        for correction in &mut self.corrections {
            correction.change.iter_mut().for_each(|change| *change /= share);
            correction.inverse *= share;
        }
        self
    }

    /// The corrected inverse Hessian times the gradient: Nocedal's two loops.
    #[must_use]
    pub fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut rest = gradient.to_vec();
        let mut weights = Vec::with_capacity(self.corrections.len());
        for correction in self.corrections.iter().rev() {
            let weight = correction.inverse * dot(&correction.step, &rest);
            rest.iter_mut().zip(&correction.change).for_each(|(rest, change)| *rest -= weight * change);
            weights.push(weight);
        }
        let mut direction = self.hessian.solve(&rest);
        for entry in &mut direction {
            *entry *= self.share;
        }
        for (correction, weight) in self.corrections.iter().zip(weights.into_iter().rev()) {
            let back = correction.inverse * dot(&correction.change, &direction);
            direction.iter_mut().zip(&correction.step).for_each(|(entry, step)| *entry += (weight - back) * step);
        }
        direction
    }

    /// Learns from a step: parameters and gradient before and after it.
    pub fn learn(&mut self, before: (&[f64], &[f64]), after: (&[f64], &[f64])) {
        let difference = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let (step, change) = (difference(after.0, before.0), difference(after.1, before.1));
        let along = dot(&step, &change);
        if along > 0.0 && along.is_finite() {
            if self.corrections.len() == MOST_CORRECTIONS {
                self.corrections.remove(0);
            }
            self.corrections.push(Correction { step, change, inverse: 1.0 / along });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f64], b: &[f64]) {
        assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
    }

    #[test]
    fn a_step_is_followed_exactly_once_it_is_learnt() {
        let mut curvature = Curvature::new(Cholesky::new(vec![1.0, 0.0, 0.0, 1.0], 2).expect("positive"));
        // The true Hessian is diag(4, 1).
        curvature.learn((&[0.0, 0.0], &[-4.0, -1.0]), (&[1.0, 0.0], &[0.0, -1.0]));
        close(&curvature.direction(&[4.0, 0.0]), &[1.0, 0.0]);
        close(&curvature.direction(&[0.0, 1.0]), &[0.0, 1.0]);
    }

    #[test]
    fn more_rows_of_the_same_kind_are_more_curved_by_their_number() {
        let mut curvature = Curvature::new(Cholesky::new(vec![2.0, 0.0, 0.0, 5.0], 2).expect("positive"));
        curvature.learn((&[0.0, 0.0], &[-4.0, -1.0]), (&[1.0, 0.0], &[0.0, -1.0]));
        let once = curvature.direction(&[3.0, 2.0]);
        close(&curvature.of_more(0.25).direction(&[12.0, 8.0]), &once);
    }
}
