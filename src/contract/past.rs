//! A checked table as it was known at the beginning of a day: both clocks, and rows that have not yet grown up.

use polars::prelude::{DataType, Expr, LazyFrame, NULL, col, lit, when};

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

fn before(time: &str, as_of: Day) -> Expr {
    col(format!("{time}_day")).cast(DataType::Int32).lt(lit(as_of.epoch_days()))
}
