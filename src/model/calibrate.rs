//! Calibration: from the raw log-odds of a fit to log-odds one can take at their word.
//!
//! Learnt on rows the fit has not seen; chosen among none, prior shift, Platt, beta and isotonic by log loss under
//! cross-fitting over customer groups, the simplest within one standard error, and within 0.0003, of the best.

use serde::{Deserialize, Serialize};

use super::explain::{log_odds, probability};
use super::folds::customer_fold;
use super::isotonic::isotonic;
use crate::evaluate::{log_loss, paired_difference};

/// A map of log-odds to log-odds that never decreases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub enum Calibration {
    /// As it is.
    None,
    /// x + shift: the base rate has moved.
    PriorShift {
        /// Added to the log-odds.
        shift: f64,
    },
    /// Platt: intercept + slope · x.
    Platt {
        /// Multiplies the log-odds.
        slope: f64,
        /// Added.
        intercept: f64,
    },
    /// Beta calibration (Kull et al. 2017): c + a·ln p − b·ln(1 − p).
    Beta {
        /// Weight of ln p, ≥ 0.
        a: f64,
        /// Weight of −ln(1 − p), ≥ 0.
        b: f64,
        /// Added.
        c: f64,
    },
    /// Piecewise linear through the blocks of pool adjacent violators.
    Isotonic {
        /// Mean log-odds of each block, ascending.
        from: Vec<f64>,
        /// Calibrated log-odds of each block, ascending.
        to: Vec<f64>,
    },
}

/// Methods from simple to flexible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    None,
    PriorShift,
    Platt,
    Beta,
    Isotonic,
}

impl Calibration {
    /// The calibrated log-odds.
    #[must_use]
    pub fn apply(&self, raw: f64) -> f64 {
        match self {
            Self::None => raw,
            Self::PriorShift { shift } => raw + shift,
            Self::Platt { slope, intercept } => intercept + slope * raw,
            Self::Beta { a, b, c } => c + a * ln_probability(raw) - b * ln_probability(-raw),
            Self::Isotonic { from, to } => interpolate(from, to, raw),
        }
    }

    /// The same map with its outcome moved by so much.
    #[must_use]
    pub fn moved(self, by: f64) -> Self {
        match self {
            Self::None => Self::PriorShift { shift: by },
            Self::PriorShift { shift } => Self::PriorShift { shift: shift + by },
            Self::Platt { slope, intercept } => Self::Platt { slope, intercept: intercept + by },
            Self::Beta { a, b, c } => Self::Beta { a, b, c: c + by },
            Self::Isotonic { from, to } => {
                Self::Isotonic { from, to: to.into_iter().map(|level| level + by).collect() }
            }
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PriorShift { .. } => "prior shift",
            Self::Platt { .. } => "Platt",
            Self::Beta { .. } => "beta",
            Self::Isotonic { .. } => "isotonic",
        }
    }
}

/// What calibration found.
#[derive(Debug, Clone)]
pub struct Calibrated {
    /// The map, learnt on all rows given.
    pub calibration: Calibration,
    /// Log-odds of the rows, each calibrated by a map of the same method learnt without its customer's group.
    pub cross_fitted: Vec<f64>,
}

const FOLDS: usize = 5;
/// Log loss given up for a simpler map, at most.
const GIVEN_UP: f64 = 0.0003;
/// Fewer events or non-events than this allow nothing but a shift.
const FEW: usize = 50;
/// Isotonic regression needs at least this many of each.
const MANY: usize = 500;

/// Chooses and learns the map for held-out raw log-odds. `customer` are the customers' ids, for the grouping.
#[must_use]
pub fn calibrate(raw: &[f64], outcome: &[bool], customer: &[u32], ids: &[String]) -> Calibrated {
    let folds: Vec<usize> = customer.iter().map(|number| customer_fold(&ids[*number as usize], FOLDS)).collect();
    let tried: Vec<(Method, Vec<f64>)> =
        methods(outcome).into_iter().map(|method| (method, cross_fit(method, raw, outcome, &folds))).collect();
    let losses: Vec<Vec<f64>> = tried.iter().map(|(_, fitted)| row_losses(fitted, outcome)).collect();
    let total = |position: &usize| losses[*position].iter().sum::<f64>();
    let best = (0..tried.len()).min_by(|a, b| total(a).total_cmp(&total(b))).unwrap_or_default();
    let within = |position: &usize| {
        let difference = paired_difference(&losses[*position], &losses[best], customer);
        difference.mean <= difference.standard_error.min(GIVEN_UP)
    };
    let chosen = (0..tried.len()).find(within).unwrap_or(best);
    let (method, cross_fitted) = tried.into_iter().nth(chosen).unwrap_or((Method::None, raw.to_vec()));
    Calibrated { calibration: learn(method, raw, outcome), cross_fitted }
}

