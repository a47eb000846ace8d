//! The score-change ledger: last run's log-odds to this run's, split without a remainder.
//!
//! Four standpoints are passed through one after the other, each changing one thing:
//! 1. the last run's model on what was known then (published),
//! 2. the same model today, had the customer stayed silent since (*ageing*),
//! 3. the same model today on what really happened (*new behaviour*, late and corrected rows included),
//! 4. today's model on the same (*model change*), with its calibration (*calibration change*).
//!
//! Each part is the difference of two neighbours, so the parts sum to the change exactly.

/// What one model says about one state of a customer, before and through calibration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standpoint {
    /// Intercept and contributions.
    pub raw: f64,
    /// What calibration, and the bounds of the scale, add.
    pub calibration: f64,
}

impl Standpoint {
    /// The log-odds.
    #[must_use]
    pub fn log_odds(self) -> f64 {
        self.raw + self.calibration
    }
}

/// A change of log-odds and its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ledger {
    /// The last run's log-odds.
    pub before: f64,
    /// Rows of the customer that were not known then.
    pub new_behaviour: f64,
    /// Time that went by in silence.
    pub ageing: f64,
    /// Other coefficients.
    pub model_change: f64,
    /// Other calibration.
    pub calibration_change: f64,
    /// This run's log-odds.
    pub after: f64,
}

impl Ledger {
    /// The ledger between the published log-odds and today's.
    ///
    /// `then` is the last run's model on what is now known about that day, `silent` and `now` are the same model today
    /// without and with the rows since, `renewed` is today's model. Where late rows have changed the picture of that
    /// day, the difference between `published` and `then` counts as new behaviour.
    #[must_use]
    pub fn new(published: f64, then: Standpoint, silent: Standpoint, now: Standpoint, renewed: Standpoint) -> Self {
        Self {
            before: published,
            ageing: silent.log_odds() - then.log_odds(),
            new_behaviour: (now.log_odds() - silent.log_odds()) + (then.log_odds() - published),
            model_change: renewed.raw - now.raw,
            calibration_change: renewed.calibration - now.calibration,
            after: renewed.log_odds(),
        }
    }

    /// Sum of the parts.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.new_behaviour + self.ageing + self.model_change + self.calibration_change
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standpoint() -> impl Strategy<Value = Standpoint> {
        (-20.0..20.0, -5.0..5.0).prop_map(|(raw, calibration)| Standpoint { raw, calibration })
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_change(
            published in -20.0..20.0,
            then in standpoint(),
            silent in standpoint(),
            now in standpoint(),
            renewed in standpoint(),
        ) {
            let ledger = Ledger::new(published, then, silent, now, renewed);
            prop_assert!((ledger.before + ledger.total() - ledger.after).abs() < 1e-9);
        }
    }

    #[test]
    fn a_silent_customer_of_an_unchanged_model_only_ages() {
        let then = Standpoint { raw: -1.0, calibration: 0.1 };
        let later = Standpoint { raw: -0.5, calibration: 0.2 };
        let ledger = Ledger::new(then.log_odds(), then, later, later, later);
        assert!((ledger.ageing - 0.6).abs() < 1e-12);
        assert_eq!([ledger.new_behaviour, ledger.model_change, ledger.calibration_change], [0.0; 3]);
    }
}
