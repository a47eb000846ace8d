//! Sample ratio: did the arms get the shares they were meant to have?

use super::{Check, Verdict, WARN_BELOW, verdict_of_p};
use crate::campaign::tally::Tally;
use crate::campaign::{Error, ExpectedWeights, Experiment};
use crate::stats::distribution::chi_squared_sf;

/// How far an undeclared arm share may be from equal and still look like a broken equal split.
const LOOKS_EQUAL: f64 = 0.15;

/// Pearson's χ² against expected shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// Σ(observed − expected)²/expected.
    pub statistic: f64,
    /// P(χ² > statistic) with arms − 1 degrees of freedom.
    pub p: f64,
}

/// Counts that no p-value can judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotComparable {
    /// Rows in an arm that was to have none.
    #[error("{count} rows in arm number {arm}, whose weight is 0")]
    ZeroWeight {
        /// Position of the arm.
        arm: usize,
        /// Its rows.
        count: u64,
    },
    /// Weights and counts differ in number, or no weight is positive.
    #[error("{weights} weights for {arms} arms")]
    Weights {
        /// Weights given.
        weights: usize,
        /// Arms counted.
        arms: usize,
    },
}

/// Pearson's χ² of counts per arm against weights, over the arms of positive weight.
///
/// # Errors
/// [`NotComparable`]: rows in an arm of weight 0 are an error, not a p-value.
pub fn sample_ratio(counts: &[u64], weights: &[f64]) -> Result<ChiSquare, NotComparable> {
    let total: f64 = weights.iter().sum();
    let all = counts.iter().sum::<u64>() as f64;
    if counts.len() != weights.len() || total <= 0.0 {
        return Err(NotComparable::Weights { weights: weights.len(), arms: counts.len() });
    }
    if let Some(arm) = (0..counts.len()).find(|&arm| weights[arm] <= 0.0 && counts[arm] > 0) {
        return Err(NotComparable::ZeroWeight { arm, count: counts[arm] });
    }
    let positive = || counts.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
    let statistic = positive()
        .map(|(count, weight)| {
            let expected = all * weight / total;
            (*count as f64 - expected).powi(2) / expected
        })
        .sum();
    let freedom = positive().count() as f64 - 1.0;
    Ok(ChiSquare { statistic, p: if freedom > 0.0 { chi_squared_sf(statistic, freedom) } else { 1.0 } })
}

/// The check of a randomised experiment. Without declared weights the arms are held against equal ones; shares that far
/// from equal look like another design, not like a broken one, and are a warning only.
///
/// # Errors
/// [`Error::WeightCount`] when a list of weights does not fit the arms.
pub fn sample_ratio_check(experiment: &Experiment, tally: &Tally) -> Result<Check, Error> {
    let mut arms = tally.arms.clone();
    let mut counts = tally.rows.clone();
    let declared = experiment.expected_weights.is_some();
    let weights = match &experiment.expected_weights {
        None => vec![1.0; arms.len()],
        Some(ExpectedWeights::Sorted(weights)) => weights.clone(),
        Some(ExpectedWeights::Named(named)) => named_weights(named, &mut arms, &mut counts),
    };
    let observed: Vec<String> = arms.iter().zip(&counts).map(|(arm, count)| format!("{arm} {count}")).collect();
    let observed = observed.join(", ");
    match sample_ratio(&counts, &weights) {
        Ok(found) => Ok(judged(found, declared, &counts, &weights, &observed)),
        Err(NotComparable::ZeroWeight { arm, count }) => {
            let detail = format!("{count} rows in arm `{}`, which was to have none ({observed})", arms[arm]);
            Ok(Check::new("sample_ratio", Verdict::Refuse, detail))
        }
        Err(NotComparable::Weights { weights, .. }) => Err(Error::WeightCount { weights, arms }),
    }
}

fn judged(found: ChiSquare, declared: bool, counts: &[u64], weights: &[f64], observed: &str) -> Check {
    let all = counts.iter().sum::<u64>() as f64;
    let far = counts.iter().any(|count| (*count as f64 / all * counts.len() as f64 - 1.0).abs() > LOOKS_EQUAL);
    let verdict = match verdict_of_p(found.p) {
        Verdict::Refuse if !declared && far => Verdict::Warn,
        other => other,
    };
    let against: Vec<String> = weights.iter().map(ToString::to_string).collect();
    let assumed = if declared { "" } else { " (assumed equal: declare --expected-weights)" };
    let detail = format!(
        "{observed} against {}{assumed}: chi-square {:.4}, p {}",
        against.join(":"),
        found.statistic,
        super::shown(found.p)
    );
    Check::new("sample_ratio", verdict, detail).measured(found.statistic, WARN_BELOW).with_p(found.p)
}

/// Weights in the order of the arms; arms that were named but never seen are added with no rows, unnamed ones weigh 0.
fn named_weights(named: &[(String, f64)], arms: &mut Vec<String>, counts: &mut Vec<u64>) -> Vec<f64> {
    for (name, _) in named {
        if !arms.contains(name) {
            arms.push(name.clone());
            counts.push(0);
        }
    }
    let weight = |arm: &String| named.iter().find(|(name, _)| name == arm).map_or(0.0, |(_, weight)| *weight);
    arms.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_table_holds() {
        let cases: [(&[u64], &[f64], f64); 5] = [
            (&[1000, 1200], &[1.0, 1.0], 0.000_020_079),
            (&[135, 115], &[1.0, 1.0], 0.205_903_211),
            (&[310, 98], &[0.75, 0.25], 0.647_434_186),
            (&[500, 500, 600], &[0.34, 0.33, 0.33], 0.000_592_638),
            (&[44_700, 45_489], &[1.0, 1.0], 0.008_6),
        ];
        for (counts, weights, expected) in cases {
            let p = sample_ratio(counts, weights).expect("comparable").p;
            let tolerance = if expected > 0.008 && expected < 0.009 { 5e-5 } else { 5e-10 };
            assert!((p - expected).abs() <= tolerance, "{counts:?}: {p} is not {expected}");
        }
    }

    #[test]
    fn rows_in_an_arm_without_weight_are_an_error_and_not_a_p() {
        let found = sample_ratio(&[1000, 1200, 900], &[0.5, 0.5, 0.0]);
        assert_eq!(found, Err(NotComparable::ZeroWeight { arm: 2, count: 900 }));
        assert!(sample_ratio(&[1000, 1200, 0], &[0.5, 0.5, 0.0]).is_ok());
    }
}
