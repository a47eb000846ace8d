//! How often a customer orders, when the next order is due, and how much of the price is discount.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::{Error, THIN};
use crate::contract::{CheckedTable, collect};
use crate::stats::ExactSum;
use crate::time::Day;

/// From this share of the price on, discounts count much.
const HIGH: f64 = 0.2;
/// From this share of the price on, they count.
const MEDIUM: f64 = 0.05;

/// A customer's orders.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rhythm {
    /// Distinct orders.
    pub orders: u32,
    order_days: u32,
    first_day: i32,
    last_day: i32,
    discount: Option<(ExactSum, ExactSum)>,
}

impl Rhythm {
    /// Mean days between order days; none where history is thin.
    pub fn gap_days(&self) -> Option<f64> {
        let known = u64::from(self.order_days) >= THIN;
        known.then(|| f64::from(self.last_day - self.first_day) / f64::from(self.order_days - 1))
    }

    /// Day the next order is due, from the last one: days since 1970-01-01.
    pub fn next_expected(&self) -> Option<i32> {
        #[expect(clippy::cast_possible_truncation, reason = "a gap is shorter than the calendar")]
        self.gap_days().map(|gap| self.last_day + gap.round() as i32)
    }

    /// Discount as a share of the price before it; none where history is thin or discounts are not mapped.
    pub fn discount_share(&self) -> Option<f64> {
        let (discount, paid) = self.discount.filter(|_| u64::from(self.orders) >= THIN)?;
        let price = (discount + paid).value();
        (price > 0.0).then(|| discount.value() / price)
    }

    /// `high`, `medium`, `low`.
    pub fn price_sensitivity(&self) -> Option<&'static str> {
        self.discount_share().map(|share| match share {
            share if share >= HIGH => "high",
            share if share >= MEDIUM => "medium",
            _ => "low",
        })
    }
}

/// Every customer's rhythm. Returns (negative amounts) are no orders; without order ids an instant is one order.
pub(super) fn rhythms(orders: &CheckedTable, as_of: Day) -> Result<BTreeMap<String, Rhythm>, Error> {
    read(orders, as_of).map_err(|cause| Error::Read { table: orders.name, cause })
}

fn read(orders: &CheckedTable, as_of: Day) -> PolarsResult<BTreeMap<String, Rhythm>> {
    let order = if orders.has("order") { col("order") } else { col("at").cast(DataType::Int64) };
    let discount = if orders.has("discount") { col("discount").abs() } else { lit(0.0) };
    let rows = orders.past(as_of).filter(col("amount").gt_eq(lit(0.0))).select([
        col("customer").cast(DataType::String),
        order.cast(DataType::String).alias("order"),
        col("at_day").cast(DataType::Int32).alias("day"),
        col("amount").cast(DataType::Float64),
        discount.cast(DataType::Float64).fill_null(lit(0.0)).alias("discount"),
    ]);
    let rows = collect(rows)?;
    let columns = rows.column("customer")?.str()?.iter().zip(rows.column("order")?.str()?.iter());
    let columns = columns.zip(rows.column("day")?.i32()?.iter()).zip(rows.column("amount")?.f64()?.iter());
    let mut lines: BTreeMap<&str, Lines<'_>> = BTreeMap::new();
    for ((((customer, order), day), amount), discount) in columns.zip(rows.column("discount")?.f64()?.iter()) {
        let (Some(customer), Some(day)) = (customer, day) else { continue };
        let found = lines.entry(customer).or_default();
        found.orders.extend(order);
        found.days.insert(day);
        found.discount += discount.unwrap_or(0.0);
        found.paid += amount.unwrap_or(0.0);
    }
    let has_discount = orders.has("discount");
    Ok(lines.into_iter().map(|(customer, lines)| (customer.to_owned(), lines.rhythm(has_discount))).collect())
}

#[derive(Default)]
struct Lines<'a> {
    orders: BTreeSet<&'a str>,
    days: BTreeSet<i32>,
    discount: ExactSum,
    paid: ExactSum,
}

impl Lines<'_> {
    fn rhythm(&self, has_discount: bool) -> Rhythm {
        Rhythm {
            orders: u32::try_from(self.orders.len()).unwrap_or(u32::MAX),
            order_days: u32::try_from(self.days.len()).unwrap_or(u32::MAX),
            first_day: self.days.first().copied().unwrap_or(0),
            last_day: self.days.last().copied().unwrap_or(0),
            discount: has_discount.then_some((self.discount, self.paid)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_order_is_due_a_mean_gap_after_the_last() {
        let rhythm = Rhythm { orders: 3, order_days: 3, first_day: 100, last_day: 121, discount: None };
        assert_eq!((rhythm.gap_days(), rhythm.next_expected()), (Some(10.5), Some(132)));
        let thin = Rhythm { orders: 2, order_days: 2, ..rhythm };
        assert_eq!((thin.gap_days(), thin.next_expected(), thin.discount_share()), (None, None, None));
    }

    #[test]
    fn discounts_are_a_share_of_the_price_before_them() {
        let money = Some((ExactSum::from(5.0), ExactSum::from(15.0)));
        let rhythm = Rhythm { orders: 3, order_days: 3, first_day: 0, last_day: 9, discount: money };
        assert_eq!((rhythm.discount_share(), rhythm.price_sensitivity()), (Some(0.25), Some("high")));
    }
}
