//! Facts from `orders`: orders, net revenue, margin, in the period, in the year before its end, and to date.

use std::num::NonZeroU64;

use polars::prelude::PolarsResult;

use super::Facts;
use super::rows::{float_key, order_key, text_key};
use super::source::{Frame, Reader, Source};
use crate::kpi::period::Period;
use crate::stats::ExactSum;
use crate::tables::TableName;

/// Days of the year that `clv_simple` looks back on.
pub const YEAR_DAYS: i32 = 365;

/// What a customer ordered.
#[derive(Debug, Clone, Copy, Default)]
pub struct OrderFacts {
    /// Orders placed in the period: lines that share `order` are one, dated by the first line that is not a return.
    pub orders: u32,
    /// Lines of the period, returns included.
    pub lines: u32,
    /// Net revenue of the period: returns count negative.
    pub revenue: f64,
    /// Margin of the period, where mapped.
    pub margin: f64,
    /// Orders in the 365 days before the period's end.
    pub orders_in_year: u32,
    /// Net revenue of those days.
    pub revenue_in_year: f64,
    /// Orders before the period's end.
    pub orders_to_date: u32,
    /// Net revenue before the period's end.
    pub revenue_to_date: f64,
}

/// One order line.
#[derive(Debug, Clone, Copy)]
pub struct OrderLine {
    /// Local day, from the epoch.
    pub day: i32,
    /// Key of the order; `None`: an order of its own.
    pub order: Option<NonZeroU64>,
    /// Amount, negative for a return.
    pub amount: f64,
    /// Margin; 0 where unknown.
    pub margin: f64,
}

/// The table.
#[derive(Debug, Default)]
pub struct Orders;

impl Source for Orders {
    type Row = OrderLine;
    const TABLE: TableName = TableName::Orders;
    const COLUMNS: &'static [&'static str] = &["customer", "at_day", "order", "amount", "margin"];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, OrderLine)>> {
        let (days, orders) = (reader.days("at_day")?, reader.texts("order")?);
        let (amounts, margins) = (reader.numbers("amount")?, reader.numbers("margin")?);
        let line = |row| OrderLine {
            day: days.or_never(row),
            order: text_key(orders.get(row)),
            amount: amounts.or_zero(row),
            margin: margins.or_zero(row),
        };
        Ok((0..reader.height()).map(line).enumerate().collect())
    }

    fn key(line: &OrderLine) -> [i64; 6] {
        [i64::from(line.day), float_key(line.amount), float_key(line.margin), order_key(line.order), 0, 0]
    }

    fn fill(lines: &[OrderLine], frame: Frame<'_>, facts_of: &mut [Facts]) {
        let days = order_days(lines);
        for (period, slot) in frame.calendar.periods.iter().zip(facts_of) {
            slot.orders = facts(lines, &days, period);
        }
    }

    fn active_days(lines: &[OrderLine], days: &mut Vec<i32>) {
        days.extend(lines.iter().map(|line| line.day));
    }
}

/// Net revenue of the year before a day.
#[must_use]
pub fn revenue_of_year(lines: &[OrderLine], day: i32) -> f64 {
    let past = &lines[..lines.partition_point(|line| line.day < day)];
    revenue(&past[past.partition_point(|line| line.day < day - YEAR_DAYS)..])
}

/// Days on which orders were placed, ascending: the first line of each order that is not a return.
#[must_use]
pub fn order_days(lines: &[OrderLine]) -> Vec<i32> {
    let placed = || lines.iter().filter(|line| line.amount >= 0.0);
    let mut days: Vec<i32> = placed().filter(|line| line.order.is_none()).map(|line| line.day).collect();
    let mut orders: Vec<(NonZeroU64, i32)> = placed().filter_map(|line| Some((line.order?, line.day))).collect();
    orders.sort_unstable();
    orders.dedup_by_key(|(order, _)| *order);
    days.extend(orders.iter().map(|(_, day)| *day));
    days.sort_unstable();
    days
}

/// The facts of one customer in one period.
#[must_use]
pub fn facts(lines: &[OrderLine], days: &[i32], period: &Period) -> OrderFacts {
    let (start, end) = (period.start.epoch_days(), period.end.epoch_days());
    let past = &lines[..lines.partition_point(|line| line.day < end)];
    let within = &past[past.partition_point(|line| line.day < start)..];
    let year = &past[past.partition_point(|line| line.day < end - YEAR_DAYS)..];
    OrderFacts {
        orders: count(days, start, end),
        lines: u32::try_from(within.len()).unwrap_or(u32::MAX),
        revenue: revenue(within),
        margin: within.iter().map(|line| line.margin).sum::<ExactSum>().value(),
        orders_in_year: count(days, end - YEAR_DAYS, end),
        revenue_in_year: revenue(year),
        orders_to_date: count(days, i32::MIN, end),
        revenue_to_date: revenue(past),
    }
}

/// How many of the ascending days lie in `[start, end)`.
#[must_use]
pub fn count(days: &[i32], start: i32, end: i32) -> u32 {
    let span = days.partition_point(|day| *day < end) - days.partition_point(|day| *day < start);
    u32::try_from(span).unwrap_or(u32::MAX)
}

fn revenue(lines: &[OrderLine]) -> f64 {
    lines.iter().map(|line| line.amount).sum::<ExactSum>().value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Day;

    fn line(day: i32, order: u64, amount: f64) -> OrderLine {
        OrderLine { day, order: NonZeroU64::new(order), amount, margin: 0.0 }
    }

    #[test]
    fn lines_of_one_order_are_one_order_and_a_return_is_none() {
        let lines = [line(1, 7, 10.0), line(1, 7, 5.0), line(3, 7, -5.0), line(4, 0, 2.0), line(5, 9, -1.0)];
        let days = order_days(&lines);
        assert_eq!(days, [1, 4]);
        let period = Period { start: Day::from_epoch_days(2), end: Day::from_epoch_days(5), partial: false };
        let facts = facts(&lines, &days, &period);
        assert_eq!((facts.orders, facts.revenue), (1, -3.0));
        assert_eq!((facts.orders_to_date, facts.revenue_to_date), (2, 12.0));
    }
}
