//! Corrections for how many hypotheses were tried.

/// Benjamini–Hochberg q-values, in the order of `p`: q_(i) = min over j ≥ i of p_(j) · m / j, at most 1.
/// NaN (not tested) stays NaN and does not count.
#[must_use]
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let tested = order.len() as f64;
    let mut q = vec![f64::NAN; p.len()];
    let mut lowest = 1.0f64;
    for (rank, &at) in order.iter().enumerate().rev() {
        lowest = lowest.min(p[at] * tested / (rank + 1) as f64);
        q[at] = lowest;
    }
    q
}

/// Holm's step-down adjusted p-values, in the order of `p`. NaN (not tested) stays NaN and does not count.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let order = ascending(p);
    let mut adjusted = vec![f64::NAN; p.len()];
    let mut highest = 0.0f64;
    for (rank, &at) in order.iter().enumerate() {
        highest = highest.max((p[at] * (order.len() - rank) as f64).min(1.0));
        adjusted[at] = highest;
    }
    adjusted
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).filter(|&i| !p[i].is_nan()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]).then(a.cmp(&b)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_values_equal_r() {
        // p.adjust(c(.01, .04, .03, .005), "BH") and "holm"
        let p = [0.01, 0.04, 0.03, 0.005];
        let q: Vec<f64> = benjamini_hochberg(&p).iter().map(|q| (q * 1e6).round() / 1e6).collect();
        assert_eq!(q, [0.02, 0.04, 0.04, 0.02]);
        let h: Vec<f64> = holm(&p).iter().map(|q| (q * 1e6).round() / 1e6).collect();
        assert_eq!(h, [0.03, 0.06, 0.06, 0.02]);
    }
}
