//! A checked table as it was known at the beginning of a day: both clocks, and rows that have not yet grown up.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::CheckedTable;
use crate::time::Day;

impl CheckedTable {
    /// Rows that happened, and were known, strictly before `as_of`; later times of a row that are not before it read
    /// null, and so do the columns that became known with them. States of customers begin with `valid_from`.
    ///
    /// A table that does not map a later time cannot say when the columns beside it became known: they count as known.
    pub fn past(&self, as_of: Day) -> LazyFrame {
        let clocks = [self.name.table().time, Some("known_at")].into_iter().flatten().filter(|time| self.has(time));
        let mut frame = clocks.fold(self.frame.clone(), |frame, time| frame.filter(before(time, as_of)));
        if self.has("valid_from") {
            frame = frame.filter(col("valid_from_day").is_null().or(before("valid_from", as_of)));
        }
        frame.with_columns(self.grown_up(as_of))
    }

    /// `customers` only: the named attributes of every customer as of a day, as texts in the order of the names; a
    /// later state overrides an earlier one, and a missing value is the empty text.
    ///
    /// # Errors
    /// If the files cannot be read any more, or have no such column.
    pub fn attributes_at(&self, names: &[&str], as_of: Day) -> PolarsResult<BTreeMap<String, Vec<String>>> {
        let own = |name: &str| format!("attribute {name}");
        let text = |name: &&str| col(*name).cast(DataType::String).fill_null(lit("")).alias(own(name));
        let valid = if self.has("valid_from") { col("valid_from_day").cast(DataType::Int32) } else { lit(i32::MIN) };
        let mut columns =
            vec![col("customer").cast(DataType::String), valid.fill_null(lit(i32::MIN)).alias("valid_from")];
        columns.extend(names.iter().map(text));
        // States that begin on the same day are ordered by their values, so that the order of rows never matters.
        let mut order = vec!["customer".to_owned(), "valid_from".to_owned()];
        order.extend(names.iter().map(|name| own(name)));
        let rows = collect(self.past(as_of).select(columns))?.sort(order, SortMultipleOptions::default())?;
        let columns: Vec<&StringChunked> =
            names.iter().map(|name| rows.column(&own(name))?.str()).collect::<PolarsResult<_>>()?;
        let ids = rows.column("customer")?.str()?.iter().enumerate();
        let values = |row: usize| columns.iter().map(|column| column.get(row).unwrap_or("").to_owned()).collect();
        Ok(ids.filter_map(|(row, id)| Some((id?.to_owned(), values(row)))).collect())
    }

    fn grown_up(&self, as_of: Day) -> Vec<Expr> {
        let masked = |name: String, with: &str| {
            when(before(with, as_of)).then(col(name.as_str())).otherwise(lit(NULL)).alias(name)
        };
        let mut columns = Vec::new();
        for column in self.name.table().columns.iter().filter(|column| self.has(column.name)) {
            let Some(with) = column.known_with.filter(|with| self.has(with)) else { continue };
            columns.push(masked(column.name.to_owned(), with));
            if with == column.name {
                columns.push(masked(format!("{with}_day"), with));
            }
        }
        columns
    }
}

/// Runs a query on the streaming engine. The rows come in no promised order.
///
/// # Errors
/// If the files cannot be read, or the query does not fit the columns.
pub fn collect(query: LazyFrame) -> PolarsResult<DataFrame> {
    let mut frame = query.collect_with_engine(Engine::Streaming)?.unwrap_single();
    frame.rechunk_mut();
    Ok(frame)
}

fn before(time: &str, as_of: Day) -> Expr {
    col(format!("{time}_day")).cast(DataType::Int32).lt(lit(as_of.epoch_days()))
}
