//! The learners, cross-fitted: every prediction comes from models that have not seen its row.

use serde_json::{Value, json};

use crate::campaign::rows::{Logit, Matrix, Rows, least_squares, logit_with};

/// Folds of cross-fitting.
const FOLDS: usize = 5;
/// Rows the learners see at most.
const MOST_ROWS: usize = 100_000;
/// Ridge of every model, on standardised columns.
pub const RIDGE: f64 = 1.0;

/// Names of the learners, in the order they are tried.
pub const LEARNERS: [&str; 5] = ["two_model", "solo", "class_transformation", "x_learner", "dr_learner"];

/// One arm against the control on a binary outcome.
#[derive(Debug, Clone)]
pub struct Data {
    /// Intercept and covariates.
    pub x: Matrix,
    /// 1 = treated.
    pub treated: Vec<f64>,
    /// The outcome.
    pub y: Vec<f64>,
    /// Share of the treated: the propensity of a lot.
    pub share: f64,
    /// Fold of each row.
    pub fold: Vec<usize>,
}

/// Cross-fitted outcome models: expected outcome of every row with and without treatment.
#[derive(Debug, Clone)]
pub struct Nuisance {
    /// Treated.
    pub treated: Vec<f64>,
    /// Not treated.
    pub control: Vec<f64>,
}

impl Data {
    /// The rows of two arms that have the outcome.
    #[must_use]
    pub fn new(rows: &Rows, treated: usize, control: usize, outcome: usize) -> Self {
        let (positions, is_treated) = rows.pair(treated, control, outcome);
        // Every k-th row in canonical order: the arms keep their shares, and the sample does not depend on the file's order.
        let stride = positions.len().div_ceil(MOST_ROWS).max(1);
        let positions: Vec<usize> = positions.into_iter().step_by(stride).collect();
        let is_treated: Vec<bool> = is_treated.into_iter().step_by(stride).collect();
        let treated: Vec<f64> = is_treated.iter().map(|treated| f64::from(u8::from(*treated))).collect();
        let mut seen = [0usize; 2];
        let fold = |is_treated: &bool| {
            let number = &mut seen[usize::from(*is_treated)];
            *number += 1;
            (*number - 1) % FOLDS
        };
        Self {
            x: rows.regressors(&positions),
            y: rows.outcome(outcome, &positions),
            share: treated.iter().sum::<f64>() / treated.len().max(1) as f64,
            fold: is_treated.iter().map(fold).collect(),
            treated,
        }
    }

    /// Whether an arm has fewer rows than `fewest`, or fewer outcomes of one kind than a tenth of that.
    #[must_use]
    pub fn is_too_small(&self, fewest: usize) -> bool {
        let count = |treated: f64, y: Option<f64>| {
            let rows = self.treated.iter().zip(&self.y);
            rows.filter(|(t, own)| **t == treated && y.is_none_or(|y| **own == y)).count()
        };
        [0.0, 1.0].iter().any(|arm| {
            count(*arm, None) < fewest || count(*arm, Some(0.0)) * 10 < fewest || count(*arm, Some(1.0)) * 10 < fewest
        })
    }

    fn seen(&self, held_out: usize) -> Vec<usize> {
        (0..self.y.len()).filter(|at| self.fold[*at] != held_out).collect()
    }

    fn held_out(&self, fold: usize) -> Vec<usize> {
        (0..self.y.len()).filter(|at| self.fold[*at] == fold).collect()
    }

    fn of_arm(&self, positions: &[usize], treated: f64) -> Vec<usize> {
        positions.iter().copied().filter(|at| self.treated[*at] == treated).collect()
    }
}

impl Nuisance {
    /// Doubly robust scores: m₁ − m₀ + T(y − m₁)/e − (1 − T)(y − m₀)/(1 − e). Their mean is the effect.
    #[must_use]
    pub fn scores(&self, data: &Data) -> Vec<f64> {
        let e = data.share;
        let score = |at: usize| {
            let (m1, m0, t, y) = (self.treated[at], self.control[at], data.treated[at], data.y[at]);
            m1 - m0 + t * (y - m1) / e - (1.0 - t) * (y - m0) / (1.0 - e)
        };
        (0..data.y.len()).map(score).collect()
    }
}

