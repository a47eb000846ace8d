//! Area under the ROC curve by midranks, with `DeLong`'s variance.

use serde::Serialize;

use super::Curve;
use crate::stats::distribution::Z95;
use crate::stats::{Interval, order};

/// An AUC and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Auc {
    /// P(score of an event > score of a non-event) + ½ P(equal).
    pub value: f64,
    /// `DeLong`'s standard error.
    pub standard_error: f64,
}

impl Auc {
    /// The 95 % interval, cut to [0, 1].
    #[must_use]
    pub fn interval(&self) -> Interval {
        let wide = Interval::around(self.value, Z95 * self.standard_error);
        Interval { low: wide.low.max(0.0), high: wide.high.min(1.0) }
    }
}

/// The AUC of `scores` for `outcomes`; `None` when one class is missing.
///
/// See [`Curve::auc`].
#[must_use]
pub fn auc(outcomes: &[bool], scores: &[f64]) -> Option<Auc> {
    Curve::new(outcomes, scores).auc()
}

/// The AUC alone, by one sort: the rank-sum statistic with midranks; `None` when one class is missing.
#[must_use]
pub fn auc_value(outcomes: &[bool], scores: &[f64]) -> Option<f64> {
    let events = outcomes.iter().filter(|&&event| event).count() as f64;
    let others = outcomes.len() as f64 - events;
    let mut rows: Vec<(u64, bool)> =
        scores.iter().zip(outcomes).map(|(score, &event)| (order::key(*score), event)).collect();
    rows.sort_unstable_by_key(|(key, _)| *key);
    let (mut before, mut sum) = (0usize, 0.0);
    for ties in rows.chunk_by(|a, b| a.0 == b.0) {
        let midrank = before as f64 + (ties.len() + 1) as f64 / 2.0;
        sum += midrank * ties.iter().filter(|(_, event)| *event).count() as f64;
        before += ties.len();
    }
    (events > 0.0 && others > 0.0).then(|| (sum - events * (events + 1.0) / 2.0) / (events * others))
}

/// The difference AUC(a) − AUC(b) of two scores of the same rows, with the standard error of the paired difference.
#[must_use]
pub fn auc_difference(outcomes: &[bool], a: &[f64], b: &[f64]) -> Option<Auc> {
    let (a, b) = (Placements::new(outcomes, a)?, Placements::new(outcomes, b)?);
    let variance = a.covariance(&a) + b.covariance(&b) - 2.0 * a.covariance(&b);
    Some(Auc { value: a.auc - b.auc, standard_error: variance.max(0.0).sqrt() })
}

/// For every event the share of non-events below it, for every non-event the share of events above it.
struct Placements {
    auc: f64,
    events: Vec<f64>,
    others: Vec<f64>,
}

impl Placements {
    fn new(outcomes: &[bool], scores: &[f64]) -> Option<Self> {
        let total_events = outcomes.iter().filter(|&&event| event).count();
        let total_others = outcomes.len() - total_events;
        if total_events == 0 || total_others == 0 {
            return None;
        }
        let all = midranks(scores, |_| true);
        let within_events = midranks(scores, |i| outcomes[i]);
        let within_others = midranks(scores, |i| !outcomes[i]);
        let (mut events, mut others) = (Vec::with_capacity(total_events), Vec::with_capacity(total_others));
        for (i, &event) in outcomes.iter().enumerate() {
            if event {
                events.push((all[i] - within_events[i]) / total_others as f64);
            } else {
                others.push(1.0 - (all[i] - within_others[i]) / total_events as f64);
            }
        }
        Some(Self { auc: mean(&events), events, others })
    }

    fn covariance(&self, other: &Self) -> f64 {
        covariance(&self.events, &other.events) / self.events.len() as f64
            + covariance(&self.others, &other.others) / self.others.len() as f64
    }
}

/// Midranks (1-based) of the chosen scores among themselves; 0 for the rest.
fn midranks(scores: &[f64], chosen: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut order: Vec<(u64, usize)> =
        scores.iter().enumerate().filter(|(i, _)| chosen(*i)).map(|(i, score)| (order::key(*score), i)).collect();
    order.sort_unstable();
    let mut ranks = vec![0.0; scores.len()];
    let mut before = 0usize;
    for ties in order.chunk_by(|a, b| a.0 == b.0) {
        let midrank = before as f64 + (ties.len() + 1) as f64 / 2.0;
        for &(_, i) in ties {
            ranks[i] = midrank;
        }
        before += ties.len();
    }
    ranks
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sample covariance (ddof 1); 0 with a single pair.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum: f64 = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum();
    if a.len() < 2 { 0.0 } else { sum / (a.len() - 1) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half() {
        let found = auc(&[true, false, true, false], &[0.9, 0.1, 0.5, 0.5]).expect("both classes");
        assert!((found.value - 0.875).abs() < 1e-15);
        assert_eq!(auc_value(&[true, false, true, false], &[0.9, 0.1, 0.5, 0.5]), Some(0.875));
        let flat = auc(&[true, false, true, false], &[0.5; 4]).expect("both classes");
        assert_eq!((flat.value, flat.standard_error), (0.5, 0.0));
    }

    #[test]
    fn one_class_has_no_auc() {
        assert_eq!(auc(&[true, true], &[0.1, 0.2]), None);
    }
}
