//! What of a table is visible as of a day: both clocks, and rows that have not yet grown up.

use polars::prelude::*;

use crate::contract::CheckedTable;
use crate::tables::{ColumnType, TableName};
use crate::time::Day;

/// Name of the local-day column beside a time column.
#[must_use]
pub fn day_of(column: &str) -> String {
    format!("{column}_day")
}

/// Whether the table carries the column, or the time column whose day it is.
#[must_use]
pub fn carries(table: &CheckedTable, column: &str) -> bool {
    table.has(column) || column.strip_suffix("_day").is_some_and(|time| table.has(time))
}

/// The wanted columns of the rows visible as of a day, in memory: days and instants as integers, texts as `String`.
///
/// A row is visible if its time, and its `known_at` where mapped, lie before D; later times of the row that are not
/// before D read null, and with them the columns known with them. Columns that are not mapped are left out.
///
/// # Errors
/// If the files cannot be read any more.
pub fn collect(table: &CheckedTable, as_of: Day, wanted: &[&str]) -> PolarsResult<DataFrame> {
    let mut frame = table.frame.clone();
    for time in [table.name.table().time, Some("known_at")].into_iter().flatten().filter(|time| table.has(time)) {
        frame = frame.filter(before(time, as_of));
    }
    let columns: Vec<Expr> =
        wanted.iter().filter(|name| carries(table, name)).map(|name| column(table, name, as_of)).collect();
    // One query without sinks of its own gives a single frame.
    let mut rows = frame.select(columns).collect_with_engine(Engine::Streaming)?.unwrap_single();
    rows.rechunk_mut();
    Ok(rows)
}

fn before(time: &str, as_of: Day) -> Expr {
    col(day_of(time)).cast(DataType::Int32).lt(lit(as_of.epoch_days()))
}

fn column(table: &CheckedTable, name: &str, as_of: Day) -> Expr {
    let definition = table.name.table();
    let time_of_day = name.strip_suffix("_day").filter(|time| table.has(time));
    let canonical = definition.column(time_of_day.unwrap_or(name));
    let value = match (time_of_day, canonical.map(|column| column.kind)) {
        (Some(_), _) => col(name).cast(DataType::Int32),
        (None, Some(ColumnType::Time)) => col(name).cast(DataType::Int64),
        (None, Some(ColumnType::Text)) => col(name).cast(DataType::String),
        (None, _) => col(name),
    };
    match canonical.and_then(|column| column.known_with) {
        // A table that does not map the later time cannot say when the column became known: it counts as known.
        Some(later) if table.has(later) => when(before(later, as_of)).then(value).otherwise(lit(NULL)).alias(name),
        _ => value.alias(name),
    }
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

/// The wanted columns of `customers` as of a day: rows known and valid before D, in the order of their validity, so
/// that a later row overrides an earlier one. Attributes are texts.
///
/// # Errors
/// If the file cannot be read any more.
pub fn customers(table: &CheckedTable, as_of: Day, wanted: &[&str]) -> PolarsResult<DataFrame> {
    let mut frame = table.frame.clone();
    for time in ["known_at", "valid_from"].into_iter().filter(|time| table.has(time)) {
        frame = frame.filter(col(day_of(time)).is_null().or(before(time, as_of)));
    }
    let is_attribute = |name: &str| table.attributes.iter().any(|attribute| attribute.name == name);
    let (attributes, canonical): (Vec<&str>, Vec<&str>) = wanted.iter().partition(|name| is_attribute(name));
    let mut columns: Vec<Expr> = attributes.into_iter().map(|name| col(name).cast(DataType::String)).collect();
    let carried = canonical.into_iter().filter(|name| carries(table, name));
    columns.extend(carried.map(|name| column(table, name, as_of)));
    let mut rows = frame.select(columns).collect()?;
    if table.has("valid_from") {
        rows = rows.sort(["customer", "valid_from_day"], SortMultipleOptions::default())?;
    }
    rows.rechunk_mut();
    Ok(rows)
}
