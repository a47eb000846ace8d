//! Several horizons from one discrete-time hazard logistic.
//!
//! Between two horizons h₍ₖ₋₁₎ and hₖ, whoever is still waiting meets the event with probability
//! logistic(γₖ + δₖ s), s the model's log-odds before calibration. Every customer is a row for every interval that was
//! seen to its end and that he reached; the intervals' levels γ and slopes δ are the coefficients of one penalised logistic
//! regression over these rows. With S₀ = 1 and Sₖ = S₍ₖ₋₁₎ (1 − hazardₖ) the probability 1 − Sₖ of an event within hₖ
//! cannot fall, the probability Sₖ of silence cannot rise: monotone by construction.
//!
//! The log-odds are those of models that have not seen the customer (folds grouped by customer), so that the slopes are
//! not those of a model that remembers its own rows. Where reasons of an end are known, the probability of each given an
//! end is a logistic regression of its own on the rows that ended; the shares sum to one, the causes to the total.

use serde::{Deserialize, Serialize};

use super::explain::probability;
use super::fit::{Effort, Problem, Start, fit_from};
use super::folds::customer_fold;
use super::panel::Panel;
use super::recipe::{Recipe, fit_recipe};
use super::train::FEWEST_EVENTS;
use super::{Error, Matrix, Model};
use crate::feature::FeatureFrame;
use crate::label::{Arrival, TimingBlock};
use crate::project::EndReason;

/// Folds whose customers are scored by models of the others.
const FOLDS: usize = 3;
/// Penalty of the levels: just enough to keep an interval without events finite.
const LEVEL_PENALTY: f64 = 1e-2;
/// Penalty of the differences between the intervals' slopes.
const SLOPE_PENALTY: f64 = 1.0;

/// A curve over the horizons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hazard {
    /// Ends of the intervals: days from the start of the label window, ascending.
    pub horizons: Vec<u32>,
    /// Whether the outcome is that nothing comes (`inactivity`): its probability is that of waiting on.
    pub is_absence: bool,
    /// γ, one per interval.
    pub levels: Vec<f64>,
    /// δ, one per interval.
    pub slopes: Vec<f64>,
    /// Customers times intervals it was learnt from.
    pub rows: usize,
    /// ‖gradient‖∞ / n at the coefficients, at most 1e-8.
    pub gradient: f64,
    /// How ends divide into reasons; none where the table does not say.
    pub causes: Option<Causes>,
}

/// Given an end, how likely each reason is: payment or not, and if not, other or voluntary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Causes {
    /// The end is for payment.
    pub payment: Share,
    /// An end that is not for payment is for some other reason than the customer's own choice.
    pub other: Share,
}

/// A probability given an end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// The same for everybody: too few ends of either side to tell customers apart.
    Constant(f64),
    /// By the features.
    Model(Box<Model>),
}

/// What a curve says about one customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Probability of the target's outcome within each horizon.
    pub outcome: Vec<f64>,
    /// Expected days until the event (for `inactivity`: until the silence ends), counted up to the longest horizon.
    pub expected_days: f64,
}

/// Shares of the reasons given an end; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reasons {
    /// The customer's own choice.
    pub voluntary: f64,
    /// A payment that failed for good.
    pub payment: f64,
    /// Anything else.
    pub other: f64,
}

/// What the learning of a curve needs beside the panel.
#[derive(Debug, Clone, Copy)]
pub struct HazardRequest<'a> {
    /// Ends of the intervals, ascending.
    pub horizons: &'a [u32],
    /// Whether the outcome is that nothing comes.
    pub is_absence: bool,
    /// What came when, in step with the frame's blocks.
    pub timing: &'a [TimingBlock],
    /// Positions of the model's features in the frame.
    pub positions: &'a [usize],
    /// How the model was made.
    pub recipe: &'a Recipe,
}

