//! How an outcome differs between customers with and without a behaviour, at equal tenure and segment.
//!
//! Both kinds of outcome, yes/no and amounts, use one estimate, the ratio of Mantel–Haenszel weighted means
//! ```text
//! ratio = Σ_k w_k·m1_k / Σ_k w_k·m0_k,   w_k = n1_k·n0_k / (n1_k + n0_k)
//! ```
//! over the strata k (tenure band × segment), where m1 and m0 are the mean outcome (a share, or money) with and
//! without the behaviour. For yes/no it is the Mantel–Haenszel risk ratio and its variance that of Greenland & Robins
//! (1985), right for few large and for many thin strata alike; for amounts the variance is the delta method's. The
//! interval is ratio · exp(∓1.96·se of the log).
//!
//! Beside it stands the rate that customers without the behaviour would have if they were as long customers and in the
//! same segments as those with it (direct standardisation):
//! ```text
//! rate_without_matched = Σ_k n1_k·m0_k / Σ_k n1_k     over the strata with both groups
//! ```
//!
//! Edge cases: a stratum with only one of the groups weighs nothing. Nobody without the behaviour had the outcome: the
//! ratio is infinite and given as none, its lower bound from ½ added to each cell of the pooled table; nobody with it:
//! the ratio is 0 and its upper bound comes the same way. Amounts whose mean is not positive have no ratio.

use super::amounts::Amounts;
use super::permutation::{Counts, exact_test};
use crate::stats::distribution::Z95;

/// One customer's outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcomes {
    /// Did it happen?
    Flags(Vec<bool>),
    /// How much?
    Amounts(Amounts),
}

/// What was found. Rates are shares for yes/no outcomes and means for amounts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Association {
    /// Customers with the behaviour.
    pub n_with: u64,
    /// Customers without it.
    pub n_without: u64,
    /// Outcome of those with it, as it is.
    pub rate_with: f64,
    /// Outcome of those without it, as it is.
    pub rate_without: f64,
    /// Outcome of those without it, with the tenures and segments of those with it; none if nobody is comparable.
    pub rate_without_matched: Option<f64>,
    /// Ratio at equal tenure and segment; none where the denominator is not positive.
    pub ratio: Option<f64>,
    /// Lower end of the 95 % interval of the ratio.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided p of "unrelated at equal tenure and segment".
    pub p: f64,
}

/// Compares the outcome of customers with and without the behaviour.
///
/// All slices are aligned, one entry per customer; `behaviour` is none for customers who could not show it, and they
/// are left out; `strata` numbers strata from 0.
/// Returns none if either group is empty: nothing can be compared.
#[must_use]
pub fn associate(behaviour: &[Option<bool>], outcomes: &Outcomes, strata: &[u32]) -> Option<Association> {
    match outcomes {
        Outcomes::Flags(flags) => flags_association(&counts(behaviour, flags, strata)),
        Outcomes::Amounts(amounts) => amounts.association(behaviour, strata),
    }
}

pub(super) fn strata_count(strata: &[u32]) -> usize {
    strata.iter().max().map_or(0, |last| *last as usize + 1)
}

fn counts(behaviour: &[Option<bool>], outcomes: &[bool], strata: &[u32]) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); strata_count(strata)];
    for ((shown, happened), stratum) in behaviour.iter().zip(outcomes).zip(strata) {
        let cell = &mut counts[*stratum as usize];
        match shown {
            Some(true) => (cell.with, cell.with_yes) = (cell.with + 1, cell.with_yes + u64::from(*happened)),
            Some(false) => {
                (cell.without, cell.without_yes) = (cell.without + 1, cell.without_yes + u64::from(*happened));
            }
            None => {}
        }
    }
    counts
}

/// The association of a yes/no outcome, from the counts of each stratum.
#[must_use]
pub fn flags_association(strata: &[Counts]) -> Option<Association> {
    let total = strata.iter().fold(Counts::default(), |sum, cell| Counts {
        with: sum.with + cell.with,
        with_yes: sum.with_yes + cell.with_yes,
        without: sum.without + cell.without,
        without_yes: sum.without_yes + cell.without_yes,
    });
    if total.with == 0 || total.without == 0 {
        return None;
    }
    let (ratio, low, high) = risk_ratio(strata, total);
    Some(Association {
        n_with: total.with,
        n_without: total.without,
        rate_with: total.with_yes as f64 / total.with as f64,
        rate_without: total.without_yes as f64 / total.without as f64,
        rate_without_matched: matched(
            strata
                .iter()
                .map(|cell| (cell.with as f64, cell.without as f64, cell.without_yes as f64 / cell.without as f64)),
        ),
        ratio,
        low,
        high,
        p: exact_test(strata),
    })
}

