//! Grouped folds: a customer lies in one fold, whatever else is in the data.

/// The fold of a customer, by a hash of the id: the same in every run, whatever the row order.
#[must_use]
pub fn customer_fold(id: &str, folds: usize) -> usize {
    let hash = blake3::hash(id.as_bytes());
    let mut first = [0u8; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    usize::try_from(u64::from_be_bytes(first) % folds.max(1) as u64).unwrap_or_default()
}

/// A number in [0, 1) that depends on the text alone.
#[must_use]
pub fn unit_hash(text: &str) -> f64 {
    let hash = blake3::hash(text.as_bytes());
    let mut first = [0u8; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    (u64::from_be_bytes(first) >> 11) as f64 / 9_007_199_254_740_992.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_about_equal() {
        let mut sizes = [0; 5];
        (0..5000).for_each(|i| sizes[customer_fold(&format!("customer {i}"), 5)] += 1);
        assert!(sizes.iter().all(|size| (900..1100).contains(size)), "{sizes:?}");
    }
}