impl Hazard {
    /// Learns the curve from all rows of the panel.
    ///
    /// Horizons that no cutoff was seen to the end of are left out; `None` if none is left.
    ///
    /// # Errors
    /// [`Error`] when a fit fails.
    pub fn learn(panel: &Panel<'_>, request: &HazardRequest<'_>) -> Result<Option<Self>, Error> {
        let waits = waits(panel, request.timing);
        let longest = waits.iter().map(|wait| wait.observed_days).max().unwrap_or(0);
        let horizons: Vec<u32> = request.horizons.iter().copied().filter(|horizon| *horizon <= longest).collect();
        if horizons.is_empty() {
            return Ok(None);
        }
        let scores = cross_fitted(panel, request)?;
        let curve = Self::fit(&waits, &scores, &horizons, request.is_absence)?;
        let causes = if request.is_absence { None } else { Causes::learn(panel, &waits, request.positions)? };
        Ok(Some(Self { causes, ..curve }))
    }

    /// The curve alone, from log-odds and waits of the same rows.
    fn fit(waits: &[Wait], scores: &[f64], horizons: &[u32], is_absence: bool) -> Result<Self, Error> {
        let periods = Periods::new(waits, scores, horizons);
        let count = horizons.len();
        let mut columns = vec![periods.scores.clone()];
        for interval in 1..count {
            let own = periods.scores.iter().zip(&periods.interval);
            columns.push(own.map(|(s, k)| if usize::from(*k) == interval { *s } else { 0.0 }).collect());
        }
        let mut matrix = Matrix::dense(columns, periods.scores.len());
        matrix.push_group(count, periods.interval);
        let penalty: Vec<f64> =
            (0..2 * count).map(|j| if j == 0 || j >= count { LEVEL_PENALTY } else { SLOPE_PENALTY }).collect();
        let prior = vec![0.0; 2 * count];
        let problem = Problem { matrix: &matrix, outcome: &periods.event, penalty: &penalty, prior: &prior };
        let fitted = fit_from(problem, Start::scratch(problem), Effort::Certified)?;
        let coefficient = &fitted.coefficients;
        let slope = |k: usize| coefficient[0] + if k == 0 { 0.0 } else { coefficient[k] };
        Ok(Self {
            horizons: horizons.to_vec(),
            is_absence,
            levels: (0..count).map(|k| fitted.intercept + coefficient[count + k]).collect(),
            slopes: (0..count).map(slope).collect(),
            rows: matrix.rows,
            gradient: fitted.gradient,
            causes: None,
        })
    }

    /// The curve of a customer with those log-odds before calibration.
    #[must_use]
    pub fn curve(&self, log_odds: f64) -> Curve {
        let (mut waiting, mut expected_days, mut start) = (1.0, 0.0, 0.0);
        let mut outcome = Vec::with_capacity(self.horizons.len());
        for ((level, slope), horizon) in self.levels.iter().zip(&self.slopes).zip(&self.horizons) {
            let next = waiting * probability(-(level + slope * log_odds));
            let end = f64::from(*horizon);
            expected_days += (end - start) * f64::midpoint(waiting, next);
            (waiting, start) = (next, end);
            outcome.push(if self.is_absence { waiting } else { 1.0 - waiting });
        }
        Curve { outcome, expected_days }
    }
}

/// One row of the panel: what it waited for, and how long one could look.
#[derive(Debug, Clone, Copy)]
struct Wait {
    arrival: Arrival,
    observed_days: u32,
}

fn waits(panel: &Panel<'_>, timing: &[TimingBlock]) -> Vec<Wait> {
    let wait = |row: &super::RowRef| {
        let block = &timing[row.block as usize];
        Wait { arrival: block.arrivals[row.row as usize], observed_days: block.observed_days }
    };
    panel.rows.iter().map(wait).collect()
}

/// Customers times the intervals they reached and that were seen to the end.
#[derive(Debug, Default)]
struct Periods {
    scores: Vec<f64>,
    interval: Vec<u16>,
    event: Vec<bool>,
}

impl Periods {
    fn new(waits: &[Wait], scores: &[f64], horizons: &[u32]) -> Self {
        let mut periods = Self::default();
        for (wait, score) in waits.iter().zip(scores) {
            for (interval, &end) in (0..).zip(horizons) {
                if end > wait.observed_days {
                    break;
                }
                let comes = wait.arrival.after_days.is_some_and(|day| day < end);
                periods.scores.push(*score);
                periods.interval.push(interval);
                periods.event.push(comes);
                if comes {
                    break;
                }
            }
        }
        periods
    }
}

