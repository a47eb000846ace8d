//! Calibration: from the raw log-odds of a fit to log-odds one can take at their word.
//!
//! Learnt on rows the fit has not seen; chosen among none, prior shift, Platt, beta and isotonic by log loss under
//! cross-fitting over customer groups, the simplest within one standard error, and within 0.0003, of the best.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::explain::{log_odds as log_odds_of, probability};
use super::isotonic::isotonic;
use crate::evaluate::paired_difference;
use crate::stats::logistic::{Rows, ln_probability, newton, newton_without_each};
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

    /// Turns all of them into calibrated log-odds.
    pub fn apply_all(&self, raw: &mut [f64]) {
        match self {
            Self::Beta { a, b, c } => {
                for x in raw {
                    *x = c + a * ln_probability(*x) - b * ln_probability(-*x);
                }
            }
            map => {
                for x in raw {
                    *x = map.apply(*x);
                }
            }
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

/// Folds of customers that the maps are cross-fitted over.
pub(super) const FOLDS: usize = 5;
/// Log loss given up for a simpler map, at most.
const GIVEN_UP: f64 = 0.0003;
/// Fewer events or non-events than this allow nothing but a shift.
const FEW: usize = 50;
/// Isotonic regression needs at least this many of each.
const MANY: usize = 500;

/// Chooses and learns the map for held-out raw log-odds. `group_of` is what each row's customer leaves by a multiple of
/// [`FOLDS`]: see [`customer_fold`](super::customer_fold).
#[must_use]
pub fn calibrate(raw: &[f64], outcome: &[bool], customer: &[u32], group_of: &[u8]) -> Calibrated {
    let fold_of: Vec<usize> = group_of.iter().map(|group| usize::from(*group) % FOLDS).collect();
    let learning = Learning::new(raw, outcome, &fold_of);
    let mut tried: Vec<Tried> =
        methods(outcome).into_par_iter().map(|method| Tried::new(method, &learning, raw, outcome, &fold_of)).collect();
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
    fn new(method: Method, learning: &Learning, raw: &[f64], outcome: &[bool], fold_of: &[usize]) -> Self {
        let (map, maps) = learning.learn(method);
        let cross_fitted: Vec<f64> = raw.iter().zip(fold_of).map(|(raw, fold)| maps[*fold].apply(*raw)).collect();
        let losses = row_losses(&cross_fitted, outcome);
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
    let rows = Rows { columns: [&vec![1.0; outcome.len()][..]], offset: Some(calibrated), outcome };
    newton(&[rows], [0.0]).map(|found| found[0])
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

/// −ln of the probability of what happened, the probability kept within [1e-6, 1 − 1e-6].
fn row_losses(log_odds: &[f64], outcome: &[bool]) -> Vec<f64> {
    let (low, high) = (log_odds_of(0.0), log_odds_of(1.0));
    let loss = |(x, event): (&f64, &bool)| -ln_probability((if *event { *x } else { -x }).clamp(low, high));
    log_odds.iter().zip(outcome).map(loss).collect()
}

/// Rows to learn maps from, by fold.
struct Learning {
    folds: Vec<Fold>,
    /// Raw log-odds with their outcomes and folds, ascending.
    ascending: Vec<(f64, bool, usize)>,
}

/// The rows of a fold, with what several methods need of them.
#[derive(Default)]
struct Fold {
    raw: Vec<f64>,
    outcome: Vec<bool>,
    one: Vec<f64>,
    /// ln p and −ln(1 − p).
    below: Vec<f64>,
    above: Vec<f64>,
}

impl Fold {
    fn new(raw: Vec<f64>, outcome: Vec<bool>) -> Self {
        Self {
            one: vec![1.0; raw.len()],
            below: raw.iter().map(|x| ln_probability(*x)).collect(),
            above: raw.iter().map(|x| -ln_probability(-x)).collect(),
            raw,
            outcome,
        }
    }

    fn rows<'a, const N: usize>(&'a self, columns: [&'a [f64]; N]) -> Rows<'a, N> {
        Rows { columns, offset: None, outcome: &self.outcome }
    }
}

impl Learning {
    fn new(raw: &[f64], outcome: &[bool], fold_of: &[usize]) -> Self {
        let mut keys: Vec<(u64, u32)> = (0..).zip(raw).map(|(row, raw)| (order::key(*raw), row)).collect();
        keys.sort_unstable();
        let of_row = |row: usize| (raw[row], outcome[row], fold_of[row]);
        let fold = |fold: usize| {
            let rows = (0..raw.len()).filter(|&row| fold_of[row] == fold);
            let (raw, outcome) = rows.map(|row| (raw[row], outcome[row])).unzip();
            Fold::new(raw, outcome)
        };
        Self {
            folds: (0..FOLDS).into_par_iter().map(fold).collect(),
            ascending: keys.into_iter().map(|(_, row)| of_row(row as usize)).collect(),
        }
    }

    /// The map learnt on all rows, and those learnt without each fold.
    fn learn(&self, method: Method) -> (Calibration, Vec<Calibration>) {
        match method {
            Method::None => (Calibration::None, vec![Calibration::None; FOLDS]),
            Method::PriorShift => {
                let rows = self.folds.iter().map(|fold| Rows { offset: Some(&fold.raw), ..fold.rows([&fold.one]) });
                let map = |[shift]: [f64; 1]| Some(Calibration::PriorShift { shift });
                fits(&rows.collect::<Vec<_>>(), [0.0], map)
            }
            Method::Platt => {
                let rows: Vec<_> = self.folds.iter().map(|fold| fold.rows([&fold.one, &fold.raw])).collect();
                let map =
                    |[intercept, slope]: [f64; 2]| (slope > 0.0).then_some(Calibration::Platt { slope, intercept });
                fits(&rows, [0.0, 1.0], map)
            }
            Method::Beta => self.beta(),
            Method::Isotonic => {
                let without = |left_out: usize| {
                    let kept = self.ascending.iter().filter(|(_, _, fold)| *fold != left_out);
                    let (from, to) = isotonic(&kept.map(|(raw, event, _)| (*raw, *event)).collect::<Vec<_>>());
                    Calibration::Isotonic { from, to }
                };
                // No row lies in a fold after the last.
                (without(FOLDS), (0..FOLDS).into_par_iter().map(without).collect())
            }
        }
    }

    /// Beta calibration; a negative weight is set to 0 and the rest refitted, as in the paper.
    fn beta(&self) -> (Calibration, Vec<Calibration>) {
        let rows: Vec<_> = self.folds.iter().map(|fold| fold.rows([&fold.one, &fold.below, &fold.above])).collect();
        let all = newton(&rows, [0.0, 1.0, 1.0]);
        let each = newton_without_each(&rows, all.unwrap_or([0.0, 1.0, 1.0]));
        let others = |left_out: usize| (0..FOLDS).filter(move |fold| *fold != left_out).map(|fold| &self.folds[fold]);
        let map = |found: Option<[f64; 3]>, left_out: usize| {
            let kept = match found {
                Some([_, a, _]) if a < 0.0 => {
                    let rows: Vec<_> = others(left_out).map(|fold| fold.rows([&fold.one, &fold.above])).collect();
                    newton(&rows, [0.0; 2]).map(|[c, b]| [c, 0.0, b])
                }
                Some([_, _, b]) if b < 0.0 => {
                    let rows: Vec<_> = others(left_out).map(|fold| fold.rows([&fold.one, &fold.below])).collect();
                    newton(&rows, [0.0; 2]).map(|[c, a]| [c, a, 0.0])
                }
                found => found,
            };
            let kept = kept.filter(|[_, a, b]| *a >= 0.0 && *b >= 0.0);
            kept.map_or(Calibration::None, |[c, a, b]| Calibration::Beta { a, b, c })
        };
        (map(all, FOLDS), each.into_iter().enumerate().map(|(fold, found)| map(found, fold)).collect())
    }
}

/// The maps of the coefficients on all parts, and on all but each of them.
fn fits<const N: usize>(
    parts: &[Rows<'_, N>],
    start: [f64; N],
    map: impl Fn([f64; N]) -> Option<Calibration>,
) -> (Calibration, Vec<Calibration>) {
    let all = newton(parts, start);
    let each = newton_without_each(parts, all.unwrap_or(start));
    let map = |found: Option<[f64; N]>| found.and_then(&map).unwrap_or(Calibration::None);
    (map(all), each.into_iter().map(map).collect())
}

/// Piecewise linear, level beyond the ends.
fn interpolate(from: &[f64], to: &[f64], x: f64) -> f64 {
    let after = from.partition_point(|knot| *knot < x);
    match (after.checked_sub(1).map(|before| (from[before], to[before])), from.get(after)) {
        (None, Some(_)) => to[0],
        (Some((_, level)), None) => level,
        (Some((x0, y0)), Some(&x1)) => y0 + (to[after] - y0) * (x - x0) / (x1 - x0),
        (None, None) => log_odds_of(probability(x)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(n: usize) -> Vec<u8> {
        (0..n).map(|i| u8::try_from((i * 7 + i / 11) % (4 * FOLDS)).expect("small")).collect()
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
        let found = calibrate(&raw, &outcome, &customer, &groups(raw.len()));
        assert_eq!(found.calibration, Calibration::None);
    }

    #[test]
    fn a_moved_base_rate_is_a_shift_and_overconfidence_is_a_slope() {
        let (raw, outcome) = sample(|x| x - 1.0);
        let customer: Vec<u32> = (0..u32::try_from(raw.len()).expect("small")).collect();
        let groups = groups(raw.len());
        let Calibration::PriorShift { shift } = calibrate(&raw, &outcome, &customer, &groups).calibration else {
            unreachable!("a shift is enough")
        };
        assert!((shift + 1.0).abs() < 0.02, "{shift}");
        let (raw, outcome) = sample(|x| 0.5 * x);
        let found = calibrate(&raw, &outcome, &customer, &groups).calibration;
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
        let fold_of: Vec<usize> = (0..raw.len()).map(|row| row % FOLDS).collect();
        let (map, _) = Learning::new(&raw, &outcome, &fold_of).learn(Method::Isotonic);
        let values: Vec<f64> = (-30..30).map(|i| map.apply(f64::from(i) / 10.0)).collect();
        assert!(values.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