fn pick(values: &[f64], positions: &[usize]) -> Vec<f64> {
    positions.iter().map(|at| values[*at]).collect()
}

fn fit_arm(data: &Data, positions: &[usize], treated: f64) -> Logit {
    let own = data.of_arm(positions, treated);
    logit_with(&data.x.pick(&own), &pick(&data.y, &own), &vec![1.0; own.len()], RIDGE, 1)
}

/// Two models, one per arm: P(y | x, treated) and P(y | x, control) of `target`.
#[must_use]
pub fn two_model(data: &Data, seen: &[usize], target: &Matrix) -> (Vec<f64>, Vec<f64>) {
    (fit_arm(data, seen, 1.0).predict(target), fit_arm(data, seen, 0.0).predict(target))
}

/// One model with arm-specific intercepts and coefficients, the same ridge on each: by its likelihood it is the two models.
#[must_use]
pub fn solo(data: &Data, seen: &[usize], target: &Matrix) -> (Vec<f64>, Vec<f64>) {
    let treated = pick(&data.treated, seen);
    let rows = by_arm(&data.x.pick(seen), &treated);
    let fit = logit_with(&rows, &pick(&data.y, seen), &vec![1.0; seen.len()], RIDGE, 2);
    let as_if = |treated: f64| fit.predict(&by_arm(target, &vec![treated; target.len()]));
    (as_if(1.0), as_if(0.0))
}

/// Columns T, 1 − T, then T·x and (1 − T)·x of every covariate.
fn by_arm(x: &Matrix, treated: &[f64]) -> Matrix {
    let mut values = Vec::with_capacity(2 * x.values.len());
    for (row, t) in x.rows().zip(treated) {
        values.extend([*t, 1.0 - t]);
        values.extend(row[1..].iter().map(|x| t * x));
        values.extend(row[1..].iter().map(|x| (1.0 - t) * x));
    }
    Matrix { width: 2 * x.width, values }
}

/// Outcome models of every row from the other folds.
#[must_use]
pub fn nuisance(data: &Data) -> Nuisance {
    let mut nuisance = Nuisance { treated: vec![0.0; data.y.len()], control: vec![0.0; data.y.len()] };
    for fold in 0..FOLDS {
        let held_out = data.held_out(fold);
        let (treated, control) = two_model(data, &data.seen(fold), &data.x.pick(&held_out));
        for ((at, treated), control) in held_out.iter().zip(treated).zip(control) {
            (nuisance.treated[*at], nuisance.control[*at]) = (treated, control);
        }
    }
    nuisance
}

/// Predicted uplift of every row by the learner of that name, from models of the other folds.
#[must_use]
pub fn predictions(learner: &str, data: &Data, nuisance: &Nuisance, scores: &[f64]) -> Vec<f64> {
    let mut predicted = vec![0.0; data.y.len()];
    for fold in 0..FOLDS {
        let (seen, held_out) = (data.seen(fold), data.held_out(fold));
        let target = data.x.pick(&held_out);
        let found = match learner {
            "two_model" => difference(two_model(data, &seen, &target)),
            "solo" => difference(solo(data, &seen, &target)),
            "class_transformation" => class_transformation(data, &seen, &target),
            "x_learner" => x_learner(data, nuisance, &seen, &target),
            _ => linear(data, &seen, scores, &target),
        };
        for (at, value) in held_out.iter().zip(found) {
            predicted[*at] = value;
        }
    }
    predicted
}

fn difference((treated, control): (Vec<f64>, Vec<f64>)) -> Vec<f64> {
    treated.iter().zip(control).map(|(one, zero)| one - zero).collect()
}

/// Z = yT + (1 − y)(1 − T), arms weighted to equal size: uplift = 2 P(Z | x) − 1 (Jaskowski and Jaroszewicz 2012).
fn class_transformation(data: &Data, seen: &[usize], target: &Matrix) -> Vec<f64> {
    let agrees = |at: &usize| f64::from(u8::from(data.y[*at] == data.treated[*at]));
    let weight = |at: &usize| if data.treated[*at] == 1.0 { 0.5 / data.share } else { 0.5 / (1.0 - data.share) };
    let z: Vec<f64> = seen.iter().map(agrees).collect();
    let weights: Vec<f64> = seen.iter().map(weight).collect();
    let fit = logit_with(&data.x.pick(seen), &z, &weights, RIDGE, 1);
    fit.predict(target).into_iter().map(|p| 2.0 * p - 1.0).collect()
}

