//! What an order is worth: the gamma-gamma model.

use rayon::prelude::*;
use statrs::function::gamma::{digamma, ln_gamma};

use super::Error;
use super::maximise::{Likelihood, maximise_many};

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
        let best = maximise_many(&known, Amounts::new, &starts);
        let [p, above, gamma] = best.ok_or(Error::NoMaximum { model: "spending" })?;
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

/// The likelihood's terms, ascending by number of orders; what depends on that number alone is found once for each.
struct Amounts {
    /// Numbers of orders that occur, each with where its customers end.
    counts: Vec<(f64, usize)>,
    /// Mean amounts and their logarithms.
    means: Vec<(f64, f64)>,
}

/// What depends on the number of orders x alone: ln Γ(px + q) − ln Γ(px) − ln Γ(q) + q ln γ + px ln x, and its
/// derivatives by p and q.
struct Counted {
    x: f64,
    value: f64,
    by_p: f64,
    by_q: f64,
}

impl Counted {
    fn new([p, q, gamma]: [f64; 3], x: f64) -> Self {
        let both = digamma(p * x + q);
        Self {
            x,
            value: ln_gamma(p * x + q) - ln_gamma(p * x) - ln_gamma(q) + q * gamma.ln() + p * x * x.ln(),
            by_p: x * (both - digamma(p * x) + x.ln()),
            by_q: both - digamma(q) + gamma.ln(),
        }
    }

    /// One customer's log likelihood and its gradient by p, q, γ; to the above come (px − 1) ln z − (px + q) ln(γ + xz).
    fn term(&self, [p, q, gamma]: [f64; 3], (z, ln_z): (f64, f64)) -> [f64; 4] {
        let (x, whole) = (self.x, gamma + self.x * z);
        let ln_whole = whole.ln();
        [
            self.value + (p * x - 1.0) * ln_z - (p * x + q) * ln_whole,
            self.by_p + x * (ln_z - ln_whole),
            self.by_q - ln_whole,
            q / gamma - (p * x + q) / whole,
        ]
    }
}

impl Amounts {
    /// Of customers in ascending order.
    fn new(sorted: &[Spending]) -> Self {
        let mut counts = Vec::new();
        let mut end = 0;
        for equal in sorted.chunk_by(|a, b| a.orders == b.orders) {
            end += equal.len();
            counts.push((f64::from(equal[0].orders), end));
        }
        Self { counts, means: sorted.iter().map(|one| (one.mean, one.mean.ln())).collect() }
    }
}

impl Likelihood<3> for Amounts {
    /// Parameters are p, q − 1 and γ.
    fn value(&self, &[p, above, gamma]: &[f64; 3]) -> (f64, [f64; 3]) {
        let parameters = [p, above + 1.0, gamma];
        let starts = std::iter::once(0).chain(self.counts.iter().map(|(_, end)| *end));
        let spans: Vec<(f64, usize, usize)> = starts
            .zip(&self.counts)
            .flat_map(|(start, &(x, end))| {
                (start..end).step_by(CHUNK).map(move |from| (x, from, (from + CHUNK).min(end)))
            })
            .collect();
        let piece = |&(x, from, to): &(f64, usize, usize)| {
            let counted = Counted::new(parameters, x);
            let mut sum = [0.0; 4];
            for mean in &self.means[from..to] {
                sum.iter_mut().zip(counted.term(parameters, *mean)).for_each(|(sum, term)| *sum += term);
            }
            sum
        };
        let pieces: Vec<[f64; 4]> = spans.par_iter().map(piece).collect();
        let total = |k: usize| pieces.iter().map(|piece| piece[k]).sum::<f64>() / self.means.len() as f64;
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
        let amounts = Amounts::new(&[Spending { orders: 2, mean: 20.0 }, Spending { orders: 5, mean: 60.0 }]);
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
