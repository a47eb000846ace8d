//! The lot: a salted hash, the same on every machine and in every evaluation.

use sha2::{Digest, Sha256};

/// u ∈ [0, 1): the first 8 bytes, big-endian, of SHA-256(`"{salt}.{arm_salt}.{customer}"`), its upper 53 bits over 2⁵³.
#[must_use]
pub fn share(salt: &str, arm_salt: &str, customer: &str) -> f64 {
    let digest = Sha256::digest(format!("{salt}.{arm_salt}.{customer}").as_bytes());
    let bits = digest.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// The first arm of positive weight whose cumulative weight exceeds u·Σw.
#[must_use]
pub fn arm_of(share: f64, weights: &[f64]) -> Option<usize> {
    let point = share * weights.iter().sum::<f64>();
    let mut cumulated = 0.0;
    let mut last = None;
    for (arm, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        cumulated += weight;
        last = Some(arm);
        if point < cumulated {
            return last;
        }
    }
    // Rounding of the sum may leave the very last point outside.
    last
}

/// Arms within one stratum: customers in the order of their shares (ties by id) fill the arms in exact proportion.
#[must_use]
pub fn stratified(shares: &[(f64, &str)], weights: &[f64]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| shares[*a].0.total_cmp(&shares[*b].0).then(shares[*a].1.cmp(shares[*b].1)));
    let mut arms = vec![None; shares.len()];
    for (rank, at) in order.into_iter().enumerate() {
        arms[at] = arm_of((rank as f64 + 0.5) / shares.len() as f64, weights);
    }
    arms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        assert_eq!(share("campaign_2024w10", "arm", "1").to_bits(), 0.118_801_924_582_653_48_f64.to_bits());
        assert_eq!(share("spring", "holdout", "42").to_bits(), 0.447_473_764_027_940_5_f64.to_bits());
    }

    #[test]
    fn arms_fill_in_order_and_one_without_weight_gets_nobody() {
        let weights = [0.5, 0.0, 0.5];
        assert_eq!(arm_of(0.0, &weights), Some(0));
        assert_eq!(arm_of(0.499_999, &weights), Some(0));
        assert_eq!(arm_of(0.5, &weights), Some(2));
        assert_eq!(arm_of(1.0 - f64::EPSILON, &weights), Some(2));
        assert_eq!(arm_of(0.5, &[0.0]), None);
    }

    #[test]
    fn a_stratum_is_divided_exactly() {
        let names: Vec<String> = (0..100).map(|at| at.to_string()).collect();
        let shares: Vec<(f64, &str)> = names.iter().map(|name| (share("s", "a", name), name.as_str())).collect();
        let arms = stratified(&shares, &[0.9, 0.1]);
        assert_eq!(arms.iter().filter(|arm| **arm == Some(1)).count(), 10);
    }
}
