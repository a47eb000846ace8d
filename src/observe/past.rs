//! What a feature may see: one customer's rows before a cutoff, and nothing else.

use std::ops::Range;
use std::sync::Arc;

use super::stream::{Cells, Stream};
use crate::rollup::{NEVER, NO_LEVEL};

/// Position of a column among those a stream carries.
pub type Slot = usize;

/// One customer's rows of one stream as of a cutoff. It borrows only what lies before the cutoff.
#[derive(Debug, Clone, Copy)]
pub struct PastView<'a> {
    as_of: i32,
    end: usize,
    stream: &'a Stream,
    since: i32,
    /// The window looked at last, and where it begins: many features look at the same one.
    window: Option<u32>,
    start: usize,
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
    /// [`decayed`] for every age from 0 on, as far as it is worth keeping.
    pub weights: Arc<[f64]>,
}

/// What is left of 1 after so many days.
#[must_use]
pub fn decayed(age_days: i32, half_life: f64) -> f64 {
    (-f64::from(age_days) / half_life).exp2()
}

impl Parameters {
    /// What is left of 1 after so many days, at the half-life.
    #[inline]
    #[must_use]
    pub fn weight(&self, age_days: i32) -> f64 {
        let kept = usize::try_from(age_days).ok().and_then(|age| self.weights.get(age));
        kept.copied().unwrap_or_else(|| decayed(age_days, self.half_life))
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self { window: None, column: 0, until: 0, half_life: 30.0, weights: Arc::default() }
    }
}

impl<'a> PastView<'a> {
    /// The view of a stream as of a day; `since` is the day the customer was first seen.
    #[must_use]
    pub fn new(stream: &'a Stream, as_of: i32, since: i32) -> Self {
        let end = stream.days.partition_point(|&day| day < as_of);
        Self { as_of, end, stream, since, window: None, start: 0 }
    }

    /// The same view, about to be asked for a window; asking for windows in ascending order costs least.
    #[must_use]
    pub fn looking_at(mut self, window: Option<u32>) -> Self {
        if self.window == window {
            return self;
        }
        let is_wider = self.window.is_some_and(|before| window.is_none_or(|window| window >= before));
        let until = if is_wider { self.start } else { self.end };
        self.start = self.first_since(window, until);
        self.window = window;
        self
    }

    /// The first of the rows before `until` that lies in the window.
    fn first_since(&self, window: Option<u32>, until: usize) -> usize {
        let Some(days) = window else { return 0 };
        let start = self.as_of.saturating_sub_unsigned(days);
        let earlier = &self.stream.days[..until];
        // Streams of one kind are short: from the end it is a few steps.
        if until <= 16 {
            return earlier.iter().rposition(|&day| day < start).map_or(0, |last| last + 1);
        }
        earlier.partition_point(|&day| day < start)
    }

    /// The cutoff.
    #[must_use]
    pub const fn as_of(&self) -> i32 {
        self.as_of
    }

    /// Days between the customer's first sight and the cutoff, at least one.
    #[must_use]
    pub fn tenure_days(&self) -> i32 {
        if self.since < self.as_of { self.as_of.saturating_sub(self.since).max(1) } else { 1 }
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
        self.first_since(Some(days.saturating_mul(2)), end)..end
    }

    /// The rows with `start <= day < end`; never any at or after the cutoff.
    #[must_use]
    pub fn between(&self, start: i32, end: i32) -> Range<usize> {
        let days = &self.stream.days[..self.end];
        let first = days.partition_point(|&day| day < start);
        first..first + days[first..].partition_point(|&day| day < end)
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
    pub fn numbers(&self, column: Slot, rows: Range<usize>) -> impl DoubleEndedIterator<Item = f64> + 'a {
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
    pub fn levels(&self, column: Slot, rows: Range<usize>) -> impl DoubleEndedIterator<Item = u32> + 'a {
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
