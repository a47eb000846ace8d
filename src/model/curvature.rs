//! The Hessian that steers the steps of a fit, corrected by what they learn (limited-memory BFGS).
//!
//! It decides how many steps are made, not where they end.

use crate::stats::linear::{Cholesky, dot};

/// Steps that correct the Hessian at once.
const MOST_CORRECTIONS: usize = 12;

/// A Hessian, and the steps made since.
#[derive(Debug, Clone)]
pub struct Curvature {
    begun: Begun,
    corrections: Vec<Correction>,
}

/// What the corrections begin with.
#[derive(Debug, Clone)]
enum Begun {
    /// The Hessian of the problem, or of some of its rows scaled up.
    Hessian(Cholesky),
    /// What is known of nearly the same problem.
    Beside(Box<Beside>),
}

/// The curvature of nearly the same problem: other rows, and columns of which most are ours on another scale.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Its curvature.
    pub curvature: Curvature,
    /// What each of its columns is made of: ours, the intercept's after them, and how much of each.
    pub made_of: Vec<Vec<(usize, f64)>>,
    /// Its rows over ours.
    pub share: f64,
    /// Second derivative along a column of ours that is in none of its.
    pub usual: f64,
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
        Self { begun: Begun::Hessian(hessian), corrections: Vec::new() }
    }

    /// Of nearly the same problem.
    #[must_use]
    pub fn beside(other: Beside) -> Self {
        Self { begun: Begun::Beside(Box::new(other)), corrections: Vec::new() }
    }

    /// The Hessian it began with, if it is the problem's own.
    #[must_use]
    pub fn hessian(self) -> Option<Cholesky> {
        match self.begun {
            Begun::Hessian(hessian) => Some(hessian),
            Begun::Beside(_) => None,
        }
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
        let mut direction = match &self.begun {
            Begun::Hessian(hessian) => hessian.solve(&rest),
            Begun::Beside(other) => other.direction(&rest),
        };
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

impl Beside {
    /// Its own direction where it knows the column; elsewhere each column for itself. The intercept is last in both.
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let intercept = vec![(gradient.len() - 1, 1.0)];
        let all = || self.made_of.iter().chain([&intercept]);
        let own = |made_of: &Vec<(usize, f64)>| made_of.iter().map(|(at, share)| share * gradient[*at]).sum();
        let own: Vec<f64> = all().map(own).collect();
        let mut direction: Vec<f64> = gradient.iter().map(|slope| slope / self.usual).collect();
        all().flatten().for_each(|(at, _)| direction[*at] = 0.0);
        for (made_of, step) in all().zip(self.curvature.direction(&own)) {
            for (at, share) in made_of {
                direction[*at] += share * self.share * step;
            }
        }
        direction
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
        assert!(curvature.hessian().is_some());
    }

    #[test]
    fn the_problem_beside_is_read_in_its_own_columns() {
        // Columns of the other: ours 1 at half its coefficient, and one we lack; its rows are a third of ours.
        let hessian = vec![2.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 10.0];
        let other = Curvature::new(Cholesky::new(hessian, 3).expect("positive"));
        let beside = Beside { curvature: other, made_of: vec![vec![(1, 0.5)], vec![]], share: 1.0 / 3.0, usual: 8.0 };
        let found = Curvature::beside(beside);
        close(&found.direction(&[8.0, 12.0, 30.0]), &[1.0, 0.5, 1.0]);
        assert!(found.hessian().is_none());
    }
}
