//! The gate: whether a trained model may be promoted.

use serde::Serialize;

use super::{Metrics, PairedDifference};
use crate::stats::Interval;

/// The slopes that are tolerated: refused when the interval of the measured slope has no point in here.
const TOLERATED_SLOPE: Interval = Interval { low: 0.8, high: 1.25 };

/// One-sided 95 % multiplier of a gain's standard error.
const SURE: f64 = 1.645;

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Good enough.
    Promote,
    /// Not promoted; the last good model stands.
    Refuse,
}

/// The verdict and its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// The verdict.
    pub verdict: Verdict,
    /// One sentence for each rule that refused; empty when promoted.
    pub reasons: Vec<String>,
}

impl Gate {
    /// Judges the latest slice: there must be signal (lower AUC bound > 0.5, and `gain`, by how much the log loss is
    /// smaller than with the base rate for everybody, surely above 0), and the probabilities must be usable (the interval
    /// of the calibration slope meets [0.8, 1.25]).
    #[must_use]
    pub fn judge(metrics: &Metrics, gain: PairedDifference) -> Self {
        let signal = too_little_signal(metrics).or_else(|| no_gain(metrics, gain));
        let reasons: Vec<String> = [signal, not_calibrated(metrics)].into_iter().flatten().collect();
        Self::from_reasons(reasons)
    }

    /// Refuses for the reasons given; promotes without any.
    #[must_use]
    pub fn from_reasons(reasons: Vec<String>) -> Self {
        let verdict = if reasons.is_empty() { Verdict::Promote } else { Verdict::Refuse };
        Self { verdict, reasons }
    }

    /// The same gate with one more reason to refuse, if there is one.
    #[must_use]
    pub fn and(self, reason: Option<String>) -> Self {
        Self::from_reasons(self.reasons.into_iter().chain(reason).collect())
    }

    /// Whether the model may be promoted.
    #[must_use]
    pub fn promotes(&self) -> bool {
        self.verdict == Verdict::Promote
    }
}

fn too_little_signal(metrics: &Metrics) -> Option<String> {
    let (auc, low) = (metrics.auc.unwrap_or(0.5), metrics.auc_low.unwrap_or(0.0));
    (low <= 0.5).then(|| {
        format!(
            "too little signal: AUC {auc:.3} with a lower bound of {low:.3} on the latest slice ({} customers, {} events) \
             cannot be told from chance",
            metrics.n, metrics.events
        )
    })
}

fn no_gain(metrics: &Metrics, gain: PairedDifference) -> Option<String> {
    (gain.mean - SURE * gain.standard_error <= 0.0).then(|| {
        format!(
            "too little signal: the probabilities are no better than the base rate {:.3} for everybody (log loss lower by \
             {:.4} ± {:.4} on the latest slice, {} customers, {} events)",
            metrics.base_rate, gain.mean, gain.standard_error, metrics.n, metrics.events
        )
    })
}

fn not_calibrated(metrics: &Metrics) -> Option<String> {
    let slope = metrics.slope_interval()?;
    (!slope.overlaps(TOLERATED_SLOPE)).then(|| {
        format!(
            "probabilities not usable: the calibration slope lies in [{:.2}, {:.2}], outside [0.80, 1.25]",
            slope.low, slope.high
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::metrics;

    #[test]
    fn noise_is_refused_and_signal_is_promoted() {
        let outcomes: Vec<bool> = (0..400).map(|i| i % 3 == 0).collect();
        let noise: Vec<f64> = (0..400).map(|i| 0.2 + 0.3 * (f64::from(i) * 0.7).sin().abs()).collect();
        let flat = PairedDifference { mean: 0.0, standard_error: 0.01 };
        let gate = Gate::judge(&metrics(&outcomes, &noise), flat);
        assert_eq!(gate.verdict, Verdict::Refuse);
        assert!(gate.reasons[0].starts_with("too little signal"), "{gate:?}");
        let signal: Vec<f64> = (0..400).map(|i| if (i % 3 == 0) == (i % 10 != 0) { 0.8 } else { 0.1 }).collect();
        let clear = PairedDifference { mean: 0.1, standard_error: 0.01 };
        assert!(Gate::judge(&metrics(&outcomes, &signal), clear).promotes());
        assert!(!Gate::judge(&metrics(&outcomes, &signal), flat).promotes());
    }
}
