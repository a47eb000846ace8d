//! The leak audit: features as of D must not change by a bit when everything from D on is removed or poisoned.
//!
//! *Removed*: rows dated or known at or after D are gone; later times at or after D, and what became known with them, are
//! null. *Poisoned*: the same rows and values are there, twice, but wrong: numbers are absurd, texts are `poison`, flags
//! are turned, later times lie elsewhere in the future. An end that was announced before D is known and stays.

use std::collections::BTreeMap;

use polars::prelude::{DataType, Expr, LazyFrame, UnionArgs, col, concat, lit, when};

use super::error::Error;
use super::frame::{FeatureColumn, FeatureFrame};
use crate::contract::{Checked, CheckedTable};
use crate::tables::{ColumnType, TableName};
use crate::time::Day;

/// What is done with the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Future {
    /// It is taken away.
    Removed,
    /// It is made absurd.
    Poisoned,
}

/// The tables with everything from the day on removed or poisoned.
///
/// # Errors
/// If polars refuses the expressions.
pub fn with_future(checked: &Checked, as_of: Day, future: Future) -> Result<Checked, Error> {
    let mut changed = checked.clone();
    for table in changed.tables.values_mut() {
        table.frame = changed_frame(table, as_of, future)?;
    }
    Ok(changed)
}

fn changed_frame(table: &CheckedTable, as_of: Day, future: Future) -> Result<LazyFrame, Error> {
    let definition = table.name.table();
    let time = if table.name == TableName::Customers { Some("valid_from") } else { definition.time };
    let times = time.into_iter().chain(["known_at"]).filter(|time| table.has(time));
    let is_future = times.fold(lit(false), |any, time| any.or(after(time, as_of)));
    let grown: Vec<Expr> = columns(table).filter_map(|column| grown_up(table, &column, as_of, future)).collect();
    let past = table.frame.clone().filter(is_future.clone().not()).with_columns(grown);
    if future == Future::Removed {
        return Ok(past);
    }
    let absurd = |texts: bool| {
        let changed: Vec<Expr> = columns(table).filter_map(|column| absurd(table, &column, texts)).collect();
        table.frame.clone().filter(is_future.clone()).with_columns(changed)
    };
    Ok(concat([past, absurd(false), absurd(true)], UnionArgs::default())?)
}

fn columns(table: &CheckedTable) -> impl Iterator<Item = String> {
    let attributes = table.attributes.iter().map(|attribute| attribute.name.clone());
    table.columns.iter().cloned().chain(attributes)
}

/// Whether the time lies at or after the day.
fn after(time: &str, as_of: Day) -> Expr {
    col(format!("{time}_day")).cast(DataType::Int32).gt_eq(lit(as_of.epoch_days())).fill_null(lit(false))
}

/// A column of a row before the day, as it may have become only later.
fn grown_up(table: &CheckedTable, column: &str, as_of: Day, future: Future) -> Option<Expr> {
    let later = match column {
        "signup_at" | "valid_to" => column,
        _ => table.name.table().column(column)?.known_with?,
    };
    let mut unknown = if table.has(later) { after(later, as_of).or(col(later).is_null()) } else { lit(true) };
    if later == "ended_at" && table.has("notice_at") {
        unknown = unknown.and(after("notice_at", as_of).or(col("notice_at").is_null()));
    }
    if matches!(later, "signup_at" | "valid_to") {
        unknown = after(later, as_of);
    }
    let instead = match future {
        Future::Removed => Some(lit(polars::prelude::Null {})),
        Future::Poisoned => wrong(table, column, true),
    };
    let changed = when(unknown.clone()).then(instead?).otherwise(col(column)).alias(column);
    Some(changed)
}

/// A column of a row at or after the day, absurd.
fn absurd(table: &CheckedTable, column: &str, texts: bool) -> Option<Expr> {
    let customer = table.name.table().customer.unwrap_or("customer");
    let is_key =
        column == customer || table.name.table().time == Some(column) || column == "known_at" || column == "valid_from";
    if is_key { None } else { wrong(table, column, texts).map(|wrong| wrong.alias(column)) }
}

fn wrong(table: &CheckedTable, column: &str, texts: bool) -> Option<Expr> {
    let attribute = table.attributes.iter().find(|attribute| attribute.name == column);
    let kind = match (table.name.table().column(column), attribute) {
        (Some(known), _) => known.kind,
        (None, Some(attribute)) if attribute.numeric => ColumnType::Number,
        (None, _) => ColumnType::Text,
    };
    match kind {
        ColumnType::Number => Some((col(column).fill_null(lit(0.0)) * lit(-7.5) - lit(1e7)).alias(column)),
        ColumnType::Text if texts => Some(lit("poison").alias(column)),
        ColumnType::Flag => Some(col(column).fill_null(lit(true)).not().alias(column)),
        ColumnType::Text | ColumnType::Time => None,
    }
}

/// A value of a feature, comparable bit by bit.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bits {
    Number(u64),
    Level(Option<String>),
}

/// Names of the features that differ in any bit for any customer of the first frame.
#[must_use]
pub fn differing(whole: &FeatureFrame, other: &FeatureFrame) -> Vec<String> {
    let others: BTreeMap<&str, usize> =
        other.features.iter().enumerate().map(|(position, info)| (info.name.as_str(), position)).collect();
    let mut differ: Vec<String> = whole
        .features
        .iter()
        .enumerate()
        .filter(|(position, info)| match others.get(info.name.as_str()) {
            Some(&same) => bits(whole, *position) != bits(other, same),
            None => true,
        })
        .map(|(_, info)| info.name.clone())
        .collect();
    let known = |name: &&str| !whole.features.iter().any(|info| info.name == **name);
    differ.extend(others.into_keys().filter(known).map(str::to_owned));
    differ
}

fn bits(frame: &FeatureFrame, position: usize) -> BTreeMap<(Day, String), Bits> {
    let mut all = BTreeMap::new();
    for block in &frame.blocks {
        for (row, &customer) in block.customer.iter().enumerate() {
            let value = match &block.columns[position] {
                FeatureColumn::Number(numbers) => Bits::Number(numbers.at(row).to_bits()),
                FeatureColumn::Level { codes, levels } => Bits::Level(levels.get(codes[row] as usize).cloned()),
            };
            all.insert((block.as_of, frame.customers.id(customer).to_owned()), value);
        }
    }
    all
}
