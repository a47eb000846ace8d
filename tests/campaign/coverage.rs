//! Coverage of the default interval by enumerating every outcome of two binomials.

use tidewatch::stats::distribution::ln_choose;
use tidewatch::stats::newcombe;

/// P(interval covers p − p) for both arms at share p.
fn coverage(n1: u64, n0: u64, shares: &[f64]) -> Vec<f64> {
    let probabilities = |n: u64, p: f64| -> Vec<f64> {
        (0..=n).map(|k| (ln_choose(n, k) + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp()).collect()
    };
    let law = |p: &f64| (probabilities(n1, *p), probabilities(n0, *p));
    let laws: Vec<(Vec<f64>, Vec<f64>)> = shares.iter().map(law).collect();
    let mut covered = vec![0.0; shares.len()];
    for (at1, k1) in (0..=n1).enumerate() {
        if laws.iter().all(|law| law.0[at1] < 1e-12) {
            continue;
        }
        for (at0, k0) in (0..=n0).enumerate() {
            let interval = newcombe(k1 as f64, n1 as f64, k0 as f64, n0 as f64, 0.95).expect("not empty");
            if interval.covers(0.0) {
                for (sum, law) in covered.iter_mut().zip(&laws) {
                    *sum += law.0[at1] * law.1[at0];
                }
            }
        }
    }
    covered
}

#[test]
fn newcombe_covers_nominally_on_small_holdouts() {
    let shares = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5];
    for (n1, n0) in [(400, 50), (2000, 100), (100, 20)] {
        for (share, covered) in shares.iter().zip(coverage(n1, n0, &shares)) {
            let upper = if *share < 0.1 { 1.0 } else { 0.965 };
            assert!((0.944..=upper).contains(&covered), "{n1} v {n0} at {share}: {covered}");
        }
    }
}

#[test]
fn newcombes_unit_table_holds() {
    let cases = [
        ((56.0, 70.0, 48.0, 80.0), (0.0524, 0.3339)),
        ((9.0, 10.0, 3.0, 10.0), (0.1705, 0.8090)),
        ((10.0, 10.0, 0.0, 10.0), (0.6075, 1.0)),
        ((5.0, 56.0, 0.0, 29.0), (-0.0381, 0.1926)),
    ];
    for ((k1, n1, k0, n0), (low, high)) in cases {
        let found = newcombe(k1, n1, k0, n0, 0.95).expect("not empty");
        assert!((found.low - low).abs() < 5e-5 && (found.high - high).abs() < 5e-5, "{found:?}");
    }
}
