//! How often customers buy, and whether they are still there.

use rayon::prelude::*;

use super::Error;
use super::hypergeometric::hypergeometric;
use super::maximise::{Likelihood, maximise_many};

/// Fewer customers that came back say nothing about the differences between customers.
const FEWEST_REPEATERS: usize = 30;
/// Terms per piece of parallel work; fixed, so that sums never depend on threads.
const CHUNK: usize = 4096;

/// When a customer may leave for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropout {
    /// After any purchase, the first included (MBG/NBD).
    FromTheStart,
    /// After any repeat purchase (BG/NBD): one-time buyers never leave.
    AfterRepeat,
}

/// A customer's buying history in whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct History {
    /// Purchases after the first: days with an order, less one.
    pub repeats: u32,
    /// Days from the first purchase to the last.
    pub last: u32,
    /// Days from the first purchase to the cutoff.
    pub age: u32,
}

/// The fitted model of purchases. Rates are per day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderModel {
    /// When customers may leave.
    pub dropout: Dropout,
    /// Shape of the gamma distribution of purchase rates.
    pub r: f64,
    /// Its scale parameter, in days.
    pub alpha: f64,
    /// First parameter of the beta distribution of the probability to leave after a purchase.
    pub a: f64,
    /// Its second parameter.
    pub b: f64,
    /// Mean log likelihood per customer, with time in days.
    pub log_likelihood: f64,
}

impl OrderModel {
    /// Maximum likelihood over all customers.
    ///
    /// # Errors
    /// [`Error::TooFew`] customers that came back, or [`Error::NoMaximum`].
    pub fn fit(customers: &[History], dropout: Dropout) -> Result<Self, Error> {
        let repeaters = customers.iter().filter(|one| one.repeats > 0).count();
        if repeaters < FEWEST_REPEATERS {
            return Err(Error::TooFew { repeaters, needed: FEWEST_REPEATERS });
        }
        let mut sorted = customers.to_vec();
        sorted.par_sort_unstable();
        let terms = Terms::new(&sorted, dropout);
        let rate = terms.rate();
        let starts = [[1.0, 1.0, 1.0, 1.0], [0.25, 0.25, 1.0, 2.5], [4.0, 4.0, 0.5, 4.0]]
            .map(|[r, share, a, b]| [r, share / rate, a, b]);
        let best = maximise_many(&sorted, |some| Terms::new(some, dropout), &starts);
        let best = best.ok_or(Error::NoMaximum { model: "purchase" })?;
        let [r, alpha, a, b] = best;
        Ok(Self { dropout, r, alpha, a, b, log_likelihood: terms.value(&best).0 })
    }

    /// The probability that the customer has not left by the cutoff.
    #[must_use]
    pub fn alive(&self, customer: &History) -> f64 {
        self.log_odds_gone(customer).map_or(1.0, |log_odds| logistic(-log_odds))
    }

    /// ln(P(gone)/P(alive)) = ln a − ln(b + x + k − 1) + (r + x)(ln(α + T) − ln(α + tₓ)), with k = 1 where the first
    /// purchase may be the last, else 0; nobody is gone without a purchase after which he may leave.
    fn log_odds_gone(&self, customer: &History) -> Option<f64> {
        let chances = self.dropout.chances(customer.repeats);
        let (x, last, age) = numbers(customer);
        (chances > 0.0).then(|| {
            self.a.ln() - (self.b + chances - 1.0).ln()
                + (self.r + x) * ((self.alpha + age).ln() - (self.alpha + last).ln())
        })
    }