/// The mean of those without at the mix of those with, from `(n with, n without, mean without)` of each stratum.
pub(super) fn matched(strata: impl Iterator<Item = (f64, f64, f64)>) -> Option<f64> {
    let compared = strata.filter(|(with, without, _)| *with > 0.0 && *without > 0.0);
    let (sum, weight) = compared.fold((0.0, 0.0), |(sum, weight), (n, _, mean)| (sum + n * mean, weight + n));
    (weight > 0.0).then(|| sum / weight)
}

pub(super) type Ratio = (Option<f64>, Option<f64>, Option<f64>);

/// Mantel–Haenszel risk ratio with the interval of Greenland & Robins.
fn risk_ratio(strata: &[Counts], total: Counts) -> Ratio {
    let (mut with, mut without, mut spread) = (0.0, 0.0, 0.0);
    for cell in strata {
        let (n1, n0) = (cell.with as f64, cell.without as f64);
        let (a, b, n) = (cell.with_yes as f64, cell.without_yes as f64, n1 + n0);
        if n1 > 0.0 && n0 > 0.0 {
            with += a * n0 / n;
            without += b * n1 / n;
            spread += (n1 * n0 * (a + b) - a * b * n) / (n * n);
        }
    }
    match (with > 0.0, without > 0.0) {
        (true, true) => interval(with / without, (spread / (with * without)).sqrt()),
        (true, false) => (None, pooled_with_halves(total).1, None),
        (false, true) => (Some(0.0), Some(0.0), pooled_with_halves(total).2),
        (false, false) => (None, None, None),
    }
}

fn pooled_with_halves(total: Counts) -> Ratio {
    let (a, b) = (total.with_yes as f64 + 0.5, total.without_yes as f64 + 0.5);
    let (n1, n0) = (total.with as f64 + 1.0, total.without as f64 + 1.0);
    interval(a / n1 / (b / n0), (1.0 / a - 1.0 / n1 + 1.0 / b - 1.0 / n0).sqrt())
}

pub(super) fn interval(ratio: f64, standard_error: f64) -> Ratio {
    let factor = (Z95 * standard_error).exp();
    (Some(ratio), Some(ratio / factor), Some(ratio * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<f64>, expected: f64) {
        let found = found.expect("a number");
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn the_risk_ratio_is_the_one_of_statsmodels() {
        // tests/expected/insight/make.py: StratifiedTable(...).riskratio_pooled and Greenland & Robins by hand.
        let strata = [
            Counts { with: 120, with_yes: 40, without: 300, without_yes: 30 },
            Counts { with: 80, with_yes: 10, without: 500, without_yes: 20 },
        ];
        let found = flags_association(&strata).expect("two groups");
        close(found.ratio, 3.282_608_695_652_174_3);
        close(found.low, 2.277_729_080_022_955);
        close(found.high, 4.730_817_173_683_656);
        close(found.rate_without_matched, (120.0 * 0.1 + 80.0 * 0.04) / 200.0);
    }

    #[test]
    fn empty_cells_give_one_sided_intervals_and_never_not_a_number() {
        let nobody_without = [Counts { with: 10, with_yes: 3, without: 20, without_yes: 0 }];
        let found = flags_association(&nobody_without).expect("two groups");
        assert!(found.ratio.is_none() && found.high.is_none() && found.low.is_some_and(|low| low > 0.5));
        let nobody_with = [Counts { with: 10, with_yes: 0, without: 20, without_yes: 9 }];
        let found = flags_association(&nobody_with).expect("two groups");
        assert!(found.ratio == Some(0.0) && found.high.is_some_and(|high| high > 0.0));
        assert!(flags_association(&[Counts { with: 0, with_yes: 0, without: 9, without_yes: 1 }]).is_none());
    }

    #[test]
    fn amounts_compare_means_at_equal_strata() {
        let behaviour = [Some(true), Some(true), Some(false), Some(false), None, Some(true), Some(false), Some(false)];
        let strata = [0, 0, 0, 0, 0, 1, 1, 1];
        let amounts = Amounts::new(vec![3.0, 5.0, 2.0, 2.0, 99.0, 20.0, 10.0, 10.0], &strata);
        let found = associate(&behaviour, &Outcomes::Amounts(amounts), &strata).expect("two groups");
        // Weights 1 and 2/3: (4 + 20·2/3) / (2 + 10·2/3) = 2.
        close(found.ratio, 2.0);
        assert_eq!((found.n_with, found.n_without), (3, 4));
    }
}
