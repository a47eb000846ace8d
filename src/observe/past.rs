//! What a feature may see: one customer's rows before a cutoff, and nothing else.

use std::ops::Range;
use std::sync::Arc;

use super::stream::{Cells, Stream};
use crate::rollup::{NEVER, NO_LEVEL};
use crate::stats::ExactSum;

/// Position of a column among those a stream carries.
pub type Slot = usize;

/// One customer's rows of one stream as of a cutoff. It borrows only what lies before the cutoff.
#[derive(Debug, Clone, Copy)]
pub struct PastView<'a> {
    as_of: i32,
    end: usize,
    stream: &'a Stream,
    since: i32,
    /// The window whose beginnings are known.
    window: Option<u32>,
    start: usize,
    before: Option<usize>,
}

/// What an instance of a kind is given beside the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Days of the window; `None` for the whole history.
    pub window: Option<u32>,
    /// The first column the kind reads.
    pub column: Slot,
    /// The second column the kind reads, such as an end.
    pub until: Slot,
    /// Half-life in days.
    pub half_life: f64,
    /// What the kind keeps for whole numbers from 0 on: it is the same for all customers.
    pub kept: Arc<[f64]>,
    /// Likewise, to be summed.
    pub kept_sums: Arc<[ExactSum]>,
}

/// Where a window of a feature at a cutoff begins and ends: positions among the days a stream is marked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The cutoff.
    pub end: usize,
    /// The first day of the window.
    pub start: usize,
    /// The first day of the window before the window, for those who look at it.
    pub before: Option<usize>,
}

/// How many rows lie where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the window.
    pub now: u32,
    /// Rows in the window before the window.
    pub before: u32,
    /// Days between the customer's first sight and the cutoff, at least one.
    pub tenure_days: i32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { window: None, column: 0, until: 0, half_life: 30.0, kept: Arc::default(), kept_sums: Arc::default() }
    }
}

/// Days between the first sight of a customer and a cutoff, at least one.
#[must_use]
pub const fn tenure_days(since: i32, as_of: i32) -> i32 {
    let days = as_of.saturating_sub(since);
    if since < as_of && days > 1 { days } else { 1 }
}

impl<'a> PastView<'a> {
    /// The view of a stream as of a day; `since` is the day the customer was first seen.
    #[must_use]
    pub fn new(stream: &'a Stream, as_of: i32, since: i32) -> Self {
        let end = stream.days.partition_point(|&day| day < as_of);
        Self { as_of, end, stream, since, window: None, start: 0, before: None }
    }

    /// The view of a stream that has been marked, for a feature with that window.
    #[must_use]
    pub fn placed(stream: &'a Stream, as_of: i32, since: i32, window: Option<u32>, places: Places) -> Self {
        let at = |place: usize| stream.marked[place] as usize;
        let (end, start, before) = (at(places.end), at(places.start), places.before.map(at));
        Self { as_of, end, stream, since, window, start, before }
    }

    /// The first of the rows before `until` that lies in the window.
    fn first_since(&self, window: Option<u32>, until: usize) -> usize {
        let Some(days) = window else { return 0 };
        let start = self.as_of.saturating_sub_unsigned(days);
        self.stream.days[..until].partition_point(|&day| day < start)
    }

    /// How many rows lie in the window and in the one before it.
    #[must_use]
    pub fn counts(&self, window: Option<u32>) -> Counts {
        let count = |rows: Range<usize>| u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let (now, before) = (count(self.rows(window)), count(self.rows_before(window)));
        Counts { now, before, tenure_days: self.tenure_days() }
    }

    /// The cutoff.
    #[must_use]
    pub const fn as_of(&self) -> i32 {
        self.as_of
    }

    /// Days between the customer's first sight and the cutoff, at least one.
    #[must_use]
    pub fn tenure_days(&self) -> i32 {
        tenure_days(self.since, self.as_of)
    }

    /// The rows in the window `[D - days, D)`.
    #[must_use]
    pub fn rows(&self, window: Option<u32>) -> Range<usize> {
        let start = if window == self.window { self.start } else { self.first_since(window, self.end) };
        start..self.end
    }

