//! All metrics of one set of scores.

use serde::Serialize;

use super::{Curve, Decile};
use crate::stats::distribution::Z95;
use crate::stats::{Interval, logistic};

/// Scores are clamped to [this, 1 − this] before their logarithm is taken.
const SMALLEST: f64 = 1e-6;
/// Rows worked on at once.
const ROWS_AT_ONCE: usize = 256;

/// Metrics of scores on known outcomes; undefined values are null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// Rows.
    pub n: usize,
    /// Rows with the event.
    pub events: usize,
    /// events / n.
    pub base_rate: f64,
    /// Area under the ROC curve, midranks.
    pub auc: Option<f64>,
    /// Lower end of `DeLong`'s 95 % interval.
    pub auc_low: Option<f64>,
    /// Upper end.
    pub auc_high: Option<f64>,
    /// `Σ (R_k − R_{k−1}) P_k`.
    pub average_precision: Option<f64>,
    /// Mean −ln(probability of what happened).
    pub log_loss: f64,
    /// Mean squared difference of score and outcome.
    pub brier: f64,
    /// 1 − Brier / (base rate · (1 − base rate)).
    pub brier_skill: Option<f64>,
    /// b of the logistic fit outcome ~ a + b · ln(score / (1 − score)); 1 is right, below 1 over-confident.
    pub calibration_slope: Option<f64>,
    /// Lower end of the slope's 95 % interval.
    pub calibration_slope_low: Option<f64>,
    /// Upper end.
    pub calibration_slope_high: Option<f64>,
    /// a of the same fit; 0 is right.
    pub calibration_intercept: Option<f64>,
    /// Event rate minus mean score, in probability: 0.02 means two points too low.
    pub calibration_in_the_large: f64,
    /// Expected calibration error over ten bins of equal mass.
    pub ece: f64,
    /// Kolmogorov–Smirnov statistic.
    pub ks: Option<f64>,
    /// Event rate among the riskiest tenth over the base rate, averaged over ties.
    pub lift_at_10: Option<f64>,
    /// Ten equal parts, riskiest first.
    pub deciles: Vec<Decile>,
}

impl Metrics {
    /// The slope's 95 % interval.
    #[must_use]
    pub fn slope_interval(&self) -> Option<Interval> {
        Some(Interval { low: self.calibration_slope_low?, high: self.calibration_slope_high? })
    }
}

/// All metrics of `scores` (probabilities) for `outcomes`, equal lengths n ≥ 1.
#[must_use]
pub fn metrics(outcomes: &[bool], scores: &[f64]) -> Metrics {
    let n = outcomes.len();
    let events = outcomes.iter().filter(|&&event| event).count();
    let base_rate = events as f64 / n as f64;
    let curve = Curve::new(outcomes, scores);
    let area = curve.auc();
    let brier = mean(outcomes.iter().zip(scores).map(|(&event, score)| (score - value(event)).powi(2)));
    let spread = base_rate * (1.0 - base_rate);
    let recalibration = recalibration(outcomes, scores);
    Metrics {
        n,
        events,
        base_rate,
        auc: area.map(|auc| auc.value),
        auc_low: area.map(|auc| auc.interval().low),
        auc_high: area.map(|auc| auc.interval().high),
        average_precision: curve.average_precision(),
        log_loss: mean(outcomes.iter().zip(scores).map(|(&event, &score)| log_loss(event, score))),
        brier,
        brier_skill: (spread > 0.0).then(|| 1.0 - brier / spread),
        calibration_slope: recalibration.map(|line| line.slope),
        calibration_slope_low: recalibration.map(|line| line.slope - Z95 * line.slope_error),
        calibration_slope_high: recalibration.map(|line| line.slope + Z95 * line.slope_error),
        calibration_intercept: recalibration.map(|line| line.intercept),
        calibration_in_the_large: base_rate - mean(scores.iter().copied()),
        ece: curve.equal_mass_calibration_error(),
        ks: curve.ks(),
        lift_at_10: curve.lift(0.1),
        deciles: curve.deciles(),
    }
}