/// Log-odds of every row by a model of other customers.
fn cross_fitted(panel: &Panel<'_>, request: &HazardRequest<'_>) -> Result<Vec<f64>, Error> {
    let ids = &panel.frame.customers.ids;
    let fold_of: Vec<usize> =
        panel.customer.iter().map(|number| customer_fold(&ids[*number as usize], FOLDS)).collect();
    let mut found = vec![0.0; panel.len()];
    for fold in 0..FOLDS {
        let (others, own): (Vec<usize>, Vec<usize>) = (0..panel.len()).partition(|&row| fold_of[row] != fold);
        let model = fit_recipe(&panel.subset(&others), request.positions, request.recipe)?.model;
        let judged = panel.subset(&own);
        let log_odds = model.explain_rows(judged.frame, &judged.rows)?.log_odds;
        own.iter().zip(log_odds).for_each(|(&row, x)| found[row] = x);
    }
    Ok(found)
}

impl Causes {
    /// From the rows whose end came while it was looked for; `None` where no reason is known.
    fn learn(panel: &Panel<'_>, waits: &[Wait], positions: &[usize]) -> Result<Option<Self>, Error> {
        let reason = |row: usize| waits[row].arrival.after_days.and(waits[row].arrival.reason);
        let ended: Vec<usize> = (0..panel.len()).filter(|&row| reason(row).is_some()).collect();
        if ended.is_empty() {
            return Ok(None);
        }
        let is = |wanted: EndReason| move |row: usize| reason(row) == Some(wanted);
        let unpaid = is(EndReason::Payment);
        let rest: Vec<usize> = ended.iter().copied().filter(|&row| !unpaid(row)).collect();
        let payment = Share::learn(panel, &ended, unpaid, positions)?;
        Ok(Some(Self { payment, other: Share::learn(panel, &rest, is(EndReason::Other), positions)? }))
    }

    /// The shares of the reasons, for rows of a block.
    ///
    /// # Errors
    /// [`Error::FeatureMissing`] or [`Error::FeatureChanged`] when the frame is not what the model was trained on.
    pub fn shares(&self, frame: &FeatureFrame, block: usize, rows: &[usize]) -> Result<Vec<Reasons>, Error> {
        let (payment, other) = (self.payment.of(frame, block, rows)?, self.other.of(frame, block, rows)?);
        let divide = |(payment, other): (f64, f64)| {
            let other = (1.0 - payment) * other;
            Reasons { payment, other, voluntary: (1.0 - payment) - other }
        };
        Ok(payment.into_iter().zip(other).map(divide).collect())
    }
}

impl Share {
    fn learn(
        panel: &Panel<'_>,
        rows: &[usize],
        is: impl Fn(usize) -> bool,
        positions: &[usize],
    ) -> Result<Self, Error> {
        let mut ended = panel.subset(rows);
        ended.outcome = rows.iter().map(|&row| is(row)).collect();
        let events = ended.events();
        let constant = Self::Constant(if events == 0 { 0.0 } else { events as f64 / ended.len() as f64 });
        if events.min(ended.len() - events) < FEWEST_EVENTS {
            return Ok(constant);
        }
        // Ends are few: a stronger penalty than that of the model itself.
        let recipe = Recipe { penalty: 10.0, ..Recipe::LINEAR };
        match fit_recipe(&ended, positions, &recipe) {
            Ok(fitted) => Ok(Self::Model(Box::new(fitted.model))),
            Err(Error::NoFeatures { .. }) => Ok(constant),
            Err(error) => Err(error),
        }
    }

