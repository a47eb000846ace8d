//! Gauss's hypergeometric function, as far as the conditional expectation needs it.

/// Terms after which the series has long converged for every argument used here.
const MOST_TERMS: usize = 100_000;

/// ₂F₁(a, b; c; z) = Σ (a)ₙ (b)ₙ / (c)ₙ zⁿ / n! for 0 ≤ z ≤ 1 and c > 0.
///
/// The series is summed as it stands: with c − a − b > 0, as here, it converges at z = 1 too. Stops at relative 1e-15.
#[must_use]
pub fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for n in 0..MOST_TERMS {
        let n = n as f64;
        term *= (a + n) * (b + n) / (c + n) * z / (n + 1.0);
        sum += term;
        if term.abs() <= 1e-15 * f64::abs(sum) {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // ₂F₁(1, 1; 2; z) = −ln(1 − z)/z; ₂F₁(a, b; b; z) = (1 − z)^−a.
        assert!((hypergeometric(1.0, 1.0, 2.0, 0.5) - 2.0 * 2f64.ln()).abs() < 1e-14);
        assert!((hypergeometric(-0.5, 3.0, 3.0, 0.36) - 0.8).abs() < 1e-14);
        // A polynomial: ₂F₁(−2, 3; 4; 1) = 1 − 3/2 + 3·4/(4·5) = 0.1.
        assert!((hypergeometric(-2.0, 3.0, 4.0, 1.0) - 0.1).abs() < 1e-14);
    }
}