    /// Expected purchases in the `days` after the cutoff.
    ///
    /// P(alive) · (a + b + n − 1)/(a − 1) · [1 − u^(a−1) ₂F₁(a + b − 1 + k − r, a − 1; a + b + n − 1; 1 − u)], with
    /// n = x + k and u = (α + T)/(α + T + days): the published expectation after Euler's transformation, whose series
    /// converges quickly for any horizon. Near a = 1 the mean of both sides is taken.
    #[must_use]
    pub fn expected_orders(&self, customer: &History, days: f64) -> f64 {
        const NEAR: f64 = 1e-5;
        let alive = self.alive(customer);
        if (self.a - 1.0).abs() < NEAR {
            let beside = |a| self.orders_if_alive(a, customer, days);
            return alive * beside(1.0 - 2.0 * NEAR).midpoint(beside(1.0 + 2.0 * NEAR));
        }
        alive * self.orders_if_alive(self.a, customer, days)
    }

    fn orders_if_alive(&self, a: f64, customer: &History, days: f64) -> f64 {
        let (x, _, age) = numbers(customer);
        let n = self.dropout.chances(customer.repeats);
        let top = a + self.b + n - 1.0;
        let u = (self.alpha + age) / (self.alpha + age + days);
        top / (a - 1.0) * (1.0 - u.powf(a - 1.0) * hypergeometric(top - self.r - x, a - 1.0, top, 1.0 - u))
    }
}

impl Dropout {
    /// Purchases after which a customer with so many repeats may have left.
    fn chances(self, repeats: u32) -> f64 {
        match self {
            Self::FromTheStart => f64::from(repeats) + 1.0,
            Self::AfterRepeat => f64::from(repeats),
        }
    }
}

fn numbers(customer: &History) -> (f64, f64, f64) {
    (f64::from(customer.repeats), f64::from(customer.last), f64::from(customer.age))
}

/// 1 / (1 + e^(−x)), without overflow.
fn logistic(x: f64) -> f64 {
    let tail = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + tail) } else { tail / (1.0 + tail) }
}

/// The likelihood's terms: distinct histories with their numbers of customers.
struct Terms {
    dropout: Dropout,
    distinct: Vec<(History, f64)>,
    customers: f64,
    most_repeats: u32,
}

/// What depends on the number of repeats x alone: Σ ln(r+i) for i < x, Σ ln((b+i)/(a+b+i)) for i < n, and derivatives.
#[derive(Clone, Copy, Default)]
struct Counted {
    rate: f64,
    rate_by_r: f64,
    stay: f64,
    stay_by_a: f64,
    stay_by_b: f64,
}

impl Terms {
    /// Of customers in ascending order.
    fn new(sorted: &[History], dropout: Dropout) -> Self {
        let distinct: Vec<(History, f64)> =
            sorted.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as f64)).collect();
        let most_repeats = sorted.last().map_or(0, |one| one.repeats);
        Self { dropout, distinct, customers: sorted.len() as f64, most_repeats }
    }

    /// Purchases per day, roughly: sets the scale of the starts.
    fn rate(&self) -> f64 {
        let sum =
            |of: fn(&History) -> u32| -> f64 { self.distinct.iter().map(|(one, n)| f64::from(of(one)) * n).sum() };
        (sum(|one| one.repeats) + 1.0) / (sum(|one| one.age) + 1.0)
    }

    fn table(&self, [r, _, a, b]: &[f64; 4]) -> Vec<Counted> {
        let mut now = Counted::default();
        let stay = |now: &mut Counted, i: f64| {
            now.stay += (b + i).ln() - (a + b + i).ln();
            now.stay_by_a -= 1.0 / (a + b + i);
            now.stay_by_b += 1.0 / (b + i) - 1.0 / (a + b + i);
        };
        if self.dropout == Dropout::FromTheStart {
            stay(&mut now, 0.0);
        }
        let mut table = vec![now];
        for x in 0..self.most_repeats {
            let i = f64::from(x);
            now.rate += (r + i).ln();
            now.rate_by_r += 1.0 / (r + i);
            stay(&mut now, self.dropout.chances(x));
            table.push(now);
        }
        table
    }

    /// One history's log likelihood and its gradient by r, α, a, b.
    fn term(&self, [r, alpha, a, b]: &[f64; 4], counted: &Counted, one: &History) -> [f64; 5] {
        let (x, last, age) = numbers(one);
        let (log_age, log_last) = ((alpha + age).ln(), (alpha + last).ln());
        let mut term = [
            counted.rate + r * alpha.ln() + counted.stay - (r + x) * log_age,
            counted.rate_by_r + alpha.ln() - log_age,
            r / alpha - (r + x) / (alpha + age),
            counted.stay_by_a,
            counted.stay_by_b,
        ];
        let chances = self.dropout.chances(one.repeats);
        if chances > 0.0 {
            let gone = a.ln() - (b + chances - 1.0).ln() + (r + x) * (log_age - log_last);
            let share = logistic(gone);
            term[0] += gone.max(0.0) + (-gone.abs()).exp().ln_1p();
            term[1] += share * (log_age - log_last);
            term[2] += share * (r + x) * (1.0 / (alpha + age) - 1.0 / (alpha + last));
            term[3] += share / a;
            term[4] -= share / (b + chances - 1.0);
        }
        term
    }
}