/// X-learner (Künzel et al. 2019): regress y − m₀ in the treated and m₁ − y in the controls, mix by the propensity.
fn x_learner(data: &Data, nuisance: &Nuisance, seen: &[usize], target: &Matrix) -> Vec<f64> {
    let of = |treated: f64, gain: &dyn Fn(usize) -> f64| {
        let own = data.of_arm(seen, treated);
        let gains: Vec<f64> = own.iter().map(|at| gain(*at)).collect();
        let fit = least_squares(&data.x.pick(&own), &gains, &vec![1.0; own.len()], RIDGE);
        fit.map_or_else(|| vec![0.0; target.len()], |fit| fit.predict(target))
    };
    let treated = of(1.0, &|at| data.y[at] - nuisance.control[at]);
    let control = of(0.0, &|at| nuisance.treated[at] - data.y[at]);
    treated.iter().zip(control).map(|(one, zero)| data.share * zero + (1.0 - data.share) * one).collect()
}

/// Ridge regression of the doubly robust scores (Kennedy 2020).
fn linear(data: &Data, seen: &[usize], scores: &[f64], target: &Matrix) -> Vec<f64> {
    let fit = least_squares(&data.x.pick(seen), &pick(scores, seen), &vec![1.0; seen.len()], RIDGE);
    fit.map_or_else(|| vec![0.0; target.len()], |fit| fit.predict(target))
}

/// Intercept and slopes of the doubly robust learner on all rows, per unit of every covariate column.
#[must_use]
pub fn linear_form(rows: &Rows, data: &Data, scores: &[f64]) -> Value {
    let Some(fit) = least_squares(&data.x, scores, &vec![1.0; scores.len()], RIDGE) else { return Value::Null };
    let mut intercept = fit.coefficients[0];
    let mut slopes = serde_json::Map::new();
    for (column, coefficient) in rows.independent.iter().zip(&fit.coefficients[1..]) {
        let (mean, scale) = rows.units[*column];
        intercept -= coefficient * mean / scale;
        slopes.insert(rows.names[*column].clone(), json!(coefficient / scale));
    }
    json!({ "intercept": intercept, "slopes": slopes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> Data {
        let n = 400;
        let wave = |at: usize, speed: f64| (at as f64 * speed).sin();
        let values = (0..n).flat_map(|at| [1.0, wave(at, 1.3), wave(at, 2.7)]).collect();
        let treated: Vec<f64> = (0..n).map(|at| f64::from(u8::from(at % 3 == 0))).collect();
        let y = (0..n).map(|at| f64::from(u8::from(wave(at, 1.3) + treated[at] * wave(at, 2.7) + wave(at, 9.1) > 0.0)));
        Data {
            x: Matrix { width: 3, values },
            y: y.collect(),
            share: 1.0 / 3.0,
            fold: (0..n).map(|at| at % FOLDS).collect(),
            treated,
        }
    }

    #[test]
    fn the_solo_model_with_everything_per_arm_is_the_two_model_learner() {
        let data = data();
        let seen = data.seen(0);
        let target = data.x.pick(&data.held_out(0));
        let (two, one) = (two_model(&data, &seen, &target), solo(&data, &seen, &target));
        for (a, b) in two.0.iter().chain(&two.1).zip(one.0.iter().chain(&one.1)) {
            assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        }
    }

    #[test]
    fn doubly_robust_scores_average_to_the_effect() {
        let data = data();
        let scores = nuisance(&data).scores(&data);
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let share = |arm: f64| {
            let own: Vec<f64> = data.y.iter().zip(&data.treated).filter(|(_, t)| **t == arm).map(|(y, _)| *y).collect();
            own.iter().sum::<f64>() / own.len() as f64
        };
        assert!((mean - (share(1.0) - share(0.0))).abs() < 0.05);
    }
}
