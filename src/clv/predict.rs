//! From histories to lifetime values.

use rayon::prelude::*;

use super::{Dropout, Error, History, OrderModel, Spending, SpendingModel};
use crate::stats::ExactSum;

/// Length of the steps in which future orders are discounted.
const STEP_DAYS: f64 = 30.0;

/// How far and how dearly the future counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    /// Days after the cutoff.
    pub days: u32,
    /// Yearly rate by which future money is worth less.
    pub yearly_discount: f64,
    /// Share of the revenue that is margin.
    pub margin: f64,
}

impl Default for Horizon {
    fn default() -> Self {
        Self { days: 365, yearly_discount: 0.1, margin: 1.0 }
    }
}

/// Both models together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifetime {
    /// How often.
    pub orders: OrderModel,
    /// For how much.
    pub spending: SpendingModel,
}

/// The buying history before a day: `purchases` are days with their amounts above zero, ascending, days distinct; `None`
/// without one before the day.
#[must_use]
pub fn past(purchases: &[(i32, f64)], as_of: i32) -> Option<(History, Spending)> {
    let past = &purchases[..purchases.partition_point(|(day, _)| *day < as_of)];
    let (first, last) = (past.first()?.0, past.last()?.0);
    let whole = |days: i32| u32::try_from(days).unwrap_or(0);
    let orders = u32::try_from(past.len()).unwrap_or(u32::MAX);
    let mean = past.iter().map(|(_, amount)| *amount).sum::<ExactSum>().value() / f64::from(orders);
    let history = History { repeats: orders - 1, last: whole(last - first), age: whole(as_of - first) };
    Some((history, Spending { orders, mean }))
}

/// One customer's future.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Probability that the customer has not left.
    pub alive: f64,
    /// Expected orders within the horizon.
    pub orders: f64,
    /// Expected value of an order.
    pub order_value: f64,
    /// Discounted margin of the expected orders.
    pub value: f64,
}

impl Lifetime {
    /// Fits both models; `customers` are those with a purchase before the cutoff.
    ///
    /// # Errors
    /// [`Error::TooFew`] customers that came back, or [`Error::NoMaximum`].
    pub fn fit(customers: &[(History, Spending)]) -> Result<Self, Error> {
        let histories: Vec<History> = customers.iter().map(|(history, _)| *history).collect();
        let spending: Vec<Spending> = customers.iter().map(|(_, spending)| *spending).collect();
        let orders = OrderModel::fit(&histories, Dropout::FromTheStart)?;
        Ok(Self { orders, spending: SpendingModel::fit(&spending)? })
    }

    /// The futures of customers, in their order. Orders are discounted from the middle of steps of thirty days.
    #[must_use]
    pub fn predict(&self, customers: &[(History, Spending)], horizon: &Horizon) -> Vec<Prediction> {
        customers.par_iter().map(|(history, spending)| self.one(history, spending, horizon)).collect()
    }

    fn one(&self, history: &History, spending: &Spending, horizon: &Horizon) -> Prediction {
        let order_value = self.spending.expected(spending);
        let (mut done, mut counted, mut present) = (0.0, 0.0, 0.0);
        while done < f64::from(horizon.days) {
            let end = (done + STEP_DAYS).min(f64::from(horizon.days));
            let orders = self.orders.expected_orders(history, end);
            let years = f64::midpoint(done, end) / 365.25;
            present += (orders - counted) / (1.0 + horizon.yearly_discount).powf(years);
            (done, counted) = (end, orders);
        }
        Prediction {
            alive: self.orders.alive(history),
            orders: counted,
            order_value,
            value: present * order_value * horizon.margin,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_discounted_margin_of_the_expected_orders() {
        let lifetime = Lifetime {
            orders: OrderModel {
                dropout: Dropout::FromTheStart,
                r: 0.5,
                alpha: 60.0,
                a: 0.8,
                b: 2.5,
                log_likelihood: 0.0,
            },
            spending: SpendingModel { p: 6.25, q: 3.74, gamma: 15.44 },
        };
        let customer = [(History { repeats: 4, last: 200, age: 220 }, Spending { orders: 5, mean: 40.0 })];
        let free = Horizon { yearly_discount: 0.0, ..Horizon::default() };
        let plain = lifetime.predict(&customer, &free)[0];
        assert!((plain.value - plain.orders * plain.order_value).abs() < 1e-9);
        assert!((plain.orders - lifetime.orders.expected_orders(&customer[0].0, 365.0)).abs() < 1e-12);
        let dear = lifetime.predict(&customer, &Horizon { margin: 0.5, ..Horizon::default() })[0];
        assert!(dear.value < 0.5 * plain.value && dear.value > 0.45 * plain.value);
    }
}
