//! Bridges: from the opening value to the closing value of a period, to the cent. This is `bridges.parquet`.
//!
//! Two bridges: `mrr` (monthly recurring revenue of open, paid subscriptions) and `value` (value of active customers by
//! `[value] basis` times margin: net customer value growth). Each customer is in exactly one part:
//! opening + new + expansion + reactivation − contraction − churn = closing. `new` had never been there before,
//! `reactivation` had, but not at the opening. Money is counted in whole cents per customer, so that parts of segments
//! sum to the total exactly. Columns: bridge, `period_start`, `period_end`, segment, `segment_value` (null for the whole),
//! opening, new, expansion, reactivation, contraction, churn, closing, `customers_opening`, `customers_new`,
//! `customers_reactivated`, `customers_churned`, `customers_closing`, status.

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};

use super::facts::{Course, Store};
use super::period::{Calendar, Period};
use super::segment::Grouping;
use crate::money::Cents;
use crate::project::ValueBasis;

/// One bridge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bridge {
    /// Value at the start.
    pub opening: Cents,
    /// Of customers never seen before.
    pub new: Cents,
    /// More of those who were there.
    pub expansion: Cents,
    /// Of customers who had been there before, but not at the start.
    pub reactivation: Cents,
    /// Less of those who are still there.
    pub contraction: Cents,
    /// Of those who left.
    pub churn: Cents,
    /// Value at the end.
    pub closing: Cents,
    /// Customers at the start.
    pub customers_opening: i64,
    /// New customers.
    pub customers_new: i64,
    /// Customers who came back.
    pub customers_reactivated: i64,
    /// Customers who left.
    pub customers_churned: i64,
    /// Customers at the end.
    pub customers_closing: i64,
}

/// A customer at the two ends of a period: his value, `None` while not there.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// At the start.
    pub start: Option<Cents>,
    /// At the end.
    pub end: Option<Cents>,
    /// Whether he had been there before the start.
    pub was_there_before: bool,
}

impl Bridge {
    /// Adds one customer.
    pub fn add(&mut self, ends: Ends) {
        let (start, end) = (ends.start.unwrap_or_default(), ends.end.unwrap_or_default());
        self.opening += start;
        self.closing += end;
        self.customers_opening += i64::from(ends.start.is_some());
        self.customers_closing += i64::from(ends.end.is_some());
        match (ends.start, ends.end) {
            (None, Some(_)) if ends.was_there_before => {
                self.reactivation += end;
                self.customers_reactivated += 1;
            }
            (None, Some(_)) => {
                self.new += end;
                self.customers_new += 1;
            }
            (Some(_), None) => {
                self.churn += start;
                self.customers_churned += 1;
            }
            (Some(_), Some(_)) if end >= start => self.expansion += end - start,
            (Some(_), Some(_)) => self.contraction += start - end,
            (None, None) => {}
        }
    }

    /// Adds another bridge.
    pub fn merge(&mut self, other: &Self) {
        self.opening += other.opening;
        self.new += other.new;
        self.expansion += other.expansion;
        self.reactivation += other.reactivation;
        self.contraction += other.contraction;
        self.churn += other.churn;
        self.closing += other.closing;
        self.customers_opening += other.customers_opening;
        self.customers_new += other.customers_new;
        self.customers_reactivated += other.customers_reactivated;
        self.customers_churned += other.customers_churned;
        self.customers_closing += other.customers_closing;
    }

    /// What the parts leave unexplained: always nothing.
    #[must_use]
    pub fn gap(&self) -> Cents {
        let change = self.new + self.expansion + self.reactivation - self.contraction - self.churn;
        self.closing - self.opening - change
    }
}

/// One row of `bridges.parquet`.
#[derive(Debug, Clone)]
pub struct BridgeRow {
    /// `mrr` or `value`.
    pub bridge: &'static str,
    /// The period.
    pub period: Period,
    /// Segment and value; `None` for the whole.
    pub segment: Option<(String, String)>,
    /// The bridge.
    pub parts: Bridge,
}

/// All bridges of the calendar, for the whole and for every part of every segment.
#[must_use]
pub fn compute(store: &Store, calendar: &Calendar, groupings: &[Grouping], with_mrr: bool) -> Vec<BridgeRow> {
    let mut rows = Vec::new();
    if with_mrr {
        rows.extend(of_kind("mrr", store, calendar, groupings, mrr_in_cents));
    }
    if let Some(basis) = store.settings.basis {
        let margin = store.settings.margin;
        rows.extend(of_kind("value", store, calendar, groupings, |course, day| {
            value_in_cents(course, basis, margin, day)
        }));
    }
    rows
}

