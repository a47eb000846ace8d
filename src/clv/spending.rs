//! What an order is worth: the gamma-gamma model.

use rayon::prelude::*;
use statrs::function::gamma::{digamma, ln_gamma};

use super::Error;
use super::maximise::{Likelihood, maximise};

/// Fewer customers with an amount say nothing about the differences between customers.
const FEWEST_SPENDERS: usize = 30;
/// Terms per piece of parallel work; fixed, so that sums never depend on threads.
const CHUNK: usize = 4096;

/// A customer's amounts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spending {
    /// Purchases whose amount counts: with an amount above zero.
    pub orders: u32,
    /// Their mean amount.
    pub mean: f64,
}

/// The fitted model of order values: an order's value is gamma distributed with shape p around a mean that differs
/// between customers as an inverse gamma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpendingModel {
    /// Shape of one order's value.
    pub p: f64,
    /// Shape of the differences between customers; above 1, so that a mean exists.
    pub q: f64,
    /// Scale of the differences between customers, in money.
    pub gamma: f64,
}

impl SpendingModel {
    /// Maximum likelihood over customers with at least one order of an amount above zero; others are left out.
    ///
    /// # Errors
    /// [`Error::TooFew`] such customers, or [`Error::NoMaximum`].
    pub fn fit(customers: &[Spending]) -> Result<Self, Error> {
        let mut known: Vec<Spending> = customers.iter().copied().filter(Spending::is_known).collect();
        if known.len() < FEWEST_SPENDERS {
            return Err(Error::TooFew { repeaters: known.len(), needed: FEWEST_SPENDERS });
        }
        known.par_sort_unstable_by(|a, b| a.orders.cmp(&b.orders).then(a.mean.total_cmp(&b.mean)));
        let typical = known.iter().map(|one| one.mean).sum::<f64>() / known.len() as f64;
        let starts = [[2.0, 2.0, 1.0], [6.0, 3.0, 0.5], [1.0, 8.0, 8.0]].map(|[p, above, g]| [p, above, g * typical]);
        let [p, above, gamma] = maximise(&Amounts(known), &starts).ok_or(Error::NoMaximum { model: "spending" })?;
        Ok(Self { p, q: above + 1.0, gamma })
    }

    /// The mean order value of a customer yet unknown.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.p * self.gamma / (self.q - 1.0)
    }

    /// The expected value of a customer's next order: between his own mean and everybody's.
    #[must_use]
    pub fn expected(&self, customer: &Spending) -> f64 {
        if !customer.is_known() {
            return self.mean();
        }
        let orders = f64::from(customer.orders);
        self.p * (self.gamma + orders * customer.mean) / (self.p * orders + self.q - 1.0)
    }
}

impl Spending {
    fn is_known(&self) -> bool {
        self.orders > 0 && self.mean > 0.0 && self.mean.is_finite()
    }
}

struct Amounts(Vec<Spending>);

/// One customer's log likelihood and its gradient by p, q, γ:
/// ln Γ(px + q) − ln Γ(px) − ln Γ(q) + q ln γ + (px − 1) ln z + px ln x − (px + q) ln(γ + xz).
fn term([p, q, gamma]: [f64; 3], customer: &Spending) -> [f64; 4] {
    let (x, z) = (f64::from(customer.orders), customer.mean);
    let whole = (gamma + x * z).ln();
    let both = digamma(p * x + q);
    [
        ln_gamma(p * x + q) - ln_gamma(p * x) - ln_gamma(q) + q * gamma.ln() + (p * x - 1.0) * z.ln() + p * x * x.ln()
            - (p * x + q) * whole,
        x * (both - digamma(p * x) + z.ln() + x.ln() - whole),
        both - digamma(q) + gamma.ln() - whole,
        q / gamma - (p * x + q) / (gamma + x * z),
    ]
}

impl Likelihood<3> for Amounts {
    /// Parameters are p, q − 1 and γ.
    fn value(&self, &[p, above, gamma]: &[f64; 3]) -> (f64, [f64; 3]) {
        let piece = |piece: &[Spending]| {
            let mut sum = [0.0; 4];
            for customer in piece {
                sum.iter_mut().zip(term([p, above + 1.0, gamma], customer)).for_each(|(sum, term)| *sum += term);
            }
            sum
        };
        let pieces: Vec<[f64; 4]> = self.0.par_chunks(CHUNK).map(piece).collect();
        let total = |k: usize| pieces.iter().map(|piece| piece[k]).sum::<f64>() / self.0.len() as f64;
        (total(0), [total(1) * p, total(2) * above, total(3) * gamma])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fader and Hardie (2013), the CDNOW sample.
    const PUBLISHED: SpendingModel = SpendingModel { p: 6.25, q: 3.74, gamma: 15.44 };

    #[test]
    fn expectations_lie_between_the_customer_and_the_crowd() {
        assert!((PUBLISHED.mean() - 35.22).abs() < 0.01);
        let one = PUBLISHED.expected(&Spending { orders: 1, mean: 100.0 });
        let many = PUBLISHED.expected(&Spending { orders: 50, mean: 100.0 });
        assert!(PUBLISHED.mean() < one && one < many && many < 100.0);
        let unknown = Spending { orders: 3, mean: 0.0 };
        assert_eq!(PUBLISHED.expected(&unknown).to_bits(), PUBLISHED.mean().to_bits());
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_value() {
        let amounts = Amounts(vec![Spending { orders: 2, mean: 20.0 }, Spending { orders: 5, mean: 60.0 }]);
        let at = [2.0f64, 1.5, 30.0];
        let (_, gradient) = amounts.value(&at);
        for k in 0..3 {
            let moved = |by: f64| {
                let mut parameters = at;
                parameters[k] *= f64::exp(by);
                amounts.value(&parameters).0
            };
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((slope - gradient[k]).abs() < 1e-7, "{k}: {slope} is not {}", gradient[k]);
        }
    }
}
