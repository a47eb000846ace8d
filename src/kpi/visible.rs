//! What of a table is visible as of a day, in the columns KPIs want, and how far its rows cover the time before.

use polars::prelude::*;

use crate::contract::CheckedTable;
use crate::tables::{ColumnType, TableName};
use crate::time::Day;

/// The wanted columns of the rows visible as of a day, in memory: days and instants as integers, texts as `String`.
/// Columns that are not mapped are left out.
///
/// # Errors
/// If the files cannot be read any more.
pub fn collect(table: &CheckedTable, as_of: Day, wanted: &[&str]) -> PolarsResult<DataFrame> {
    let carried = wanted.iter().filter(|name| carries(table, name));
    let columns: Vec<Expr> = carried.map(|name| column(table, name)).collect();
    // One query without sinks of its own gives a single frame.
    let mut rows = table.past(as_of).select(columns).collect_with_engine(Engine::Streaming)?.unwrap_single();
    rows.rechunk_mut();
    Ok(rows)
}

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
