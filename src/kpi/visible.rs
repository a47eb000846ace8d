//! What of a table is visible as of a day, in the columns KPIs want, and how far its rows cover the time before.

use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread;

use polars::prelude::*;

use crate::contract::CheckedTable;
use crate::tables::{ColumnType, TableName};
use crate::time::Day;

/// Visits the wanted columns of the rows visible as of a day, batch by batch in no promised order: days and instants as
/// integers, texts as `String`. Columns that are not mapped are left out. The next batch is read while one is visited.
///
/// # Errors
/// If the files cannot be read any more, or the visit fails.
pub fn for_each_batch(
    table: &CheckedTable,
    as_of: Day,
    wanted: &[&str],
    mut visit: impl FnMut(&DataFrame) -> PolarsResult<()>,
) -> PolarsResult<()> {
    let carried = wanted.iter().filter(|name| carries(table, name));
    let columns: Vec<Expr> = carried.map(|name| column(table, name)).collect();
    let (send, batches) = sync_channel::<DataFrame>(BATCHES_AHEAD);
    let stop_when_unwanted = PlanCallback::new(move |batch| Ok(send.send(batch).is_err()));
    let query = table.past(as_of).select(columns).sink_batches(stop_when_unwanted, false, None)?;
    thread::scope(|scope| {
        let reading = scope.spawn(move || query.collect_with_engine(Engine::Streaming).map(drop));
        for mut batch in batches {
            batch.rechunk_mut();
            visit(&batch)?;
        }
        // A panic of the reader goes on here: half a table must not pass for the whole.
        reading.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Batches that may wait to be visited.
const BATCHES_AHEAD: usize = 2;

/// The wanted columns of `customers` as of a day, in the order of their validity, so that a later state overrides an
/// earlier one. Attributes are texts.
///
/// # Errors
/// If the file cannot be read any more.
pub fn customers(table: &CheckedTable, as_of: Day, wanted: &[&str]) -> PolarsResult<DataFrame> {
    let is_attribute = |name: &str| table.attributes.iter().any(|attribute| attribute.name == name);
    let (attributes, canonical): (Vec<&str>, Vec<&str>) = wanted.iter().partition(|name| is_attribute(name));
    let mut columns: Vec<Expr> = attributes.into_iter().map(|name| col(name).cast(DataType::String)).collect();
    columns.extend(canonical.into_iter().filter(|name| carries(table, name)).map(|name| column(table, name)));
    let mut rows = table.past(as_of).select(columns).collect()?;
    if table.has("valid_from") {
        rows = rows.sort(["customer", "valid_from_day"], SortMultipleOptions::default())?;
    }
    rows.rechunk_mut();
    Ok(rows)
}

/// Whether the table carries the column, or the time column whose day it is.
fn carries(table: &CheckedTable, column: &str) -> bool {
    table.has(column) || column.strip_suffix("_day").is_some_and(|time| table.has(time))
}

fn column(table: &CheckedTable, name: &str) -> Expr {
    let kind = table.name.table().column(name).map(|column| column.kind);
    match kind {
        None => col(name).cast(DataType::Int32),
        Some(ColumnType::Time) => col(name).cast(DataType::Int64),
        Some(ColumnType::Text) => col(name).cast(DataType::String),
        Some(ColumnType::Number | ColumnType::Flag) => col(name),
    }
}

/// The first day with a row that happened before D and was not known then: from it on the picture is not complete.
///
/// # Errors
/// If the files cannot be read any more.
pub fn hidden_from(table: &CheckedTable, as_of: Day) -> PolarsResult<Option<Day>> {
    let (Some(time), true) = (table.name.table().time, table.has("known_at")) else { return Ok(None) };
    let day = |name: &str| col(format!("{name}_day")).cast(DataType::Int32);
    let hidden = day(time).lt(lit(as_of.epoch_days())).and(day("known_at").gt_eq(lit(as_of.epoch_days())));
    let first = table.frame.clone().filter(hidden).select([day(time).min().alias("first")]);
    let first = first.collect_with_engine(Engine::Streaming)?.unwrap_single();
    Ok(first.column("first")?.i32()?.get(0).map(Day::from_epoch_days))
}

/// The first day not covered by a table: as declared, or as believed.
///
/// Rare rows need not happen on the last day: a table whose rows end shortly before the latest of all tables, and before
/// D, is believed to be complete up to D. Shortly is a week (beyond it the contract warns), and a month for tables of
/// states (subscriptions, programmes), whose rows speak about the days after them too.
#[must_use]
pub fn covered_until(table: &CheckedTable, declared: Option<Day>, latest: Option<Day>, as_of: Day) -> Day {
    let of_states = matches!(table.name, TableName::Subscriptions | TableName::Programs | TableName::Customers);
    let believed = if of_states { BELIEVED_DAYS_OF_STATES } else { BELIEVED_DAYS };
    let reached = latest.unwrap_or(as_of).max(as_of);
    match (declared, table.covered_until) {
        (Some(declared), _) => declared,
        (None, Some(own)) if own.plus(believed) < reached => own,
        _ => as_of,
    }
}

const BELIEVED_DAYS: i32 = 7;
const BELIEVED_DAYS_OF_STATES: i32 = 31;