/// −ln(probability given to what happened), the score clamped to [1e-6, 1 − 1e-6].
#[must_use]
pub fn log_loss(event: bool, score: f64) -> f64 {
    let score = score.clamp(SMALLEST, 1.0 - SMALLEST);
    if event { -score.ln() } else { -(-score).ln_1p() }
}

fn value(event: bool) -> f64 {
    f64::from(u8::from(event))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

#[derive(Debug, Clone, Copy)]
struct Recalibration {
    intercept: f64,
    slope: f64,
    slope_error: f64,
}

/// Unpenalised logistic fit of the outcome on the score's log-odds, by Newton; `None` when it has no finite solution
/// (one class, constant or separating scores).
fn recalibration(outcomes: &[bool], scores: &[f64]) -> Option<Recalibration> {
    let log_odds: Vec<f64> = scores.iter().map(|score| odds(*score)).collect();
    let centre = mean(log_odds.iter().copied());
    let centred: Vec<f64> = log_odds.into_iter().map(|x| x - centre).collect();
    let (mut a, mut b) = (0.0f64, 0.0f64);
    for _ in 0..100 {
        let Sums { g0, g1, h00, h01, h11 } = Sums::of(outcomes, &centred, (a, b));
        let determinant = h00 * h11 - h01 * h01;
        if determinant.is_nan() || determinant <= 1e-12 * h00 * h11.max(1e-300) || b.abs() > 1e3 {
            return None;
        }
        let (da, db) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
        let damp = (2.0 / da.abs().max(db.abs())).min(1.0);
        a += damp * da;
        b += damp * db;
        // What is left to go is of the order of its square.
        if da.abs().max(db.abs()) < 1e-7 {
            return Some(Recalibration {
                intercept: a - b * centre,
                slope: b,
                slope_error: (h00 / determinant).sqrt(),
            });
        }
    }
    None
}

/// Gradient (upwards) and curvature of the fit of a line.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    g0: f64,
    g1: f64,
    h00: f64,
    h01: f64,
    h11: f64,
}

impl Sums {
    fn of(outcomes: &[bool], x: &[f64], (a, b): (f64, f64)) -> Self {
        let mut sums = Self::default();
        let (mut residual, mut weight) = ([0.0; ROWS_AT_ONCE], [0.0; ROWS_AT_ONCE]);
        for (outcomes, x) in outcomes.chunks(ROWS_AT_ONCE).zip(x.chunks(ROWS_AT_ONCE)) {
            let (residual, weight) = (&mut residual[..x.len()], &mut weight[..x.len()]);
            residual.iter_mut().zip(x).for_each(|(eta, x)| *eta = a + b * x);
            logistic::slopes(residual, outcomes, weight);
            for ((x, residual), weight) in x.iter().zip(residual.iter()).zip(weight.iter()) {
                sums.g0 -= residual;
                sums.g1 -= residual * x;
                sums.h00 += weight;
                sums.h01 += weight * x;
                sums.h11 += weight * x * x;
            }
        }
        sums
    }
}

fn odds(score: f64) -> f64 {
    let score = score.clamp(SMALLEST, 1.0 - SMALLEST);
    score.ln() - (-score).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibrated_score_has_slope_one() {
        // Each score occurs with exactly its share of events.
        let mut outcomes = Vec::new();
        let mut scores = Vec::new();
        for (score, events) in [(0.1, 10), (0.3, 30), (0.8, 80)] {
            for i in 0..100 {
                outcomes.push(i < events);
                scores.push(score);
            }
        }
        let found = metrics(&outcomes, &scores);
        assert!((found.calibration_slope.expect("a slope") - 1.0).abs() < 1e-9);
        assert!(found.calibration_intercept.expect("an intercept").abs() < 1e-9);
        assert!(found.calibration_in_the_large.abs() < 1e-12);
        assert!((found.base_rate - 0.4).abs() < 1e-15);
    }

    #[test]
    fn separating_or_constant_scores_have_no_slope() {
        assert_eq!(metrics(&[true, false], &[0.9, 0.1]).calibration_slope, None);
        assert_eq!(metrics(&[true, false], &[0.5, 0.5]).calibration_slope, None);
    }
}
