//! Facts from `programs`: who takes part in a named programme.

use polars::prelude::PolarsResult;

use super::Facts;
use super::source::{Frame, Reader, Source};
use crate::tables::TableName;

/// Membership of a customer.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProgramFacts {
    /// Whether he is in any programme at the period's end.
    pub is_member_at_end: bool,
}

/// The table.
#[derive(Debug, Default)]
pub struct Programs;

/// One membership.
#[derive(Debug, Clone, Copy)]
pub struct Membership {
    joined: i32,
    left: i32,
}

impl Source for Programs {
    type Row = Membership;
    const TABLE: TableName = TableName::Programs;
    const COLUMNS: &'static [&'static str] = &["customer", "joined_at_day", "left_at_day"];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Membership)>> {
        let (joined, left) = (reader.days("joined_at_day")?, reader.days("left_at_day")?);
        let membership = |row| Membership { joined: joined.or_never(row), left: left.or_never(row) };
        Ok((0..reader.height()).map(|row| (row, membership(row))).collect())
    }

    fn key(row: &Membership) -> [i64; 6] {
        [i64::from(row.joined), i64::from(row.left), 0, 0, 0, 0]
    }

    fn fill(rows: &[Membership], frame: Frame<'_>, facts: &mut [Facts]) {
        for (period, facts) in frame.calendar.periods.iter().zip(facts) {
            let end = period.end.epoch_days();
            facts.programs.is_member_at_end = rows.iter().any(|row| row.joined < end && end <= row.left);
        }
    }
}
