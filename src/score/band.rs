//! Ranks, deciles and bands: where a score stands among the others of the same night.

use crate::project::{Bands, Threshold};

/// Name of what lies below all declared bands.
const LOWEST: &str = "low";

/// Positions of `log_odds` from the riskiest down; equal scores keep the order of the rows, which is that of the ids.
pub(super) fn order(log_odds: &[f64]) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..log_odds.len()).collect();
    positions.sort_by(|&a, &b| log_odds[b].total_cmp(&log_odds[a]).then(a.cmp(&b)));
    positions
}

/// The tenth that the rank (from 1) falls into: 1 for the riskiest.
pub(super) fn decile(rank: usize, count: usize) -> u32 {
    let tenth = (rank - 1) * 10 / count.max(1) + 1;
    u32::try_from(tenth).unwrap_or(10)
}

/// The band of a score: the first whose threshold it reaches.
pub(super) fn band(bands: &Bands, score: f64, rank: usize, count: usize) -> &str {
    let reaches = |threshold: &Threshold| match *threshold {
        Threshold::Probability(probability) => score >= probability,
        // The slack keeps a share such as 0.07 of 100 at 7 although the product rounds above it.
        Threshold::TopShare(share) => rank as f64 <= (share * count as f64 - 1e-9).ceil(),
    };
    bands.0.iter().find(|(_, threshold)| reaches(threshold)).map_or(LOWEST, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;

    #[test]
    fn equal_scores_rank_in_the_order_of_their_ids() {
        assert_eq!(order(&[0.1, 0.7, 0.1, 0.7]), [1, 3, 0, 2]);
    }

    #[test]
    fn a_top_share_is_a_number_of_customers_and_ties_do_not_widen_it() {
        let bands = Bands(IndexMap::from([
            ("high".to_owned(), Threshold::TopShare(0.07)),
            ("medium".to_owned(), Threshold::Probability(0.3)),
        ]));
        assert_eq!(band(&bands, 0.5, 7, 100), "high");
        assert_eq!(band(&bands, 0.5, 8, 100), "medium");
        assert_eq!(band(&bands, 0.3, 50, 100), "medium");
        assert_eq!(band(&bands, 0.29, 51, 100), "low");
        assert_eq!(band(&bands, 0.29, 1, 3), "high", "the top of a small list is never empty");
    }

    #[test]
    fn deciles_split_evenly_from_the_riskiest() {
        let deciles: Vec<u32> = (1..=20).map(|rank| decile(rank, 20)).collect();
        assert_eq!(deciles[..4], [1, 1, 2, 2]);
        assert_eq!(deciles[19], 10);
    }
}
