//! One customer's score, or why there is none.

use super::reason::Weights;
use crate::model::{bounded, probability};

/// Why a customer is not scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Abstention {
    /// No promoted model could be applied.
    NoModel,
    /// The customer's history is shorter than that of anybody the model was fitted on.
    TooNew,
    /// Too many features lie outside everything the model has seen.
    OutOfRange,
    /// The newest outcome the model was fitted on lies more than a year before the night.
    Stale,
}

impl Abstention {
    /// What the column `status` says.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::NoModel => "abstained:no_model",
            Self::TooNew => "abstained:too_new",
            Self::OutOfRange => "abstained:out_of_range",
            Self::Stale => "abstained:stale",
        }
    }

    /// The word behind `abstained:`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.status().trim_start_matches("abstained:")
    }
}

/// What a model says about one row before ranks and bands are known.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Log-odds within the allowed range.
    pub log_odds: f64,
    /// Bounds of the 95 % interval, as log-odds.
    pub interval: (f64, f64),
    /// The model's intercept.
    pub intercept: f64,
    /// The five weightiest reasons and the rest.
    pub weights: Weights,
    /// What calibration, and the bounds of the scale, shift.
    pub calibration: f64,
}

impl Judged {
    /// Brings the log-odds inside the scale; what the bounds take away is part of the calibration shift.
    #[must_use]
    pub fn new(raw: f64, interval: (f64, f64), intercept: f64, weights: Weights, calibration: f64) -> Self {
        let calibration = calibration + (bounded(raw) - raw);
        Self {
            log_odds: bounded(raw),
            interval: (bounded(interval.0), bounded(interval.1)),
            intercept,
            weights,
            calibration,
        }
    }
}

/// A customer's score.
#[derive(Debug, Clone)]
pub struct Scored {
    /// What the model says.
    pub judged: Judged,
    /// Place among the scored customers of the target, from 1.
    pub rank: u32,
    /// Tenth of the list, 1 is the riskiest.
    pub decile: u32,
    /// Name of the band.
    pub band: String,
}

impl Scored {
    /// Probability of the target's outcome.
    #[must_use]
    pub fn score(&self) -> f64 {
        probability(self.judged.log_odds)
    }
}

/// One line of the scores.
#[derive(Debug, Clone)]
pub struct Row {
    /// The customer's id.
    pub customer: String,
    /// What the customer is worth; NaN if unknown.
    pub value: f64,
    /// The score, or why there is none.
    pub verdict: Result<Box<Scored>, Abstention>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log_odds;

    #[test]
    fn the_bounds_of_the_scale_are_part_of_the_calibration() {
        let judged = Judged::new(40.0, (39.0, 41.0), 10.0, Weights::default(), 30.0);
        assert!((probability(judged.log_odds) - (1.0 - 1e-6)).abs() < 1e-15);
        assert!((judged.intercept + judged.calibration - judged.log_odds).abs() < 1e-12);
        assert!(judged.interval.1 <= log_odds(1.0));
    }
}
