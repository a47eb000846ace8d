//! Intervals when customers repeat: rows of one customer are no independent witnesses.

use rayon::prelude::*;

use crate::stats::Interval;

/// Bootstrap samples.
const SAMPLES: u64 = 400;

/// The 95 % percentile interval of the AUC over samples of whole customers drawn with replacement; `None` where no customer
/// has a second row, or a class is missing. `customer[i]` is the customer of row i; the draws are fixed, so equal rows in
/// any order give equal bounds.
#[must_use]
pub fn clustered_auc(outcomes: &[bool], scores: &[f64], customer: &[u32]) -> Option<Interval> {
    let mut customers: Vec<u32> = customer.to_vec();
    customers.sort_unstable();
    customers.dedup();
    let events = outcomes.iter().filter(|&&event| event).count();
    if customers.len() == customer.len() || events.min(outcomes.len() - events) == 0 {
        return None;
    }
    let place = |number: &u32| customers.binary_search(number).unwrap_or_default();
    let mut rows: Vec<(f64, bool, usize)> =
        scores.iter().zip(outcomes).zip(customer).map(|((score, event), of)| (*score, *event, place(of))).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut areas: Vec<f64> = (0..SAMPLES)
        .into_par_iter()
        .filter_map(|sample| weighted_auc(&rows, &drawn(customers.len(), sample)))
        .collect();
    areas.sort_unstable_by(f64::total_cmp);
    let bound = |share: usize| areas.get(areas.len().saturating_sub(1) * share / 1000).copied();
    Some(Interval { low: bound(25)?, high: bound(975)? })
}

/// How often each of so many customers is drawn: `SplitMix64`, the sample's number as its seed.
fn drawn(customers: usize, sample: u64) -> Vec<f64> {
    let mut times = vec![0.0; customers];
    let mut state = sample.wrapping_mul(0x2545_f491_4f6c_dd1d);
    for _ in 0..customers {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let at = (u128::from(mixed ^ (mixed >> 31)) * customers as u128) >> 64;
        times[usize::try_from(at).unwrap_or_default()] += 1.0;
    }
    times
}

/// The AUC of rows ascending by score, each counted as often as its customer was drawn.
fn weighted_auc(rows: &[(f64, bool, usize)], times: &[f64]) -> Option<f64> {
    let (mut below, mut all, mut area) = (0.0, 0.0, 0.0);
    for ties in rows.chunk_by(|a, b| a.0 == b.0) {
        let count = |wanted: bool| ties.iter().filter(|row| row.1 == wanted).map(|row| times[row.2]).sum::<f64>();
        let (events, others) = (count(true), count(false));
        area += events * (below + others / 2.0);
        below += others;
        all += events;
    }
    (all > 0.0 && below > 0.0).then(|| area / (all * below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::auc;

    #[test]
    fn repeated_rows_widen_nothing_but_delong_s_confidence() {
        let outcome: Vec<bool> = (0..300).map(|i| i % 3 == 0).collect();
        let score: Vec<f64> = (0..300).map(|i| f64::from(i % 3 == 0) + 1.7 * (f64::from(i) * 12.9898).sin()).collect();
        let customer: Vec<u32> = (0..300).collect();
        assert_eq!(clustered_auc(&outcome, &score, &customer), None, "nobody repeats");
        let four = |x: &[f64]| [x, x, x, x].concat();
        let (outcomes, scores) = ([&outcome[..]; 4].concat(), four(&score));
        let customers = [&customer[..]; 4].concat();
        let clustered = clustered_auc(&outcomes, &scores, &customers).expect("customers repeat");
        let once = auc(&outcome, &score).expect("both classes");
        let repeated = auc(&outcomes, &scores).expect("both classes");
        let width = clustered.high - clustered.low;
        assert!((width / (2.0 * 1.96 * once.standard_error) - 1.0).abs() < 0.15, "{width}");
        assert!(width > 1.6 * 2.0 * 1.96 * repeated.standard_error, "{width}");
    }
}
