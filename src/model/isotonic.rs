//! Isotonic regression by pool adjacent violators.

use super::explain::log_odds;

#[derive(Debug, Clone, Copy)]
struct Pool {
    rows: f64,
    events: f64,
    scores: f64,
}

/// Block means of the log-odds and of the outcome (as log-odds, with half an event and half a non-event added to each
/// block so that no block is certain), both ascending, of log-odds in ascending order with their outcomes. Ties are pooled
/// first, so their order does not matter.
#[must_use]
pub fn isotonic(ascending: &[(f64, bool)]) -> (Vec<f64>, Vec<f64>) {
    let mut pools: Vec<Pool> = Vec::new();
    for ties in ascending.chunk_by(|a, b| a.0 == b.0) {
        let rows = ties.len() as f64;
        let events = ties.iter().filter(|(_, event)| *event).count() as f64;
        pools.push(Pool { rows, events, scores: ties[0].0 * rows });
        while let [.., below, above] = pools.as_mut_slice()
            && below.events * above.rows >= above.events * below.rows
        {
            *below = Pool {
                rows: below.rows + above.rows,
                events: below.events + above.events,
                scores: below.scores + above.scores,
            };
            pools.pop();
        }
    }
    let from = pools.iter().map(|pool| pool.scores / pool.rows).collect();
    let mut to: Vec<f64> = pools.iter().map(|pool| log_odds((pool.events + 0.5) / (pool.rows + 1.0))).collect();
    for position in 1..to.len() {
        to[position] = to[position].max(to[position - 1]);
    }
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violators_are_pooled_whatever_the_order_of_ties() {
        let (from, to) = isotonic(&[(1.0, false), (2.0, true), (3.0, false), (4.0, true)]);
        assert_eq!(from, [1.0, 2.5, 4.0]);
        assert!((to[1] - 0.0).abs() < 1e-12);
        let one_way = isotonic(&[(1.0, false), (2.0, true), (2.0, false), (4.0, true)]);
        let the_other = isotonic(&[(1.0, false), (2.0, false), (2.0, true), (4.0, true)]);
        assert_eq!(one_way, the_other);
    }
}
