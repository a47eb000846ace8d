//! Facts from `subscriptions`: what was open when, and what it paid.

use polars::prelude::PolarsResult;

use super::rows::{Columns, Rows, Subjects, float_key};
use crate::money::Cents;
use crate::tables::TableName;

/// What a customer subscribed to.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubscriptionFacts {
    /// Monthly recurring revenue at the period's start.
    pub mrr_at_start: f64,
    /// Monthly recurring revenue at the period's end.
    pub mrr_at_end: f64,
}

/// One subscription.
#[derive(Debug, Clone, Copy)]
pub struct Subscription {
    /// First local day, from the epoch.
    pub start: i32,
    /// Local day of its end; `i32::MAX` while open.
    pub end: i32,
    /// Monthly recurring revenue in cents; 0 where unknown or in a trial.
    pub mrr: Cents,
    /// Whether it is a trial.
    pub trial: bool,
}

impl Subscription {
    /// Whether it is open at D 00:00: started before, and not ended before.
    #[must_use]
    pub fn is_open_at(&self, day: i32) -> bool {
        self.start < day && day <= self.end
    }
}

/// Reads the subscriptions of a frame. Where no `ended_at` is mapped, a contract ends when it expires.
///
/// # Errors
/// If a column has another type than the contract says.
pub fn read(columns: &Columns<'_>, subjects: &mut Subjects) -> PolarsResult<Vec<(u32, Subscription)>> {
    let split = subjects.split_column(TableName::Subscriptions).map(str::to_owned);
    let split = split.map(|name| columns.texts(&name)).transpose()?.flatten();
    let (customers, starts) = (columns.texts("customer")?, columns.days("started_at_day")?);
    let ends = match columns.days("ended_at_day")? {
        Some(ends) => Some(ends),
        None => columns.days("expires_at_day")?,
    };
    let (mrr, trials) = (columns.numbers("mrr")?, columns.flags("trial")?);
    let mut rows = Vec::with_capacity(columns.height());
    for row in 0..columns.height() {
        let customer = customers.and_then(|column| column.get(row));
        let subject = subjects.number(TableName::Subscriptions, customer, split.and_then(|column| column.get(row)));
        let trial = trials.and_then(|column| column.get(row)).unwrap_or(false);
        let paid = mrr.and_then(|column| column.get(row)).filter(|_| !trial).unwrap_or(0.0);
        let subscription = Subscription {
            start: starts.and_then(|column| column.get(row)).unwrap_or(i32::MAX),
            end: ends.and_then(|column| column.get(row)).unwrap_or(i32::MAX),
            mrr: Cents::from_amount(paid),
            trial,
        };
        rows.push((subject, subscription));
    }
    Ok(rows)
}

/// Groups the subscriptions by customer.
#[must_use]
pub fn rows(subjects: usize, subscriptions: Vec<(u32, Subscription)>) -> Rows<Subscription> {
    Rows::new(subjects, subscriptions, |row| (row.start, row.end, row.mrr, row.trial, float_key(0.0)))
}

/// Monthly recurring revenue of the subscriptions open at a day.
#[must_use]
pub fn mrr_at(subscriptions: &[Subscription], day: i32) -> Cents {
    subscriptions.iter().filter(|row| row.is_open_at(day)).map(|row| row.mrr).sum()
}
