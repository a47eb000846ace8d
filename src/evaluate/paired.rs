//! Paired comparison of two sets of scores for the same rows, clustered by customer.

/// Mean difference of a per-row loss and its cluster-robust standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedDifference {
    /// Mean of `first − second` over rows.
    pub mean: f64,
    /// Standard error, rows of one customer counted as one cluster.
    pub standard_error: f64,
}

/// Compares two losses row by row; `cluster[i]` is the customer of row i.
#[must_use]
pub fn paired_difference(first: &[f64], second: &[f64], cluster: &[u32]) -> PairedDifference {
    let rows = first.len() as f64;
    let mean = first.iter().zip(second).map(|(a, b)| a - b).sum::<f64>() / rows;
    let places = cluster.iter().max().map_or(0, |most| *most as usize + 1);
    let (mut sums, mut present) = (vec![0.0; places], vec![false; places]);
    for ((a, b), customer) in first.iter().zip(second).zip(cluster) {
        sums[*customer as usize] += a - b - mean;
        present[*customer as usize] = true;
    }
    let clusters = present.iter().filter(|present| **present).count() as f64;
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    let correction = if clusters > 1.0 { clusters / (clusters - 1.0) } else { 1.0 };
    PairedDifference { mean, standard_error: (squares * correction).sqrt() / rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_rows_of_a_customer_add_no_certainty() {
        let (first, second) = ([1.0, 2.0, 4.0], [0.5, 1.0, 1.0]);
        let once = paired_difference(&first, &second, &[0, 1, 2]);
        let twice = paired_difference(&[first, first].concat(), &[second, second].concat(), &[0, 1, 2, 0, 1, 2]);
        assert!((once.mean - 1.5).abs() < 1e-15 && (twice.mean - 1.5).abs() < 1e-15);
        assert!((once.standard_error - twice.standard_error).abs() < 1e-15);
    }
}