/// By how much log-odds must move so that their mean probability is the outcomes' rate, if it is surely another one
/// (|z| > 2); none with fewer than ten events or non-events.
#[must_use]
pub fn moved_prior(calibrated: &[f64], outcome: &[bool]) -> Option<f64> {
    let events = outcome.iter().filter(|&&event| event).count();
    let due: f64 = calibrated.iter().map(|x| probability(*x)).sum();
    let variance: f64 = calibrated.iter().map(|x| probability(*x) * probability(-x)).sum();
    if events.min(outcome.len() - events) < 10 || (events as f64 - due).abs() <= 2.0 * variance.sqrt() {
        return None;
    }
    newton(&[&vec![1.0; outcome.len()]], Some(calibrated), outcome).map(|found| found[0])
}

fn methods(outcome: &[bool]) -> Vec<Method> {
    let events = outcome.iter().filter(|&&event| event).count();
    let rarer = events.min(outcome.len() - events);
    let mut methods = vec![Method::None];
    if rarer >= 10 {
        methods.push(Method::PriorShift);
    }
    if rarer >= FEW {
        methods.extend([Method::Platt, Method::Beta]);
    }
    if rarer >= MANY {
        methods.push(Method::Isotonic);
    }
    methods
}

fn cross_fit(method: Method, raw: &[f64], outcome: &[bool], folds: &[usize]) -> Vec<f64> {
    let mut fitted = raw.to_vec();
    for fold in 0..FOLDS {
        let rows: Vec<usize> = (0..raw.len()).filter(|&row| folds[row] != fold).collect();
        let part: Vec<f64> = rows.iter().map(|&row| raw[row]).collect();
        let known: Vec<bool> = rows.iter().map(|&row| outcome[row]).collect();
        let map = learn(method, &part, &known);
        (0..raw.len()).filter(|&row| folds[row] == fold).for_each(|row| fitted[row] = map.apply(raw[row]));
    }
    fitted
}

fn row_losses(log_odds: &[f64], outcome: &[bool]) -> Vec<f64> {
    log_odds.iter().zip(outcome).map(|(x, &event)| log_loss(event, probability(*x))).collect()
}

fn learn(method: Method, raw: &[f64], outcome: &[bool]) -> Calibration {
    let constant = vec![1.0; raw.len()];
    match method {
        Method::None => Calibration::None,
        Method::PriorShift => newton(&[&constant], Some(raw), outcome)
            .map_or(Calibration::None, |found| Calibration::PriorShift { shift: found[0] }),
        Method::Platt => newton(&[&constant, raw], None, outcome)
            .filter(|found| found[1] > 0.0)
            .map_or(Calibration::None, |found| Calibration::Platt { slope: found[1], intercept: found[0] }),
        Method::Beta => beta(raw, outcome, &constant),
        Method::Isotonic => {
            let (from, to) = isotonic(raw, outcome);
            Calibration::Isotonic { from, to }
        }
    }
}

/// Beta calibration; a negative weight is set to 0 and the rest refitted, as in the paper.
fn beta(raw: &[f64], outcome: &[bool], constant: &[f64]) -> Calibration {
    let below: Vec<f64> = raw.iter().map(|x| ln_probability(*x)).collect();
    let above: Vec<f64> = raw.iter().map(|x| -ln_probability(-x)).collect();
    let found = newton(&[constant, &below, &above], None, outcome).and_then(|found| {
        if found[1] < 0.0 {
            newton(&[constant, &above], None, outcome).map(|found| vec![found[0], 0.0, found[1]])
        } else if found[2] < 0.0 {
            newton(&[constant, &below], None, outcome).map(|found| vec![found[0], found[1], 0.0])
        } else {
            Some(found)
        }
    });
    found.filter(|found| found[1] >= 0.0 && found[2] >= 0.0).map_or(Calibration::None, |found| Calibration::Beta {
        a: found[1],
        b: found[2],
        c: found[0],
    })
}

fn ln_probability(log_odds: f64) -> f64 {
    log_odds.min(0.0) - (-log_odds.abs()).exp().ln_1p()
}