impl Likelihood<4> for Terms {
    fn value(&self, parameters: &[f64; 4]) -> (f64, [f64; 4]) {
        let table = self.table(parameters);
        let piece = |piece: &[(History, f64)]| {
            let mut sum = [0.0; 5];
            for (one, count) in piece {
                let term = self.term(parameters, &table[one.repeats as usize], one);
                sum.iter_mut().zip(term).for_each(|(sum, term)| *sum += count * term);
            }
            sum
        };
        let pieces: Vec<[f64; 5]> = self.distinct.par_chunks(CHUNK).map(piece).collect();
        let total = |k: usize| pieces.iter().map(|piece| piece[k]).sum::<f64>() / self.customers;
        (total(0), std::array::from_fn(|k| total(k + 1) * parameters[k]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fader, Hardie and Lee (2005), with time in weeks.
    const PUBLISHED: OrderModel =
        OrderModel { dropout: Dropout::AfterRepeat, r: 0.243, alpha: 4.414, a: 0.793, b: 2.426, log_likelihood: 0.0 };

    #[test]
    fn the_published_example_of_bg_nbd() {
        // x = 2, tx = 30.43 weeks, T = 38.86 weeks: 1.226 purchases expected in the next 39 weeks.
        let days = OrderModel { alpha: PUBLISHED.alpha * 7.0, ..PUBLISHED };
        let customer = History { repeats: 2, last: 213, age: 272 };
        assert!((days.expected_orders(&customer, 273.0) - 1.226).abs() < 5e-4);
    }

    #[test]
    fn the_classic_model_holds_one_time_buyers_immortal_and_ours_does_not() {
        let silent = History { repeats: 0, last: 0, age: 700 };
        assert!((PUBLISHED.alive(&silent) - 1.0).abs() < f64::EPSILON);
        let ours = OrderModel { dropout: Dropout::FromTheStart, ..PUBLISHED };
        assert!(ours.alive(&silent) < 0.5);
        assert!(ours.alive(&silent) < ours.alive(&History { age: 7, ..silent }));
    }

    #[test]
    fn expectations_are_smooth_where_the_formula_divides_by_zero() {
        let model = |a: f64| OrderModel { dropout: Dropout::FromTheStart, a, ..PUBLISHED };
        let customer = History { repeats: 3, last: 20, age: 30 };
        let at = |a: f64| model(a).expected_orders(&customer, 52.0);
        assert!((at(1.0) - at(1.001).midpoint(at(0.999))).abs() < 1e-6);
        assert!((at(1.0) - at(1.0 + 1.1e-5)).abs() < 1e-4);
    }

    #[test]
    fn too_few_repeaters_are_refused() {
        let customers = vec![History { repeats: 0, last: 0, age: 100 }; 1000];
        let error = OrderModel::fit(&customers, Dropout::FromTheStart).expect_err("nobody came back");
        assert_eq!(error, Error::TooFew { repeaters: 0, needed: FEWEST_REPEATERS });
    }
}
