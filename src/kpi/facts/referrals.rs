//! Facts from `referrals`, by the day they were made.

use polars::prelude::PolarsResult;

use super::Facts;
use super::rows::float_key;
use super::source::{Frame, Reader, Source, by_period, count};
use crate::stats::ExactSum;
use crate::tables::TableName;

/// Referrals made in a period.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferralFacts {
    /// Referrals made.
    pub made: u32,
    /// Of them, converted by now.
    pub converted: u32,
    /// Revenue of those converted.
    pub revenue: f64,
}

/// The table.
#[derive(Debug, Default)]
pub struct Referrals;

/// One referral.
#[derive(Debug, Clone, Copy)]
pub struct Referral {
    day: i32,
    converted: bool,
    revenue: f64,
}

impl Source for Referrals {
    type Row = Referral;
    const TABLE: TableName = TableName::Referrals;
    const COLUMNS: &'static [&'static str] = &["referrer", "at_day", "converted_at_day", "revenue"];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Referral)>> {
        let (days, converted, revenue) =
            (reader.days("at_day")?, reader.days("converted_at_day")?, reader.numbers("revenue")?);
        let referral = |row| Referral {
            day: days.or_never(row),
            converted: converted.get(row).is_some(),
            revenue: revenue.or_zero(row),
        };
        Ok((0..reader.height()).map(|row| (row, referral(row))).collect())
    }

    fn key(row: &Referral) -> [i64; 6] {
        [i64::from(row.day), i64::from(row.converted), float_key(row.revenue), 0, 0, 0]
    }

    fn fill(rows: &[Referral], frame: Frame<'_>, facts: &mut [Facts]) {
        by_period(
            rows,
            |row| row.day,
            frame,
            facts,
            |rows, facts| {
                let converted = || rows.iter().filter(|row| row.converted);
                facts.referrals = ReferralFacts {
                    made: count(rows.len()),
                    converted: count(converted().count()),
                    revenue: converted().map(|row| row.revenue).sum::<ExactSum>().value(),
                };
            },
        );
    }
}
