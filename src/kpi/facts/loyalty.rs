//! Facts from `loyalty`: points earned and redeemed. A row that moves no points is no activity.

use polars::prelude::PolarsResult;

use super::Facts;
use super::rows::float_key;
use super::source::{Frame, Reader, Source, by_period};
use crate::stats::ExactSum;
use crate::tables::TableName;

/// Points moved.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoyaltyFacts {
    /// Rows that moved points.
    pub movements: u32,
    /// Points earned.
    pub earned: f64,
    /// Points redeemed.
    pub redeemed: f64,
}

/// The table.
#[derive(Debug, Default)]
pub struct Loyalty;

/// One movement.
#[derive(Debug, Clone, Copy)]
pub struct Movement {
    day: i32,
    earned: f64,
    redeemed: f64,
}

impl Source for Loyalty {
    type Row = Movement;
    const TABLE: TableName = TableName::Loyalty;
    const COLUMNS: &'static [&'static str] = &["customer", "at_day", "earned", "redeemed"];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Movement)>> {
        let (days, earned, redeemed) = (reader.days("at_day")?, reader.numbers("earned")?, reader.numbers("redeemed")?);
        let movement =
            |row| Movement { day: days.or_never(row), earned: earned.or_zero(row), redeemed: redeemed.or_zero(row) };
        let rows = (0..reader.height()).map(|row| (row, movement(row)));
        Ok(rows.filter(|(_, row)| row.earned != 0.0 || row.redeemed != 0.0).collect())
    }

    fn key(row: &Movement) -> [i64; 6] {
        [i64::from(row.day), float_key(row.earned), float_key(row.redeemed), 0, 0, 0]
    }

    fn fill(rows: &[Movement], frame: Frame<'_>, facts: &mut [Facts]) {
        by_period(
            rows,
            |row| row.day,
            frame,
            facts,
            |rows, facts| {
                facts.loyalty = LoyaltyFacts {
                    movements: super::source::count(rows.len()),
                    earned: rows.iter().map(|row| row.earned).sum::<ExactSum>().value(),
                    redeemed: rows.iter().map(|row| row.redeemed).sum::<ExactSum>().value(),
                };
            },
        );
    }

    fn active_days(rows: &[Movement], days: &mut Vec<i32>) {
        days.extend(rows.iter().map(|row| row.day));
    }
}
