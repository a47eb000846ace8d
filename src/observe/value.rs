//! What customers are worth as of a day.

use rayon::prelude::*;

use super::filter::later_day;
use crate::project::{Project, ValueBasis};
use crate::rollup::{History, TableHistory, Values};
use crate::stats::ExactSum;
use crate::tables::TableName;
use crate::time::Day;

const YEAR_DAYS: i32 = 365;

/// What the project measures value by: as declared, or the first that its tables allow.
#[must_use]
pub fn basis(project: &Project, history: &History) -> Option<ValueBasis> {
    let has = |table, column| history.table(table).is_some_and(|table| table.position(column).is_some());
    let allowed = || {
        let orders = has(TableName::Orders, "amount").then_some(ValueBasis::Revenue365);
        orders.or_else(|| has(TableName::Subscriptions, "mrr").then_some(ValueBasis::Mrr))
    };
    project.value.basis.or_else(allowed)
}

/// What each of the customers is worth as of the day, times the declared margin; NaN where unknown.
///
/// `revenue_365`: net revenue of the last 365 days (0 without orders). `mrr`: monthly recurring revenue of the open
/// subscriptions, times twelve. `clv_predicted` needs a fitted model and is unknown here: whoever fits it, fills it in.
#[must_use]
pub fn values(project: &Project, history: &History, as_of: Day, customers: &[u32]) -> Vec<f64> {
    let table = match basis(project, history) {
        Some(ValueBasis::Revenue365) => history.table(TableName::Orders),
        Some(ValueBasis::Mrr) => history.table(TableName::Subscriptions),
        Some(ValueBasis::ClvPredicted) | None => None,
    };
    let Some(table) = table else { return vec![f64::NAN; customers.len()] };
    let day = as_of.epoch_days();
    let worth = |&customer: &u32| match basis(project, history) {
        Some(ValueBasis::Mrr) => recurring(table, customer, day),
        _ => revenue(table, customer, day),
    };
    customers.par_iter().map(|customer| worth(customer) * project.value.margin).collect()
}

/// The days before `as_of` on which a customer bought, ascending, with what was paid; returns and gifts are left out.
#[must_use]
pub fn purchases(history: &History, customer: u32, as_of: Day) -> Vec<(i32, f64)> {
    let day = as_of.epoch_days();
    let Some(orders) = history.table(TableName::Orders) else { return Vec::new() };
    let Some(Values::Number(amounts)) = orders.column("amount").map(|column| &column.values) else { return Vec::new() };
    let bought = |row: &usize| orders.days.at(*row) < day && seen(orders, *row, day) && amounts.at(*row) > 0.0;
    let rows: Vec<usize> = orders.rows(customer).filter(bought).collect();
    let paid = |rows: &[usize]| rows.iter().map(|row| amounts.at(*row)).sum::<ExactSum>().value();
    rows.chunk_by(|a, b| orders.days.at(*a) == orders.days.at(*b))
        .map(|day| (orders.days.at(day[0]), paid(day)))
        .collect()
}

fn revenue(orders: &TableHistory, customer: u32, as_of: i32) -> f64 {
    let Some(Values::Number(amounts)) = orders.column("amount").map(|column| &column.values) else { return f64::NAN };
    let inside = |row: &usize| (as_of - YEAR_DAYS..as_of).contains(&orders.days.at(*row)) && seen(orders, *row, as_of);
    orders.rows(customer).filter(inside).map(|row| amounts.at(row)).sum::<ExactSum>().value()
}

fn recurring(subscriptions: &TableHistory, customer: u32, as_of: i32) -> f64 {
    let Some(Values::Number(rates)) = subscriptions.column("mrr").map(|column| &column.values) else { return f64::NAN };
    let ended = subscriptions.position("ended_at");
    let open = |row: &usize| {
        let end = ended.map_or(i32::MAX, |ended| later_day(subscriptions, ended, *row, as_of));
        subscriptions.days.at(*row) < as_of && seen(subscriptions, *row, as_of) && end >= as_of
    };
    let rates: Vec<f64> = subscriptions.rows(customer).filter(open).map(|row| rates.at(row)).collect();
    if !rates.is_empty() && rates.iter().all(|rate| rate.is_nan()) {
        return f64::NAN;
    }
    rates.into_iter().sum::<ExactSum>().value() * 12.0
}

fn seen(table: &TableHistory, row: usize, as_of: i32) -> bool {
    table.known.as_ref().is_none_or(|known| known[row] < as_of)
}
