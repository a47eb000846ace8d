//! Calibration: from the raw log-odds of a fit to log-odds one can take at their word.
//!
//! Learnt on rows the fit has not seen; chosen among none, prior shift, Platt, beta and isotonic by log loss under
//! cross-fitting over customer groups, the simplest within one standard error, and within 0.0003, of the best.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::explain::{log_odds, probability};
use super::folds::customer_fold;
use super::isotonic::isotonic;
use crate::evaluate::{log_loss, paired_difference};
use crate::stats::logistic::{ln_probability, newton};
use crate::stats::order;

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
    let all = Learning::new(raw, outcome);
    let parts: Vec<Learning> = (0..FOLDS).into_par_iter().map(|fold| all.only(|row| folds[row] != fold)).collect();
    let mut tried: Vec<Tried> =
        methods(outcome).into_par_iter().map(|method| Tried::new(method, &all, &parts, &folds)).collect();
    let total = |tried: &&Tried| tried.losses.iter().sum::<f64>();
    let best = tried.iter().min_by(|a, b| total(a).total_cmp(&total(b))).map(|tried| tried.losses.clone());
    let within = |tried: &Tried| {
        let difference = paired_difference(&tried.losses, best.as_ref().unwrap_or(&tried.losses), customer);
        difference.mean <= difference.standard_error.min(GIVEN_UP)
    };
    let chosen = tried.iter().position(within).unwrap_or_default();
    let Tried { map, cross_fitted, .. } = tried.swap_remove(chosen);
    Calibrated { calibration: map, cross_fitted }
}

/// A method's map, and what its maps of the other groups make of every row.
struct Tried {
    map: Calibration,
    cross_fitted: Vec<f64>,
    losses: Vec<f64>,
}

impl Tried {
    fn new(method: Method, all: &Learning, parts: &[Learning], folds: &[usize]) -> Self {
        let map = all.learn(method, None);
        let maps: Vec<Calibration> = parts.iter().map(|part| part.learn(method, Some(&map))).collect();
        let cross_fitted: Vec<f64> = all.raw.iter().zip(folds).map(|(raw, fold)| maps[*fold].apply(*raw)).collect();
        let losses = row_losses(&cross_fitted, &all.outcome);
        Self { map, cross_fitted, losses }
    }
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
    newton([&vec![1.0; outcome.len()]], Some(calibrated), outcome, [0.0]).map(|found| found[0])
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

fn row_losses(log_odds: &[f64], outcome: &[bool]) -> Vec<f64> {
    log_odds.iter().zip(outcome).map(|(x, &event)| log_loss(event, probability(*x))).collect()
}

/// Rows to learn maps from, with what several methods need of them.
struct Learning {
    raw: Vec<f64>,
    outcome: Vec<bool>,
    one: Vec<f64>,
    /// ln p and −ln(1 − p).
    below: Vec<f64>,
    above: Vec<f64>,
    /// Raw log-odds with their outcomes, ascending.
    ascending: Vec<(f64, bool)>,
    /// Positions of these.
    order: Vec<u32>,
}

impl Learning {
    fn new(raw: &[f64], outcome: &[bool]) -> Self {
        let mut keys: Vec<(u64, u32)> = (0..).zip(raw).map(|(row, raw)| (order::key(*raw), row)).collect();
        keys.sort_unstable();
        let order: Vec<u32> = keys.into_iter().map(|(_, row)| row).collect();
        Self {
            raw: raw.to_vec(),
            outcome: outcome.to_vec(),
            one: vec![1.0; raw.len()],
            below: raw.iter().map(|x| ln_probability(*x)).collect(),
            above: raw.iter().map(|x| -ln_probability(-x)).collect(),
            ascending: order.iter().map(|&row| (raw[row as usize], outcome[row as usize])).collect(),
            order,
        }
    }

    /// Some of the rows.
    fn only(&self, is_kept: impl Fn(usize) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.raw.len()).filter(|&row| is_kept(row)).collect();
        let of = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&row| values[row]).collect() };
        let kept = self.order.iter().zip(&self.ascending).filter(|(row, _)| is_kept(**row as usize));
        Self {
            raw: of(&self.raw),
            outcome: rows.iter().map(|&row| self.outcome[row]).collect(),
            one: vec![1.0; rows.len()],
            below: of(&self.below),
            above: of(&self.above),
            ascending: kept.map(|(_, known)| *known).collect(),
            order: Vec::new(),
        }
    }

    /// The map; `near` is one that was learnt on nearly the same rows.
    fn learn(&self, method: Method, near: Option<&Calibration>) -> Calibration {
        match method {
            Method::None => Calibration::None,
            Method::PriorShift => {
                let start = if let Some(Calibration::PriorShift { shift }) = near { [*shift] } else { [0.0] };
                newton([&self.one], Some(&self.raw), &self.outcome, start)
                    .map_or(Calibration::None, |[shift]| Calibration::PriorShift { shift })
            }
            Method::Platt => {
                let start = match near {
                    Some(Calibration::Platt { slope, intercept }) => [*intercept, *slope],
                    _ => [0.0; 2],
                };
                newton([&self.one, &self.raw], None, &self.outcome, start)
                    .filter(|[_, slope]| *slope > 0.0)
                    .map_or(Calibration::None, |[intercept, slope]| Calibration::Platt { slope, intercept })
            }
            Method::Beta => self.beta(near),
            Method::Isotonic => {
                let (from, to) = isotonic(&self.ascending);
                Calibration::Isotonic { from, to }
            }
        }
    }

    /// Beta calibration; a negative weight is set to 0 and the rest refitted, as in the paper.
    fn beta(&self, near: Option<&Calibration>) -> Calibration {
        let Self { one, below, above, outcome, .. } = self;
        let start = match near {
            Some(Calibration::Beta { a, b, c }) => [*c, *a, *b],
            _ => [0.0; 3],
        };
        let found = newton([one, below, above], None, outcome, start).and_then(|found| {
            if found[1] < 0.0 {
                newton([one, above], None, outcome, [0.0; 2]).map(|[c, b]| [c, 0.0, b])
            } else if found[2] < 0.0 {
                newton([one, below], None, outcome, [0.0; 2]).map(|[c, a]| [c, a, 0.0])
            } else {
                Some(found)
            }
        });
        found.filter(|[_, a, b]| *a >= 0.0 && *b >= 0.0).map_or(Calibration::None, |[c, a, b]| Calibration::Beta {
            a,
            b,
            c,
        })
    }
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
        let map = Learning::new(&raw, &outcome).learn(Method::Isotonic, None);
        let values: Vec<f64> = (-30..30).map(|i| map.apply(f64::from(i) / 10.0)).collect();
        assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