    fn of(&self, frame: &FeatureFrame, block: usize, rows: &[usize]) -> Result<Vec<f64>, Error> {
        match self {
            Self::Constant(share) => Ok(vec![*share; rows.len()]),
            Self::Model(model) => Ok(model.explain(frame, block, rows)?.scores()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HORIZONS: [u32; 4] = [7, 30, 90, 180];

    /// Numbers that look random and are the same everywhere.
    fn uniform(seed: u32) -> f64 {
        let mixed = (u64::from(seed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 32)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A world with a constant daily hazard of 0.002 e^s that is watched for 180, or for only 40 days.
    fn world(rows: u32, offset: u32) -> (Vec<Wait>, Vec<f64>) {
        let one = |row: u32| {
            let row = row + offset;
            let score = f64::from(row % 9) * 0.25 - 1.0;
            let days = -uniform(row).max(1e-12).ln() / (0.002 * score.exp());
            let observed_days = if row.is_multiple_of(4) { 40 } else { 180 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole days, at most 180")]
            let after_days = (days < f64::from(observed_days)).then_some(days as u32);
            (Wait { arrival: Arrival { after_days, reason: None }, observed_days }, score)
        };
        (0..rows).map(one).unzip()
    }

    #[test]
    fn the_curve_is_the_truth_of_a_simulated_world_and_holds_on_a_later_slice() {
        let (waits, scores) = world(60_000, 0);
        let hazard = Hazard::fit(&waits, &scores, &HORIZONS, false).expect("a fit");
        assert!(hazard.gradient <= 1e-8);
        let (later, of_later) = world(60_000, 1_000_000);
        for (k, horizon) in HORIZONS.iter().enumerate() {
            for score in [-1.0, 0.0, 1.0] {
                let truth = 1.0 - (-0.002 * f64::exp(score) * f64::from(*horizon)).exp();
                let found = hazard.curve(score).outcome[k];
                assert!((found - truth).abs() < 0.02, "{horizon} days at {score}: {found} is not {truth}");
            }
            let seen = || later.iter().zip(&of_later).filter(|(wait, _)| wait.observed_days >= *horizon);
            let came = seen().filter(|(wait, _)| wait.arrival.after_days.is_some_and(|day| day < *horizon)).count();
            let told: f64 = seen().map(|(_, score)| hazard.curve(*score).outcome[k]).sum();
            let n = seen().count() as f64;
            assert!((came as f64 - told).abs() / n < 0.01, "{horizon} days: {came} came, {told} told");
        }
    }

    #[test]
    fn without_differences_it_is_the_empirical_hazard() {
        let (waits, _) = world(20_000, 5);
        let hazard = Hazard::fit(&waits, &vec![0.0; waits.len()], &HORIZONS, false).expect("a fit");
        let mut start = 0;
        for (k, end) in HORIZONS.into_iter().enumerate() {
            let day = |wait: &&Wait| wait.arrival.after_days.unwrap_or(u32::MAX);
            let reached = || waits.iter().filter(|wait| wait.observed_days >= end && day(wait) >= start);
            let share = reached().filter(|wait| day(wait) < end).count() as f64 / reached().count() as f64;
            assert!((probability(hazard.levels[k]) - share).abs() < 1e-4, "interval to {end}");
            start = end;
        }
    }

    #[test]
    fn curves_are_monotone_whatever_the_coefficients() {
        let mut hazard = Hazard {
            horizons: HORIZONS.to_vec(),
            is_absence: false,
            levels: vec![-2.0, 3.0, -9.0, 0.5],
            slopes: vec![1.0, -4.0, 0.0, 2.0],
            rows: 1,
            gradient: 0.0,
            causes: None,
        };
        for score in [-20.0, -1.0, 0.0, 0.3, 20.0] {
            let rising = hazard.curve(score);
            assert!(rising.outcome.windows(2).all(|pair| pair[0] <= pair[1]));
            assert!((0.0..=180.0).contains(&rising.expected_days));
            hazard.is_absence = true;
            let falling = hazard.curve(score);
            assert!(falling.outcome.windows(2).all(|pair| pair[0] >= pair[1]));
            let sum = |k: usize| rising.outcome[k] + falling.outcome[k];
            assert!((0..4).all(|k| (sum(k) - 1.0).abs() < 1e-12));
            hazard.is_absence = false;
        }
    }
}