fn of_kind(
    bridge: &'static str,
    store: &Store,
    calendar: &Calendar,
    groupings: &[Grouping],
    value: impl Fn(&Course<'_>, i32) -> Option<Cents>,
) -> Vec<BridgeRow> {
    let periods = calendar.len();
    let mut whole = vec![Bridge::default(); periods];
    let mut parts: Vec<Vec<Bridge>> =
        groupings.iter().map(|grouping| vec![Bridge::default(); grouping.labels.len() * periods]).collect();
    store.for_each_customer(|subject, course, _| {
        for (index, period) in calendar.periods.iter().enumerate() {
            let (start, end) = (period.start.epoch_days(), period.end.epoch_days());
            let ends = Ends {
                start: value(course, start),
                end: value(course, end),
                was_there_before: if bridge == "mrr" {
                    course.paid_before(start)
                } else {
                    course.was_active_before(start)
                },
            };
            whole[index].add(ends);
            for (grouping, parts) in groupings.iter().zip(&mut parts) {
                parts[grouping.codes[subject] as usize * periods + index].add(ends);
            }
        }
    });
    let row =
        |segment, period: usize, parts: Bridge| BridgeRow { bridge, period: calendar.periods[period], segment, parts };
    let mut rows: Vec<BridgeRow> =
        whole.into_iter().enumerate().map(|(period, parts)| row(None, period, parts)).collect();
    for (grouping, parts) in groupings.iter().zip(parts) {
        for (label, of_label) in grouping.labels.iter().zip(parts.chunks(periods)) {
            let segment = Some((grouping.name.clone(), label.clone()));
            rows.extend(of_label.iter().enumerate().map(|(period, parts)| row(segment.clone(), period, *parts)));
        }
    }
    rows
}

/// The rows as `bridges.parquet` holds them.
///
/// # Errors
/// None that data can cause: all columns have the same length.
pub fn frame(rows: &[BridgeRow]) -> PolarsResult<DataFrame> {
    let days = |name: &str, of: fn(&BridgeRow) -> i32| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<i32>>()).cast(&DataType::Date)
    };
    let text = |name: &str, of: fn(&BridgeRow) -> Option<&str>| {
        Column::new(name.into(), rows.iter().map(of).collect::<Vec<Option<&str>>>())
    };
    let money = |name: &str, of: fn(&Bridge) -> Cents| {
        Column::new(name.into(), rows.iter().map(|row| of(&row.parts).amount()).collect::<Vec<f64>>())
    };
    let count = |name: &str, of: fn(&Bridge) -> i64| {
        Column::new(name.into(), rows.iter().map(|row| of(&row.parts)).collect::<Vec<i64>>())
    };
    DataFrame::new_infer_height(vec![
        text("bridge", |row| Some(row.bridge)),
        days("period_start", |row| row.period.start.epoch_days())?,
        days("period_end", |row| row.period.end.epoch_days())?,
        text("segment", |row| row.segment.as_ref().map(|(segment, _)| segment.as_str())),
        text("segment_value", |row| row.segment.as_ref().map(|(_, value)| value.as_str())),
        money("opening", |bridge| bridge.opening),
        money("new", |bridge| bridge.new),
        money("expansion", |bridge| bridge.expansion),
        money("reactivation", |bridge| bridge.reactivation),
        money("contraction", |bridge| bridge.contraction),
        money("churn", |bridge| bridge.churn),
        money("closing", |bridge| bridge.closing),
        count("customers_opening", |bridge| bridge.customers_opening),
        count("customers_new", |bridge| bridge.customers_new),
        count("customers_reactivated", |bridge| bridge.customers_reactivated),
        count("customers_churned", |bridge| bridge.customers_churned),
        count("customers_closing", |bridge| bridge.customers_closing),
        text("status", |row| Some(if row.period.partial { "partial" } else { "ok" })),
    ])
}

fn mrr_in_cents(course: &Course<'_>, day: i32) -> Option<Cents> {
    course.mrr_at(day)
}

/// The value of an active customer at a day, in cents.
fn value_in_cents(course: &Course<'_>, basis: ValueBasis, margin: f64, day: i32) -> Option<Cents> {
    course.is_active_at(day).then(|| Cents::from_amount(course.value_at(basis, day) * margin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(start: Option<i64>, end: Option<i64>, was_there_before: bool) -> Ends {
        Ends { start: start.map(Cents::new), end: end.map(Cents::new), was_there_before }
    }

    #[test]
    fn every_customer_is_in_one_part_and_the_parts_sum() {
        let mut bridge = Bridge::default();
        for customer in [
            ends(None, Some(1_001), false),
            ends(None, Some(2_002), true),
            ends(Some(333), None, true),
            ends(Some(100), Some(150), true),
            ends(Some(100), Some(1), true),
            ends(Some(-5), Some(7), true),
            ends(None, None, true),
        ] {
            bridge.add(customer);
        }
        assert_eq!(bridge.gap(), Cents::ZERO);
        let parts = [bridge.new, bridge.reactivation, bridge.churn, bridge.expansion, bridge.contraction];
        assert_eq!(parts.map(Cents::get), [1_001, 2_002, 333, 62, 99]);
        assert_eq!((bridge.customers_opening, bridge.customers_closing), (4, 5));
    }
}