/// Logistic regression on up to three columns by damped Newton; `None` without a finite solution. A trace of ridge keeps
/// collinear columns apart.
fn newton(columns: &[&[f64]], offset: Option<&[f64]>, outcome: &[bool]) -> Option<Vec<f64>> {
    let size = columns.len();
    let mut coefficients = vec![0.0; size];
    for _ in 0..100 {
        let (mut gradient, mut hessian) = (vec![0.0; size], vec![0.0; size * size]);
        for row in 0..outcome.len() {
            let eta = offset.map_or(0.0, |offset| offset[row])
                + columns.iter().zip(&coefficients).map(|(column, c)| c * column[row]).sum::<f64>();
            let p = probability(eta);
            for i in 0..size {
                gradient[i] += (p - f64::from(u8::from(outcome[row]))) * columns[i][row];
                for j in 0..=i {
                    hessian[i * size + j] += p * (1.0 - p) * columns[i][row] * columns[j][row];
                }
            }
        }
        (0..size).for_each(|i| hessian[i * size + i] += 1e-9 * outcome.len() as f64);
        let step = crate::stats::linear::Cholesky::new(hessian, size).ok()?.solve(&gradient);
        let largest = step.iter().fold(0.0f64, |most, s| most.max(s.abs()));
        let damp = (2.0 / largest).min(1.0);
        coefficients.iter_mut().zip(&step).for_each(|(c, s)| *c -= damp * s);
        if largest < 1e-10 {
            return Some(coefficients);
        }
        if !coefficients.iter().all(|c| c.abs() < 1e4) {
            return None;
        }
    }
    None
}

/// Piecewise linear, level beyond the ends.
fn interpolate(from: &[f64], to: &[f64], x: f64) -> f64 {
    let after = from.partition_point(|knot| *knot < x);
    match (after.checked_sub(1).map(|before| (from[before], to[before])), from.get(after)) {
        (None, Some(_)) => to[0],
        (Some((_, level)), None) => level,
        (Some((x0, y0)), Some(&x1)) => y0 + (to[after] - y0) * (x - x0) / (x1 - x0),
        (None, None) => log_odds(probability(x)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("c{i}")).collect()
    }

    /// Outcomes with exactly the given log-odds in every group of 200 rows of equal x.
    fn sample(true_log_odds: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<bool>) {
        let (mut raw, mut outcome) = (Vec::new(), Vec::new());
        for step in -20..=20 {
            let x = f64::from(step) / 10.0;
            let share = probability(true_log_odds(x));
            for i in 0..200 {
                raw.push(x);
                outcome.push(f64::from((i * 67) % 200) + 0.5 < 200.0 * share);
            }
        }
        (raw, outcome)
    }

    #[test]
    fn calibrated_scores_are_left_alone() {
        let (raw, outcome) = sample(|x| x);
        let customer: Vec<u32> = (0..u32::try_from(raw.len()).expect("small")).collect();
        let found = calibrate(&raw, &outcome, &customer, &ids(raw.len()));
        assert_eq!(found.calibration, Calibration::None);
    }

    #[test]
    fn a_moved_base_rate_is_a_shift_and_overconfidence_is_a_slope() {
        let (raw, outcome) = sample(|x| x - 1.0);
        let customer: Vec<u32> = (0..u32::try_from(raw.len()).expect("small")).collect();
        let names = ids(raw.len());
        let Calibration::PriorShift { shift } = calibrate(&raw, &outcome, &customer, &names).calibration else {
            unreachable!("a shift is enough")
        };
        assert!((shift + 1.0).abs() < 0.02, "{shift}");
        let (raw, outcome) = sample(|x| 0.5 * x);
        let found = calibrate(&raw, &outcome, &customer, &names).calibration;
        assert!((found.apply(1.0) - 0.5).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn a_base_rate_that_has_surely_moved_moves_the_intercept_and_chance_does_not() {
        let (raw, outcome) = sample(|x| x - 1.0);
        let shift = moved_prior(&raw, &outcome).expect("moved");
        assert!((shift + 1.0).abs() < 0.02, "{shift}");
        let (raw, outcome) = sample(|x| x);
        assert_eq!(moved_prior(&raw, &outcome), None);
        assert_eq!(Calibration::Platt { slope: 2.0, intercept: 1.0 }.moved(0.5).apply(1.0), 3.5);
    }

    #[test]
    fn isotonic_never_decreases() {
        let (raw, outcome) = sample(|x| x * x * x);
        let map = learn(Method::Isotonic, &raw, &outcome);
        let values: Vec<f64> = (-30..30).map(|i| map.apply(f64::from(i) / 10.0)).collect();
        assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