    /// The rows in `[D - 2·days, D - days)`, the window before the window.
    #[must_use]
    pub fn rows_before(&self, window: Option<u32>) -> Range<usize> {
        // Without a window there is nothing before it.
        let Some(days) = window else { return self.end..self.end };
        let end = self.rows(window).start;
        let known = self.before.filter(|_| window == self.window);
        known.unwrap_or_else(|| self.first_since(Some(days.saturating_mul(2)), end))..end
    }

    /// The rows with `start <= day < end`; never any at or after the cutoff.
    #[must_use]
    pub fn between(&self, start: i32, end: i32) -> Range<usize> {
        let days = &self.stream.days[..self.end];
        let first = days.partition_point(|&day| day < start);
        first..first + days[first..].partition_point(|&day| day < end)
    }

    /// How many rows lie in each of the last so many blocks of days before the cutoff, the earliest first.
    pub fn blocks(&self, days: i32, blocks: i32) -> impl Iterator<Item = u32> + 'a {
        let as_of = self.as_of;
        let mut rest = &self.stream.days[self.between(as_of - days * blocks, as_of)];
        (0..blocks).rev().map(move |later| {
            let end = as_of - days * later;
            let inside = rest.iter().take_while(|day| **day < end).count();
            rest = &rest[inside..];
            u32::try_from(inside).unwrap_or(u32::MAX)
        })
    }

    /// Days of the rows, ascending.
    #[must_use]
    pub fn days(&self, rows: Range<usize>) -> &'a [i32] {
        &self.stream.days[self.checked(rows)]
    }

    /// The last row's day.
    #[must_use]
    pub fn last_day(&self, rows: Range<usize>) -> Option<i32> {
        self.days(rows).last().copied()
    }

    /// Distinct days among the rows of a window.
    #[must_use]
    pub fn distinct_days(&self, rows: Range<usize>) -> u32 {
        let rows = self.checked(rows);
        self.stream.distinct[rows.end] - self.stream.distinct[rows.start]
    }

    /// Sum of squared gaps in days between the distinct days of a window.
    #[must_use]
    pub fn squared_gaps(&self, rows: Range<usize>) -> i64 {
        let rows = self.checked(rows);
        if rows.is_empty() { 0 } else { self.stream.squares[rows.end] - self.stream.squares[rows.start + 1] }
    }

    /// Sum of a column over the rows, and how many of them have a number.
    #[must_use]
    pub fn sum(&self, column: Slot, rows: Range<usize>) -> (f64, u32) {
        let rows = self.checked(rows);
        let (before, after) = (self.stream.sums[column][rows.start], self.stream.sums[column][rows.end]);
        ((after.0 - before.0).value(), after.1 - before.1)
    }

    /// The numbers of a column in the rows, in their order, missing ones left out.
    pub fn numbers(&self, column: Slot, rows: Range<usize>) -> impl DoubleEndedIterator<Item = f64> + Clone + 'a {
        let numbers = match &self.stream.columns[column] {
            Cells::Numbers(numbers) => &numbers[self.checked(rows)],
            _ => &[],
        };
        numbers.iter().copied().filter(|number| !number.is_nan())
    }

    /// The number of a column in one row; NaN where missing.
    #[must_use]
    pub fn number(&self, column: Slot, row: usize) -> f64 {
        match &self.stream.columns[column] {
            Cells::Numbers(numbers) => numbers[..self.end][row],
            _ => f64::NAN,
        }
    }

    /// The levels of a column in the rows, missing ones left out.
    pub fn levels(&self, column: Slot, rows: Range<usize>) -> impl DoubleEndedIterator<Item = u32> + Clone + 'a {
        let levels = match &self.stream.columns[column] {
            Cells::Levels(levels) => &levels[self.checked(rows)],
            _ => &[],
        };
        levels.iter().copied().filter(|code| *code != NO_LEVEL)
    }

    /// The day a column holds in one row, if it was known by the cutoff.
    #[must_use]
    pub fn day(&self, column: Slot, row: usize) -> Option<i32> {
        match &self.stream.columns[column] {
            Cells::Days(days) => Some(days[..self.end][row]).filter(|day| *day != NEVER),
            _ => None,
        }
    }

    fn checked(&self, rows: Range<usize>) -> Range<usize> {
        rows.start.min(self.end)..rows.end.min(self.end)
    }
}
